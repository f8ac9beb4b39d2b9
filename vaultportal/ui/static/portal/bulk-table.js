// <bulk-table><form method="post">…</form></bulk-table>: the bar of actions shows while rows are selected. What
// was selected survives paging, for as long as the tab lives; it is one person's.
const PLACES = ["after", "before", "page", "trail", "count"];

customElements.define("bulk-table", class extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.said = this.querySelector("[data-bulk] [data-words]");
    this.everything = this.form.elements.namedItem("all_matching");
    const query = new URLSearchParams(location.search);
    PLACES.forEach((name) => query.delete(name));
    const person = document.querySelector("recent-places").dataset.person;
    this.key = `selected ${person} ${location.pathname}?${query}`;
    this.ids = new Set(JSON.parse(sessionStorage.getItem(this.key) ?? "[]"));
    for (const box of this.boxes()) {
      if (box.checked) this.ids.add(box.value);
      box.checked = this.ids.has(box.value);
    }
    this.form.addEventListener("change", (event) => this.changed(event.target));
    this.form.addEventListener("submit", () => this.send());
    this.tell();
  }

  boxes() {
    return [...this.form.querySelectorAll("input[name=selected][type=checkbox]")];
  }

  changed(box) {
    if (box.matches("[data-all]")) this.boxes().forEach((each) => (each.checked = box.checked));
    for (const each of this.boxes()) this.ids[each.checked ? "add" : "delete"](each.value);
    sessionStorage.setItem(this.key, JSON.stringify([...this.ids]));
    this.tell();
  }

  tell() {
    const boxes = this.boxes();
    const chosen = boxes.filter((box) => box.checked).length;
    const all = this.form.querySelector("[data-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    this.querySelector("[data-bulk]").hidden = !this.ids.size && !this.everything?.checked;
    this.said.textContent = this.said.dataset.words.replace("0", this.ids.size);
  }

  // Rows of other pages go along; the selection has served.
  send() {
    const here = new Set(this.boxes().map((box) => box.value));
    for (const id of this.ids) {
      if (here.has(id)) continue;
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "selected", value: id });
      this.form.append(hidden);
    }
    sessionStorage.removeItem(this.key);
  }
});

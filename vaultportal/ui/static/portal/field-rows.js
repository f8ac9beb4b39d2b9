// <field-rows>: adds rows without a round trip, and parts pasted KEY=value lines into rows.
const LINE = /^\s*(?:export\s+)?([^=\s#][^=]*?)\s*=(.*)$/;

customElements.define("field-rows", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-more]").addEventListener("click", (event) => {
      event.preventDefault();
      this.add().querySelector("input:not([type=hidden])").focus();
    });
    this.addEventListener("paste", (event) => this.paste(event));
  }

  rows() {
    return [...this.querySelectorAll(".vp-pair")];
  }

  add() {
    const last = this.rows().at(-1);
    const row = last.cloneNode(true);
    const old = Number(last.querySelector("textarea").name.split("-")[1]);
    for (const element of row.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace(`-${old}`, `-${old + 1}`));
      }
    }
    row.querySelectorAll("[type=hidden], .vp-drop, .vp-err").forEach((element) => element.remove());
    row.querySelector("input").value = "";
    row.querySelector("textarea").value = "";
    row.querySelector("textarea").placeholder = "";
    row.removeAttribute("aria-label");
    last.after(row);
    return row;
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain");
    const pairs = text.split(/\r?\n/).map((line) => LINE.exec(line)).filter(Boolean);
    // A single line into a value is a value; into a name it is a field.
    if (!pairs.length || event.target.matches("textarea") || (!text.includes("\n") && !text.includes("="))) return;
    event.preventDefault();
    for (const [, name, value] of pairs) {
      const empty = this.rows().find((row) => !row.querySelector("input:not([type=hidden])").value) ?? this.add();
      empty.querySelector("input:not([type=hidden])").value = name;
      empty.querySelector("textarea").value = value.trim().replace(/^(["'])(.*)\1$/, "$2");
    }
  }
});

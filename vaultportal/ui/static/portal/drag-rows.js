// <drag-rows data-moved="… NAME … PLACE …" data-said="id"><table>…<button data-put hidden>…</drag-rows>: rows can be
// drawn to another place by their [data-grip]. The hidden button is sent with "put-<row>-<place>", as a press on the
// buttons of a row would be. The keyboard has those.
customElements.define("drag-rows", class extends HTMLElement {
  connectedCallback() {
    for (const grip of this.querySelectorAll("[data-grip]")) {
      grip.hidden = false;
      grip.draggable = true;
    }
    this.addEventListener("dragstart", (event) => this.lift(event));
    this.addEventListener("dragover", (event) => this.over(event));
    this.addEventListener("drop", (event) => this.put(event));
    this.addEventListener("dragend", () => this.mark(null));
  }

  rows() {
    return [...this.querySelectorAll("tbody tr")];
  }

  lift(event) {
    const row = event.target.closest?.("[data-grip]")?.closest("tr");
    if (!row) return;
    this.lifted = row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(row, 0, 0);
  }

  over(event) {
    const row = event.target.closest("tbody tr");
    if (!this.lifted || !row) return;
    event.preventDefault();
    this.mark(row);
  }

  put(event) {
    const rows = this.rows();
    const [from, to] = [rows.indexOf(this.lifted), rows.indexOf(event.target.closest("tbody tr"))];
    if (from < 0 || to < 0) return;
    event.preventDefault();
    const name = this.lifted.querySelector("input").value;
    this.mark(null);
    if (from === to) return;
    document.getElementById(this.dataset.said).textContent = this.dataset.moved.replace("PLACE", to + 1).replace("NAME", () => name);
    const button = this.querySelector("[data-put]");
    button.value = `put-${from}-${to}`;
    button.form.requestSubmit(button);
  }

  // Where it would go: before the row when it is drawn up, behind it when down. None: nothing is drawn any more.
  mark(row) {
    const rows = this.rows();
    const down = rows.indexOf(row) > rows.indexOf(this.lifted);
    for (const each of rows) {
      const is = each === row && each !== this.lifted;
      each.classList.toggle("is-before", is && !down);
      each.classList.toggle("is-behind", is && down);
    }
    if (!row) this.lifted = null;
  }
});

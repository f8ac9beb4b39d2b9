// <time-brush>: a stretch of the bars inside that is dragged over is the stretch of time that is shown next.
// Without dragging each bar is a link to its own stretch, and the fields above take any.
const LEAST = 6; // pixels: less is a click on a bar

customElements.define("time-brush", class extends HTMLElement {
  connectedCallback() {
    this.svg = this.querySelector("svg");
    this.band = this.querySelector(".vp-band");
    this.edges = this.dataset.edges.split(" ");
    this.svg.addEventListener("dragstart", (event) => event.preventDefault());
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", () => this.end());
    this.svg.addEventListener("pointercancel", () => this.leave());
    this.svg.addEventListener("click", (event) => this.dragged && event.preventDefault(), true);
    this.keys = (event) => event.key === "Escape" && this.leave();
    document.addEventListener("keydown", this.keys);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.keys);
  }

  // A finger scrolls the bars.
  begin(event) {
    this.dragged = false;
    if (event.pointerType === "touch" || event.button) return;
    this.from = event.clientX;
  }

  move(event) {
    if (this.from === undefined || (!this.dragged && Math.abs(event.clientX - this.from) < LEAST)) return;
    if (!this.dragged) this.svg.setPointerCapture(event.pointerId);
    this.dragged = true;
    const ends = [this.bar(this.from), this.bar(event.clientX)].sort((one, other) => one - other);
    this.chosen = [ends[0], ends[1] + 1];
    const wide = 1000 / (this.edges.length - 1);
    this.band.setAttribute("x", ends[0] * wide);
    this.band.setAttribute("width", (this.chosen[1] - ends[0]) * wide);
  }

  end() {
    const chosen = this.dragged && this.chosen;
    this.leave();
    if (!chosen) return;
    this.dragged = true; // the click that follows is none
    const query = new URLSearchParams(this.dataset.query);
    query.set("since", this.edges[chosen[0]]);
    query.set("until", this.edges[chosen[1]]);
    location.assign(`?${query}`);
  }

  leave() {
    this.from = this.chosen = undefined;
    this.dragged = false;
    this.band.setAttribute("width", 0);
  }

  bar(x) {
    const { left, width } = this.svg.getBoundingClientRect();
    const last = this.edges.length - 2;
    return Math.min(last, Math.max(0, Math.floor(((x - left) / width) * (last + 1))));
  }
});

// <numbered-lines><textarea>…</textarea></numbered-lines>: the numbers of the lines beside them.
customElements.define("numbered-lines", class extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.gutter = Object.assign(document.createElement("pre"), { ariaHidden: "true", className: "vp-gutter" });
    this.prepend(this.gutter);
    this.area.wrap = "off";
    this.area.addEventListener("input", () => this.count());
    this.area.addEventListener("scroll", () => (this.gutter.scrollTop = this.area.scrollTop));
    this.count();
  }

  count() {
    const lines = this.area.value.split("\n").length;
    this.gutter.textContent = Array.from({ length: lines }, (_, place) => place + 1).join("\n");
    this.gutter.scrollTop = this.area.scrollTop;
  }
});

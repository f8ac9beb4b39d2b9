// <value-strength data-url role="status"> in a row of fields: what the server thinks of a short value, once it was
// typed. The value is sent for that alone.
customElements.define("value-strength", class extends HTMLElement {
  connectedCallback() {
    this.replaceChildren();
    this.area = this.closest(".vp-pair").querySelector("textarea");
    this.area.addEventListener("change", () => this.ask());
  }

  async ask() {
    const { value } = this.area;
    this.replaceChildren();
    if (!value || value.length > 256 || value.includes("\n")) return;
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
    const body = new URLSearchParams({ value });
    const answer = await fetch(this.dataset.url, { method: "POST", headers, body }).catch(() => null);
    if (answer?.ok && value === this.area.value) this.innerHTML = await answer.text();
  }
});

// <file-value data-no-text="…" hidden><button type="button">…</button></file-value> in a row of fields: the text of
// a file becomes the row's value. It is read in this browser, and sent with the form only.
const MOST = 1024 * 1024;

customElements.define("file-value", class extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => {
      const chooser = Object.assign(document.createElement("input"), { type: "file" });
      chooser.addEventListener("change", () => this.read(chooser.files[0]));
      chooser.click();
    });
  }

  async read(file) {
    const row = this.closest(".vp-pair");
    const value = row.querySelector("textarea");
    const name = row.querySelector("input:not([type=hidden])");
    const bytes = file.size > MOST ? null : await file.arrayBuffer();
    value.setCustomValidity("");
    value.addEventListener("input", () => value.setCustomValidity(""), { once: true });
    try {
      value.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes ?? new Uint8Array([255]));
      name.value ||= file.name;
      value.dispatchEvent(new Event("input", { bubbles: true }));
    } catch {
      value.setCustomValidity(this.dataset.noText);
      value.reportValidity();
    }
  }
});

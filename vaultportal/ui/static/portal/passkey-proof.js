// <passkey-proof data-options data-failed hidden>: asks the browser for a passkey, and sends the form around it
// with the answer in the hidden field. Browsers that cannot are not offered it.
customElements.define("passkey-proof", class extends HTMLElement {
  connectedCallback() {
    this.hidden = !window.PublicKeyCredential?.parseRequestOptionsFromJSON;
    this.querySelector("button").addEventListener("click", () => this.ask());
  }

  async ask() {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(this.dataset.options));
    const found = await navigator.credentials.get({ publicKey }).catch(() => null);
    this.querySelector("[role=status]").textContent = found ? "" : this.dataset.failed;
    if (!found) return;
    const form = this.closest("form");
    this.querySelector("input").value = JSON.stringify(found.toJSON());
    form.noValidate = true; // the field that the passkey stands for stays empty
    form.requestSubmit();
  }
});

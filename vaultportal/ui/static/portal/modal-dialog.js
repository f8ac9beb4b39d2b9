// <modal-dialog><dialog>…</dialog></modal-dialog>: opens when it comes into the page, leaves when closed,
// and gives the focus back to where it was.
customElements.define("modal-dialog", class extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const opener = document.activeElement;
    dialog.addEventListener("close", () => {
      this.remove();
      if (opener?.isConnected) opener.focus();
    });
    for (const button of this.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => dialog.close());
    }
    dialog.showModal();
  }
});

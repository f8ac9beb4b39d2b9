// <unsaved-guard><form>…</form></unsaved-guard>: warns on leaving while something was changed and not sent.
// With data-always it warns until a [data-leave] inside was followed, for what is shown once.
customElements.define("unsaved-guard", class extends HTMLElement {
  connectedCallback() {
    this.unsaved = "always" in this.dataset;
    this.addEventListener("input", () => (this.unsaved = true));
    this.addEventListener("change", () => (this.unsaved = true));
    this.addEventListener("submit", (event) => event.defaultPrevented || (this.unsaved = false));
    this.addEventListener("reset", () => (this.unsaved = false));
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-leave]")) this.unsaved = false;
    });
    // The answer to a sent form was no: it is still unsaved.
    this.refused = (event) => {
      if (event.detail.ctx?.response?.status >= 400 && this.contains(event.target)) this.unsaved = true;
    };
    this.leaving = (event) => {
      if (this.unsaved) event.preventDefault();
    };
    document.addEventListener("htmx:after:request", this.refused);
    window.addEventListener("beforeunload", this.leaving);
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:after:request", this.refused);
    window.removeEventListener("beforeunload", this.leaving);
  }
});

// <unsaved-guard><form>…</form></unsaved-guard>: warns on leaving while something was changed and not sent.
// With data-always it warns until a [data-leave] inside was followed, for what is shown once.
customElements.define("unsaved-guard", class extends HTMLElement {
  connectedCallback() {
    // What came back refused is not saved either.
    this.unsaved = "always" in this.dataset || this.querySelector("[aria-invalid=true]") !== null;
    const typed = (event) => {
      if (event.target.type !== "search") this.unsaved = true;
    };
    this.addEventListener("input", typed);
    this.addEventListener("change", typed);
    // A form that htmx sends may come back as a draft again: it is saved once the answer leads away.
    this.addEventListener("submit", (event) => {
      if (event.target.matches("[hx-post]:not([hx-trigger])")) this.unsaved = true;
      else if (!event.defaultPrevented) this.unsaved = false;
    });
    this.addEventListener("reset", () => (this.unsaved = false));
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-leave]")) this.unsaved = false;
    });
    this.answered = ({ target, detail: { ctx } }) => {
      if (this.contains(target) && ctx.hx?.redirect) this.unsaved = false;
    };
    this.leaving = (event) => {
      if (this.unsaved) event.preventDefault();
    };
    document.addEventListener("htmx:after:request", this.answered);
    window.addEventListener("beforeunload", this.leaving);
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:after:request", this.answered);
    window.removeEventListener("beforeunload", this.leaving);
  }
});

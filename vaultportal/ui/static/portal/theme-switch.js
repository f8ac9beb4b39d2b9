// <theme-switch><form>…</form></theme-switch>: changes the theme without leaving the page, so that what
// was typed stays. Without script the form posts and the page is loaded anew.
customElements.define("theme-switch", class extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.change(event.submitter);
    });
  }

  async change(button) {
    const body = new FormData(this.form, button);
    const answer = await fetch(this.form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const parts = document.createElement("template");
    parts.innerHTML = await answer.text();
    document.documentElement.dataset.bsTheme = body.get("theme");
    this.replaceWith(parts.content);
    document.querySelector("theme-switch button").focus();
  }
});

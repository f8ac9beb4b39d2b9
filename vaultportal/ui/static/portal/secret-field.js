// <secret-field data-seconds="30" data-shown="…" data-hides="…">: a field whose value is on the page. It
// goes back to what its <template> holds when the time is over, on "Hide", Esc, a hidden tab or leaving, and
// when the session is over: the server then sends "hide-secrets" with whatever was asked for.
const HIDDEN_TAB = 5000;

customElements.define("secret-field", class extends HTMLElement {
  connectedCallback() {
    this.until = Date.now() + 1000 * Number(this.dataset.seconds);
    this.stop = new AbortController();
    const { signal } = this.stop;
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    on(this.querySelector("[data-hide]"), "click", (event) => {
      event.preventDefault();
      this.hide();
    });
    on(this.querySelector("[data-keep]"), "click", () => (this.until += 30_000));
    on(this, "keydown", (event) => event.key === "Escape" && this.hide());
    on(document, "hide-secrets", () => this.hide());
    on(document, "visibilitychange", () => {
      clearTimeout(this.away);
      if (document.hidden) this.away = setTimeout(() => this.hide(), HIDDEN_TAB);
    });
    on(window, "pagehide", () => this.hide(false));
    this.timer = setInterval(() => this.tick(), 500);
    this.querySelector("[role=status]").textContent = this.dataset.shown;
    this.querySelector("[data-left]").hidden = false;
    this.tick();
  }

  disconnectedCallback() {
    this.stop.abort();
    clearInterval(this.timer);
    clearTimeout(this.away);
  }

  tick() {
    const left = Math.ceil((this.until - Date.now()) / 1000);
    if (left <= 0) {
      this.hide();
      return;
    }
    const bar = this.querySelector("progress");
    bar.max = Math.max(bar.max, left);
    bar.value = left;
    this.querySelector("[data-countdown]").textContent = this.dataset.hides.replace("0", left);
  }

  hide() {
    const value = this.querySelector("[data-value]");
    const had = this.contains(document.activeElement);
    if (value.firstChild) value.firstChild.data = "";
    value.textContent = "";
    const masked = this.querySelector("template").content.firstElementChild.cloneNode(true);
    this.replaceWith(masked);
    window.htmx?.process(masked);
    if (had) masked.querySelector("a, button")?.focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-hide-all]")) document.dispatchEvent(new Event("hide-secrets"));
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.shiftKey && event.key === "H" && !typing) document.dispatchEvent(new Event("hide-secrets"));
});

// <unmasked-column data-seconds data-hides>: values that are visible for a while. When the time is over, on
// "Hide", Esc, a hidden tab or leaving, each [data-value] goes back to the mask that it carries.
const HIDDEN_TAB = 5000;

customElements.define("unmasked-column", class extends HTMLElement {
  connectedCallback() {
    this.until = Date.now() + 1000 * Number(this.dataset.seconds);
    this.stop = new AbortController();
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.stop.signal });
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
    const said = this.querySelector("[role=status]");
    said.textContent = said.dataset.said;
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

  // The list itself comes back after that; away from the page there is nothing to bring back.
  hide(isHere = true) {
    this.disconnectedCallback();
    for (const value of this.querySelectorAll("[data-value]")) {
      if (value.firstChild) value.firstChild.data = "";
      value.textContent = value.dataset.mask;
      value.parentElement.classList.remove("vp-open");
    }
    this.querySelector(".vp-bar").remove();
    if (isHere) location.assign(this.dataset.back);
  }
});

// <toast-notice data-seconds="8">: leaves by itself, unless somebody is reading it; errors stay. Ctrl+Z presses "Undo".
customElements.define("toast-notice", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("[data-dismiss]");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => this.remove());
    }
    this.press = (event) => this.pressed(event);
    document.addEventListener("keydown", this.press);
    if (!this.dataset.seconds) return;
    const leave = () => {
      if (this.matches(":hover, :focus-within")) this.timer = setTimeout(leave, 2000);
      else this.remove();
    };
    this.timer = setTimeout(leave, 1000 * Number(this.dataset.seconds));
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.press);
  }

  // In a field the keys belong to what is typed there; of several notices the last one is meant.
  pressed(event) {
    const last = [...document.querySelectorAll("toast-notice form button")].at(-1);
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
    if (!last || !this.contains(last) || typing || event.key.toLowerCase() !== "z") return;
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    last.click();
  }
});

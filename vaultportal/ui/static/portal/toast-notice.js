// <toast-notice data-seconds="8">: leaves by itself, unless somebody is reading it; errors stay.
customElements.define("toast-notice", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("[data-dismiss]");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => this.remove());
    }
    if (!this.dataset.seconds) return;
    const leave = () => {
      if (this.matches(":hover, :focus-within")) this.timer = setTimeout(leave, 2000);
      else this.remove();
    };
    this.timer = setTimeout(leave, 1000 * Number(this.dataset.seconds));
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }
});

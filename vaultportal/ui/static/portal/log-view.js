// <log-view>: a log that is followed. Scrolling up stops following, scrolling to the end or the button goes
// on. Only the newest lines stay in the page.
const MOST = 500;

customElements.define("log-view", class extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("[role=log]");
    this.list = this.box.querySelector("ol");
    this.button = this.querySelector("[data-follow]");
    this.follow(true);
    this.box.addEventListener("scroll", () => this.follow(this.isAtEnd()));
    this.watch = new MutationObserver(() => this.grown());
    this.watch.observe(this.list, { childList: true });
    if (!this.button) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.follow(!this.following));
  }

  disconnectedCallback() {
    this.watch.disconnect();
  }

  isAtEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 24;
  }

  follow(on) {
    this.following = on;
    if (on && !this.isAtEnd()) this.box.scrollTop = this.box.scrollHeight;
    if (!this.button) return;
    this.button.textContent = on ? this.dataset.following : this.dataset.stopped;
    this.button.ariaPressed = String(on);
  }

  grown() {
    if (this.following) {
      while (this.list.children.length > MOST) this.list.firstElementChild.remove();
      this.box.scrollTop = this.box.scrollHeight;
    }
    // No tail any more: the thing is over.
    if (this.button && !this.list.querySelector(".vp-tail")) this.button.hidden = true;
  }
});

// <time-ago><time datetime="…">…</time></time-ago>: keeps "2 minutes ago" true in an open page.
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

customElements.define("time-ago", class extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.tell(), 60_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tell() {
    const time = this.querySelector("time");
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ["minute", 60];
    time.textContent = words.format(-Math.floor(seconds / length), unit);
  }
});

// <recent-places data-person hidden><p>…</p></recent-places>: where one was of late, as options for the palette.
// Addresses and headings of pages below one of the rail; kept for as long as the tab lives.
const KEPT = 8;

customElements.define("recent-places", class extends HTMLElement {
  connectedCallback() {
    this.key = `recent ${this.dataset.person}`;
    const label = document.querySelector(".vp-crumbs [aria-current]")?.textContent.trim();
    if (!label || document.querySelectorAll(".vp-crumbs li").length < 2) return;
    const url = location.pathname;
    const rest = this.kept().filter((one) => one.url !== url);
    sessionStorage.setItem(this.key, JSON.stringify([{ label, url }, ...rest].slice(0, KEPT)));
  }

  kept() {
    return JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
  }

  options() {
    const links = this.kept().map(({ label, url }, n) => {
      const link = document.createElement("a");
      return Object.assign(link, { href: url, textContent: label, id: `recent-${n}`, className: "vp-found", role: "option", tabIndex: -1 });
    });
    return links.length ? [this.firstElementChild.cloneNode(true), ...links] : [];
  }
});

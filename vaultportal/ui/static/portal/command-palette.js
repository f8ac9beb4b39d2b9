// <command-palette data-url data-count>: finds names of things, pages and actions. The server searches, from two
// letters on; before that it shows where one was of late.
const SHORTEST = 2;

customElements.define("command-palette", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.recent = this.querySelector("recent-places");
    this.input.addEventListener("input", () => this.soon());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.addEventListener("open-palette", () => this.open());
  }

  open() {
    if (this.dialog.open) return;
    this.input.value = "";
    this.show(this.recent.options());
    this.dialog.showModal();
  }

  soon() {
    clearTimeout(this.timer);
    this.asked?.abort();
    const words = this.input.value.trim();
    if (words.length < SHORTEST) this.show(this.recent.options());
    else this.timer = setTimeout(() => this.search(words), 150);
  }

  async search(words) {
    this.asked = new AbortController();
    const address = `${this.dataset.url}?${new URLSearchParams({ q: words })}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: this.asked.signal }).catch(() => null);
    if (!answer?.ok) return;
    this.show([...document.createRange().createContextualFragment(await answer.text()).children]);
    const count = this.options().length;
    this.querySelector("[role=status]").textContent = this.dataset.count.replace("0", count);
    this.querySelector("[data-none]").hidden = count > 0;
  }

  show(elements) {
    this.list.replaceChildren(...elements);
    this.list.hidden = !elements.length;
    this.input.ariaExpanded = String(!this.list.hidden);
    this.querySelector("[data-none]").hidden = true;
    this.choose(0);
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  choose(index) {
    const options = this.options();
    this.index = options.length ? (index + options.length) % options.length : 0;
    options.forEach((option, n) => (option.ariaSelected = String(n === this.index)));
    this.input.setAttribute("aria-activedescendant", options[this.index]?.id ?? "");
    options[this.index]?.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.options()[this.index];
    if (step) this.choose(this.index + step);
    else if (event.key === "Enter" && chosen) event.ctrlKey || event.metaKey ? window.open(chosen.href, "_blank", "noopener") : location.assign(chosen.href);
    else return;
    event.preventDefault();
  }
});

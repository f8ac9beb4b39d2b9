// <command-palette data-url data-count>: finds names of things, pages and actions. The server searches, from two
// letters on; before that it shows where one was of late. Tab asks for more of the kind that is chosen.
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

  async search(words, kind = "") {
    this.asked?.abort();
    this.asked = new AbortController();
    const address = `${this.dataset.url}?${new URLSearchParams({ q: words, kind })}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: this.asked.signal }).catch(() => null);
    if (!answer?.ok) return;
    this.show([...document.createRange().createContextualFragment(await answer.text()).children], kind);
    const count = this.options().length;
    this.querySelector("[role=status]").textContent = this.dataset.count.replace("0", count);
    this.querySelector("[data-none]").hidden = !!this.list.querySelector("[role=group]:not([data-offer])");
  }

  show(elements, kind = "") {
    this.kind = kind;
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
    this.more = options[this.index]?.parentElement.dataset.more;
    this.querySelector("[data-hint=more]").hidden = !this.more;
    this.querySelector("[data-hint=back]").hidden = !this.kind;
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.options()[this.index];
    if (step) this.choose(this.index + step);
    else if (event.key === "Enter" && chosen) event.ctrlKey || event.metaKey ? window.open(chosen.href, "_blank", "noopener") : location.assign(chosen.href);
    else if (event.key === "Tab" && (event.shiftKey ? this.kind : this.more)) this.search(this.input.value.trim(), event.shiftKey ? "" : this.more);
    else return;
    event.preventDefault();
  }
});

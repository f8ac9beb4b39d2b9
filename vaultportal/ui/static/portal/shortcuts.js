// Single keys, outside of fields and dialogs only, unless the profile switches them off. None reveals a value.
const ROWS = "main tbody tr:has(a), main .vp-feed li:has(a)";
const off = document.documentElement.dataset.shortcuts === "off";
const PATIENCE = 5000;
let wentG = -PATIENCE;

const open = (name) => document.dispatchEvent(new Event(name));
const showKeys = () => document.getElementById("keys")?.showModal();

// The focus is the place in the list: Enter opens it by itself.
function move(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1);
  rows[next]?.querySelector("th a, a")?.focus();
}

function select() {
  document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
}

const ACTS = { j: () => move(1), k: () => move(-1), x: select, "/": () => open("open-palette"), "?": showKeys };

function press(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open("open-palette");
    return;
  }
  const busy = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
  if (off || busy || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = event.timeStamp - wentG < PATIENCE && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  wentG = event.key === "g" ? event.timeStamp : -PATIENCE;
  const named = /^[a-z]$/.test(event.key) && document.querySelector(`main [aria-keyshortcuts="${event.key}"]`);
  const act = place ? () => place.click() : ACTS[event.key] ?? (named && (() => named.click()));
  if (!act) return;
  event.preventDefault();
  act();
}

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-list]")) showKeys();
  if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  open("open-palette");
});

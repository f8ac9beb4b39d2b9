// What every page does around htmx: focus after a form came back, quiet in hidden tabs.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.response?.status !== 422) return;
  document.querySelector("[aria-invalid=true], .vp-note.is-bad")?.focus();
});

// "Skip to content" moves the focus by itself: the address stays, so that it works any number of times, and a form
// that is sent from here does not bring its answer up with the focus somewhere else.
document.addEventListener("click", (event) => {
  const main = event.target.closest?.(".vp-skip") && document.getElementById("main");
  if (!main) return;
  event.preventDefault();
  main.focus();
});

// Live parts rest while nobody looks, and wake up when somebody does.
const resting = new Set();
document.addEventListener("htmx:config:request", (event) => {
  if (event.target.matches?.("[data-live]")) event.detail.ctx.request.headers["X-Live"] = "1";
});
document.addEventListener("htmx:before:request", (event) => {
  if (!document.hidden || !event.target.matches?.("[data-live]")) return;
  event.preventDefault();
  resting.add(event.target);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of resting) part.dispatchEvent(new Event("wake"));
  resting.clear();
});

// A page that comes back out of the browser's memory may be somebody else's by now.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Without a clipboard (a plain http page) nothing can be copied: the page says so in the places of the buttons.
if (!navigator.clipboard) document.documentElement.dataset.clipboard = "none";

// Capitals by mistake are said where one types a password.
document.addEventListener("keyup", (event) => {
  const { target } = event;
  if (!event.getModifierState || !target.matches?.("input[type=password]")) return;
  const hint = target.parentElement.querySelector("[data-capitals]");
  if (hint) hint.hidden = !event.getModifierState("CapsLock");
});

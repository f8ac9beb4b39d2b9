// What every page does around htmx: focus after a form came back, repeat after a proof, quiet in hidden tabs.
let waiting = null;

document.addEventListener("htmx:after:swap", () => {
  document.querySelector("[aria-invalid=true], .vp-note.is-bad")?.focus();
});

// The server asked who it is: what was asked for is asked again once that is proven.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.status === 401) waiting = ctx.sourceElement;
});
document.addEventListener("proved", () => {
  document.querySelector("#proof dialog")?.close();
  if (waiting?.isConnected) waiting.matches("form") ? waiting.requestSubmit() : waiting.click();
  waiting = null;
});

// Live parts rest while nobody looks.
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.matches?.("[data-live]")) event.preventDefault();
});

// A page that comes back out of the browser's memory may be somebody else's by now.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

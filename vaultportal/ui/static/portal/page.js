// What every page does around htmx: focus after a form came back, repeat after a proof, quiet in hidden tabs.

// What a 401 held back: done once the proof is given, forgotten when its dialog closes without one.
let retry = null;

// A button counts for its form only as long as it is in it.
function submitAgain(form, submitter) {
  if (form.isConnected) form.requestSubmit(submitter?.form === form ? submitter : null);
}

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.response?.status !== 422) return;
  document.querySelector("[aria-invalid=true], .vp-note.is-bad")?.focus();
});

// The server asked who it is: what was asked for is asked again once that is proven.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const own = ctx.sourceElement?.closest("#proof, [data-live]");
  if (ctx.response?.status !== 401 || own) return;
  const source = ctx.sourceElement;
  const submitter = ctx.sourceEvent?.submitter;
  retry = () => (source.matches("form") ? submitAgain(source, submitter) : source.isConnected && source.click());
});
document.addEventListener("close", (event) => {
  if (event.target.closest("#proof")) retry = null;
}, true);
document.addEventListener("proved", ({ detail }) => {
  const proved = retry;
  retry = null;
  document.querySelector("#proof dialog")?.close();
  // Signing in made a new token.
  if (detail?.token) {
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = detail.token;
    const given = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ ...given, "X-CSRFToken": detail.token }));
  }
  proved?.();
});

// A form that leaves the page would lose what was typed if the session were over: a page that is not fresh asks
// first. The answer to that is the dialog, and the form goes on after it.
const FRESH = 60_000;
let asked = Date.now();
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (Date.now() - asked < FRESH || form.method !== "post" || form.matches("[hx-post]") || !form.closest("main")) return;
  event.preventDefault();
  const { submitter } = event;
  const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
  const answer = await fetch(document.querySelector("[data-alive]").dataset.alive, { headers }).catch(() => null);
  asked = Date.now();
  if (answer?.status !== 401) return submitAgain(form, submitter);
  const proof = document.getElementById("proof");
  proof.innerHTML = await answer.text();
  window.htmx.process(proof);
  retry = () => submitAgain(form, submitter);
}, true);

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

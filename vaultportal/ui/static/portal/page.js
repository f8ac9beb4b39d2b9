// What every page does around htmx: focus after a form came back, repeat after a proof, quiet in hidden tabs.
let waiting = null;

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.response?.status !== 422) return;
  document.querySelector("[aria-invalid=true], .vp-note.is-bad")?.focus();
});

// The server asked who it is: what was asked for is asked again once that is proven.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const own = ctx.sourceElement?.closest("#proof, [data-live]");
  if (ctx.response?.status === 401 && !own) waiting = ctx.sourceElement;
});
document.addEventListener("proved", ({ detail }) => {
  document.querySelector("#proof dialog")?.close();
  // Signing in made a new token.
  if (detail?.token) {
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = detail.token;
    const given = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ ...given, "X-CSRFToken": detail.token }));
  }
  if (waiting?.isConnected) waiting.matches("form") ? waiting.requestSubmit() : waiting.click();
  waiting = null;
});

// A form that leaves the page would lose what was typed if the session were over: a page that is not fresh asks
// first. The answer to that is the dialog, and the form goes on after it.
const FRESH = 60_000;
let asked = Date.now();
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (Date.now() - asked < FRESH || form.method !== "post" || form.matches("[hx-post]") || !form.closest("main")) return;
  event.preventDefault();
  const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
  const answer = await fetch(document.querySelector("[data-alive]").dataset.alive, { headers }).catch(() => null);
  asked = Date.now();
  if (answer?.status !== 401) {
    form.requestSubmit(event.submitter);
    return;
  }
  const proof = document.getElementById("proof");
  proof.innerHTML = await answer.text();
  window.htmx.process(proof);
  document.addEventListener("proved", () => form.requestSubmit(event.submitter), { once: true });
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

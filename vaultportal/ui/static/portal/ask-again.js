// Who it is, asked within the page when the session is over or the last proof is old; then what was held back is
// done. What was typed stays where it is.

// Done once the proof is given, forgotten when its dialog closes without one.
let retry = null;

// A button counts for its form only as long as it is in it.
function submitAgain(form, submitter) {
  if (form.isConnected) form.requestSubmit(submitter?.form === form ? submitter : null);
}

// The server asked who it is: what was asked for is asked again once that is proven.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const own = ctx.sourceElement?.closest("#proof, [data-live]");
  if (ctx.response?.status !== 401 || own) return;
  const source = ctx.sourceElement;
  const submitter = ctx.sourceEvent?.submitter;
  retry = () => (source.matches("form") ? submitAgain(source, submitter) : source.isConnected && source.click());
});

// The same for what was asked without htmx: the dialog comes with the event.
document.addEventListener("held-back", ({ detail }) => {
  const proof = document.getElementById("proof");
  proof.innerHTML = detail.dialog;
  window.htmx.process(proof);
  retry = detail.again;
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

// A form that leaves the page would go through a page of its own if the session were over: a page that is not
// fresh asks first. Pages of nobody have no session that could be over.
const FRESH = 60_000;
let asked = Date.now();
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const address = document.querySelector("[data-alive]")?.dataset.alive;
  if (!address || Date.now() - asked < FRESH || form.method !== "post" || form.matches("[hx-post]") || !form.closest("main")) return;
  event.preventDefault();
  const { submitter } = event;
  const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
  const answer = await fetch(address, { headers }).catch(() => null);
  asked = Date.now();
  const again = () => submitAgain(form, submitter);
  if (answer?.status !== 401) return again();
  document.dispatchEvent(new Event("hide-secrets"));
  document.dispatchEvent(new CustomEvent("held-back", { detail: { dialog: await answer.text(), again } }));
}, true);

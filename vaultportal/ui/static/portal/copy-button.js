// <copy-button data-from="id" data-done="…" data-clear data-clear-label="…">: copies the text of the element
// with that id, with data-into also into that input. With data-clear the clipboard is overwritten after 30 s.
const CLEAR_AFTER = 30_000;
let pending = 0;

async function clear() {
  clearTimeout(pending);
  pending = 0;
  if (!document.hasFocus()) {
    window.addEventListener("focus", clear, { once: true });
    return;
  }
  await navigator.clipboard.writeText(" ");
  document.getElementById("clipboard-notice")?.remove();
}

function tell(element) {
  const notice = document.createElement("toast-notice");
  notice.className = "vp-toast";
  notice.role = "status";
  notice.append(element.dataset.done);
  if ("clear" in element.dataset) {
    notice.id = "clipboard-notice";
    document.getElementById("clipboard-notice")?.remove();
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = element.dataset.clearLabel;
    button.addEventListener("click", clear);
    notice.append(button);
    clearTimeout(pending);
    pending = setTimeout(clear, CLEAR_AFTER);
  } else notice.dataset.seconds = "4";
  document.getElementById("toasts").append(notice);
}

customElements.define("copy-button", class extends HTMLElement {
  connectedCallback() {
    // No clipboard outside of a secure context: then no button either.
    this.hidden = !navigator.clipboard;
    this.querySelector("button").addEventListener("click", async () => {
      const text = document.getElementById(this.dataset.from).textContent;
      if (this.dataset.into) document.getElementById(this.dataset.into).value = text;
      await navigator.clipboard.writeText(text);
      tell(this);
    });
  }
});

// <copy-secret><form>…</form></copy-secret>: posts the form and puts the answer into the clipboard. The
// value never enters the page. Anything but a value (a reason is missing, refused) is shown as a dialog.
customElements.define("copy-secret", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.copy(new FormData(event.target, event.submitter), event.target.action);
    });
  }

  async copy(body, address) {
    const asked = fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
    const value = asked.then(async (answer) => {
      const text = await answer.text();
      if (answer.ok) return new Blob([text], { type: "text/plain" });
      if (answer.status === 401) {
        const again = () => this.querySelector("form").requestSubmit();
        document.dispatchEvent(new CustomEvent("held-back", { detail: { dialog: text, again } }));
      } else document.getElementById("dialog").innerHTML = text;
      throw new Error("not copied");
    });
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": value })]);
    } catch {
      return;
    }
    this.closest("dialog").close();
    tell(this);
  }
});

// <generate-value hidden><button type="button">…</button></generate-value> in a row of fields: fills the row's
// value with something random, made in this browser after the recipe chosen in #recipe ("alphabet:length").
const ALPHABETS = {
  letters: "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
  symbols: "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%*+-.:=?@_~",
  hex: "0123456789abcdef",
  easy: "abcdefghjkmnpqrstuvwxyz23456789",
};

function picked(alphabet) {
  const fair = 256 - (256 % alphabet.length); // above it some letters would come more often
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while (byte[0] >= fair);
  return alphabet[byte[0] % alphabet.length];
}

function made(recipe) {
  const [name, length] = recipe.split(":");
  const text = Array.from({ length: Number(length) }, () => picked(ALPHABETS[name])).join("");
  return name === "easy" ? text.match(/.{5}/g).join("-") : text;
}

customElements.define("generate-value", class extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => {
      const value = this.closest(".vp-pair").querySelector("textarea");
      value.value = made(document.getElementById("recipe").value);
      for (const name of ["input", "change"]) value.dispatchEvent(new Event(name, { bubbles: true }));
    });
  }
});

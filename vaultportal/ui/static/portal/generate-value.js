// <generate-value hidden><button type="button">…</button></generate-value> in a row of fields: fills the row's
// value with something random, made in this browser after the recipe chosen in #recipe: "alphabet:length", or
// "words:number:between" with words of the list at its data-words.
const ALPHABETS = {
  letters: "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
  symbols: "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%*+-.:=?@_~",
  hex: "0123456789abcdef",
  easy: "abcdefghjkmnpqrstuvwxyz23456789",
};

const WORDS = 1024; // in the list
let list;

function picked(from) {
  const fair = 65536 - (65536 % from.length); // above it some would come more often
  const number = new Uint16Array(1);
  do crypto.getRandomValues(number);
  while (number[0] >= fair);
  return from[number[0] % from.length];
}

async function words(url) {
  const answer = await fetch(url).catch(() => null);
  const found = answer?.ok && !answer.redirected ? (await answer.text()).split("\n") : [];
  return found.length === WORDS ? found : undefined;
}

async function made(recipe) {
  let [name, length, between = ""] = recipe.value.split(":");
  if (name === "words" && !(list ??= await words(recipe.dataset.words))) {
    recipe.selectedIndex = 0; // without the list it is letters, and says so
    [name, length] = recipe.value.split(":");
  }
  const parts = Array.from({ length: Number(length) }, () => picked(name === "words" ? list : ALPHABETS[name]));
  return name === "easy" ? parts.join("").match(/.{5}/g).join("-") : parts.join(between);
}

customElements.define("generate-value", class extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.querySelector("button").addEventListener("click", async () => {
      const value = this.closest(".vp-pair").querySelector("textarea");
      value.value = await made(document.getElementById("recipe"));
      for (const name of ["input", "change"]) value.dispatchEvent(new Event(name, { bubbles: true }));
    });
  }
});

// <unmasked-column data-seconds data-shown data-hides data-back>: several values that are visible for a while, as
// <secret-field> is for one. Each [data-value] goes back to the mask that it carries.
const SecretField = await customElements.whenDefined("secret-field");

customElements.define("unmasked-column", class extends SecretField {
  // The list itself comes back after that; away from the page there is nothing to bring back.
  hide(isHere = true) {
    this.disconnectedCallback();
    for (const value of this.querySelectorAll("[data-value]")) {
      if (value.firstChild) value.firstChild.data = "";
      value.textContent = value.dataset.mask;
      value.parentElement.classList.remove("vp-open");
    }
    this.querySelector(".vp-bar").remove();
    if (isHere) location.assign(this.dataset.back);
  }
});

// The strategy picker: one tap, 1–8 while it has the focus, Alt+1–8 anywhere. Choosing opens the composer.

export class Picker {
  constructor(form, { chosen }) {
    this.fieldset = form.querySelector("[data-picker]");
    if (this.fieldset === null) return;
    this.chosen = chosen;
    this.radios = [...this.fieldset.querySelectorAll("input[type=radio]")];
    this.definition = this.fieldset.querySelector("p[data-definition]");
    this.change = this.fieldset.querySelector("[data-change-strategy]");
    this.fieldset.addEventListener("change", () => this.show());
    this.change.addEventListener("click", () => this.unfold());
    // Arrow keys move between radios and so choose them; the composer opens, but the focus stays until Enter or a click.
    this.fieldset.addEventListener("click", (event) => event.detail > 0 && event.target.matches("input") && this.chosen());
    this.fieldset.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("keydown", (event) => event.altKey && this.onDigit(event));
    this.clear();
  }

  get strategy() {
    return this.radios?.find((radio) => radio.checked)?.value;
  }

  /** True where this page has no picker (the seeker's), or a strategy is chosen. */
  get isReady() {
    return this.radios === undefined || this.strategy !== undefined;
  }

  clear() {
    if (this.radios === undefined) return;
    for (const radio of this.radios) radio.checked = false;
    this.show();
  }

  choose(strategy) {
    const radio = this.radios?.find(({ value }) => value === strategy);
    if (radio === undefined) return;
    radio.checked = true;
    this.show();
  }

  show() {
    const radio = this.radios.find(({ checked }) => checked);
    this.definition.textContent = radio?.dataset.definition ?? "";
    this.fieldset.classList.toggle("is-chosen", radio !== undefined);
    this.change.hidden = radio === undefined;
    this.fieldset.dispatchEvent(new CustomEvent("strategy", { bubbles: true }));
  }

  unfold() {
    this.fieldset.classList.remove("is-chosen");
    this.change.hidden = true;
    this.radios.find(({ checked }) => checked)?.focus();
  }

  onKey(event) {
    if (event.key === "Enter" && event.target.matches("input") && this.strategy !== undefined) {
      event.preventDefault();
      this.chosen();
    } else if (!event.altKey && !event.ctrlKey && !event.metaKey) {
      this.onDigit(event);
    }
  }

  onDigit(event) {
    const digit = /^(?:Digit|Numpad)([1-8])$/.exec(event.code)?.[1];
    const radio = digit === undefined ? undefined : this.radios[Number(digit) - 1];
    if (radio === undefined) return;
    event.preventDefault();
    radio.checked = true;
    this.show();
    this.chosen();
  }
}

// Says every answer on a scale in words, as soon as it is given. All words come from the page.

const form = document.querySelector("[data-survey]");

function chosen(name) {
  const field = form.elements.namedItem(name);
  return field instanceof RadioNodeList ? [...field].find((radio) => radio.checked) : null;
}

function emotion() {
  return form.querySelector("[data-emotion]:checked")?.dataset.emotion ?? form.dataset.feeling;
}

function sayAll() {
  for (const output of form.querySelectorAll("[data-echo]")) {
    const radio = chosen(output.dataset.of);
    const filled = radio && { score: radio.value, word: radio.dataset.word, emotion: emotion() };
    const said = filled ? output.dataset.echo.replace(/\{(score|word|emotion)\}/g, (_, gap) => filled[gap]) : "";
    // Unchanged words stay untouched, so that a screen reader does not say them again.
    if (output.textContent !== said) output.textContent = said;
  }
}

form.addEventListener("change", sayAll);
addEventListener("pageshow", sayAll); // the browser may have filled fields in by itself

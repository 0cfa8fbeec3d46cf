// Keeps what was chosen over a reload, counts it, and hands in once however often the button is pressed.

const PREFIX = "examination:";

const form = document.querySelector("form[data-attempt]");
const answered = form.querySelector(".answered");
const button = form.querySelector("button");

/** Where choices outlive a reload of this tab; null in a browser that keeps nothing. */
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // the page works without: only a reload would empty the form
  }
}

function chosen() {
  return [...form.querySelectorAll("input[type=radio]:checked")];
}

function count() {
  const names = new Set([...form.querySelectorAll("input[type=radio]")].map((input) => input.name));
  answered.textContent = answered.dataset.text.replace("{answered}", chosen().length).replace("{all}", names.size);
  answered.hidden = false;
}

function keep(store, key) {
  store.setItem(key, JSON.stringify(Object.fromEntries(chosen().map((input) => [input.name, input.value]))));
}

/** Chooses again what this tab chose, where the server did not send a choice itself. */
function restore(store, key) {
  const kept = JSON.parse(store.getItem(key) ?? "{}");
  const given = new Set(chosen().map((input) => input.name));
  for (const input of form.querySelectorAll("input[type=radio]")) {
    if (!given.has(input.name) && kept[input.name] === input.value) input.checked = true;
  }
}

/** Attempts that were handed in are of no use any more. */
function forgetOthers(store, key) {
  for (const name of Object.keys(store)) {
    if (name.startsWith(PREFIX) && name !== key) store.removeItem(name);
  }
}

const store = storage();
const key = PREFIX + form.dataset.attempt;
if (store) {
  forgetOthers(store, key);
  restore(store, key);
}
count();

form.addEventListener("change", () => {
  if (store) keep(store, key);
  count();
});
form.addEventListener("submit", () => {
  button.disabled = true;
});
window.addEventListener("pageshow", () => {
  button.disabled = false; // back from the page after: it can be handed in again
});

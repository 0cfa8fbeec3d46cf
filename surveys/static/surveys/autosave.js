// Keeps what is filled in: a moment after every change, and at once when the page goes out of sight.

const PAUSE = 700; // milliseconds after the last change
const RETRY = 4000; // milliseconds after a failure
const GUARD = 8000; // milliseconds in which a second press on the button sends nothing

const form = document.querySelector("[data-survey]");
const status = form.querySelector("[data-status]");

// What the server does not have yet stands in this tab's own memory, too: a reload may overtake the save.
const UNSAVED = "survey-unsaved";
const HERE = `${form.dataset.draft} ${form.dataset.seat}`;

let timer = 0;
let changed = false;
let underway = null; // the AbortController of the save that is on its way
let handedIn = false;

function filledIn() {
  const fields = [...form.elements].filter((field) => field.matches("textarea, input[type=radio]:checked"));
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

function remember() {
  sessionStorage.setItem(UNSAVED, JSON.stringify({ of: HERE, answers: filledIn() }));
}

function forget() {
  sessionStorage.removeItem(UNSAVED);
}

function recall() {
  const unsaved = JSON.parse(sessionStorage.getItem(UNSAVED));
  if (unsaved?.of !== HERE) return forget();
  for (const field of form.elements) {
    if (!(field.name in unsaved.answers)) continue;
    if (field.type === "radio") field.checked = field.value === unsaved.answers[field.name];
    else field.value = unsaved.answers[field.name];
  }
  form.dispatchEvent(new Event("change"));
  changed = true;
  save();
}

function say(words) {
  if (status.textContent !== words) status.textContent = words;
}

function saveIn(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(save, milliseconds);
}

async function save({ leaving = false } = {}) {
  clearTimeout(timer);
  if (!changed || handedIn) return;
  if (underway && !leaving) return saveIn(PAUSE); // one at a time, so that an older state never overtakes a newer one
  underway?.abort();
  const controller = (underway = new AbortController());
  changed = false;
  try {
    const response = await fetch(form.dataset.draft, {
      method: "POST",
      keepalive: leaving,
      signal: controller.signal,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value,
      },
      body: JSON.stringify({ seat: Number(form.dataset.seat), answers: filledIn() }),
    });
    if (response.ok && !changed) forget();
    const refused = response.status >= 400 && response.status < 500;
    if (!response.ok && !refused) throw new Error(`status ${response.status}`);
    const answer = await response.json();
    say(refused ? answer.message : status.dataset.saved);
    form.dispatchEvent(new CustomEvent("saved", { detail: answer }));
  } catch {
    if (controller.signal.aborted) return; // a newer save took its place
    changed = true;
    say(status.dataset.notSaved);
    saveIn(RETRY);
  } finally {
    if (underway === controller) underway = null;
  }
}

form.addEventListener("input", () => {
  changed = true;
  remember();
  saveIn(PAUSE);
});

form.addEventListener("submit", (event) => {
  if (handedIn) return event.preventDefault(); // a double click
  handedIn = true;
  clearTimeout(timer);
  underway?.abort();
  setTimeout(goOnSaving, GUARD); // the page is still here: it could not be sent
});

function goOnSaving() {
  handedIn = false;
  changed = true;
  save();
}

addEventListener("pageshow", () => (handedIn = false));
addEventListener("pagehide", () => save({ leaving: true }));
addEventListener("online", () => save());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") save({ leaving: true });
});

/** Who types fast has begun before this script came. */
function keepWhatIsThere() {
  if (![...form.elements].some((field) => field.matches("textarea") && field.value !== field.defaultValue)) return;
  changed = true;
  remember();
  saveIn(PAUSE);
}

recall();
keepWhatIsThere();

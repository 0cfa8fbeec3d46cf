// Shows where help is as soon as something that was just written speaks of danger. Nobody is told of a draft.

const form = document.querySelector("[data-survey]");
const place = form.querySelector("[data-danger]");
const panel = place.querySelector("[data-danger-panel]");

form.addEventListener("saved", ({ detail }) => {
  if (!detail.danger || panel === null || !panel.hidden) return;
  document.activeElement?.closest(".card")?.after(place); // beside what the person is writing
  requestAnimationFrame(() => (panel.hidden = false)); // once it stands there, so that a screen reader says it
});

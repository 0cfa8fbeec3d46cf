// The report opens over the chat; without this script its link leads to a page of its own.

const dialog = document.querySelector("[data-report-dialog]");

document.querySelector("[data-open-report]").addEventListener("click", (event) => {
  event.preventDefault();
  dialog.showModal();
});
const form = dialog.querySelector("form");
const chooseFirst = form.querySelector("[data-choose-first]");

// A report that cannot be taken stays here: without scripts the server says the same, on a page of its own.
form.addEventListener("submit", (event) => {
  chooseFirst.hidden = form.querySelector("[name=reason]:checked") !== null;
  if (chooseFirst.hidden) return;
  event.preventDefault();
  form.querySelector("[name=reason]").focus({ preventScroll: true });
  chooseFirst.scrollIntoView({ block: "center" });
});
form.addEventListener("change", () => (chooseFirst.hidden = true));

dialog.querySelector("[data-close-report]").addEventListener("click", () => dialog.close());

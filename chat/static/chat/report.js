// The report opens over the chat; without this script its link leads to a page of its own.

const dialog = document.querySelector("[data-report-dialog]");

document.querySelector("[data-open-report]").addEventListener("click", (event) => {
  event.preventDefault();
  dialog.showModal();
});
dialog.querySelector("[data-close-report]").addEventListener("click", () => dialog.close());

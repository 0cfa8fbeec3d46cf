// The completion code goes to the clipboard with one tap. Without JavaScript the button stays hidden: the code can be
// marked and copied by hand.

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const says = document.getElementById(button.dataset.says);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      says.textContent = button.dataset.copied;
    } catch {
      // No clipboard on a page without TLS, or the person said no: the code stays marked for a copy by hand.
      says.textContent = button.dataset.failed;
    }
  });
}

// An answer is sent once, however often the button is pressed.

const form = document.querySelector("form[data-once]");
const button = form.querySelector("button[type=submit]");

form.addEventListener("submit", () => {
  button.disabled = true;
});
window.addEventListener("pageshow", () => {
  button.disabled = false; // back from the page after: the server shows the question that is next
});

// The end of a chat in words: how it ended for this person, and where they go on.

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** The sentence for this ending and one's own outcome; "" where the page has none. */
export function wordsOf({ ending, outcome }, texts) {
  const key = `ending${capital(ending)}`;
  return texts[key + capital(outcome)] ?? texts[key] ?? "";
}

/** Point on to `next`, with the words that belong to that page; those without a page of their own are for all others. */
export function pointOn(section, next) {
  section.querySelector("[data-next]").href = next;
  const path = new URL(next, window.location.href).pathname;
  const parts = [...section.querySelectorAll("[data-before]")];
  const known = parts.some((part) => part.dataset.before === path) ? path : "";
  for (const part of parts) part.hidden = part.dataset.before !== known;
}

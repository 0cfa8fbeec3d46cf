// A chat that opens in a tab nobody looks at says so in the tab's title, until somebody does.

export function announceArrival(title) {
  if (document.visibilityState === "visible") return;
  const usual = document.title;
  document.title = title;
  document.addEventListener("visibilitychange", () => (document.title = usual), { once: true });
}

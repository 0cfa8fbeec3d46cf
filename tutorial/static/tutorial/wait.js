// Says on the page that the next attempt is open, as soon as it is. The server decides; this only looks at the time.

const notice = document.querySelector("[data-opens-in]");

if (notice) {
  const opens = Date.now() + Number(notice.dataset.opensIn) * 1000;
  const look = () => {
    if (Date.now() < opens) return;
    clearInterval(looking);
    for (const words of notice.querySelectorAll("[data-while]")) words.hidden = words.dataset.while !== "open";
  };
  const looking = setInterval(look, 1000); // a clock that is looked at: a sleeping phone stops any long timer
}

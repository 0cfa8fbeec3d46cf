// The lobby: wait, see how the queue moves, and go where the server says. The socket tells at once; asking every now
// and then finds out as well, should the socket be dead.

import { Bell } from "./bell.js";
import { Socket } from "./socket.js";

const ASK_EVERY = 20_000; // milliseconds

const root = document.querySelector("[data-lobby]");
const find = (selector) => document.querySelector(selector);
const status = find("[data-status]");
const texts = root.dataset;
const bell = new Bell(find("[data-bell]"));
find("[data-sound]").hidden = !Bell.isPossible;

let leaving = false; // on the way to another page
let shown = "";

const socket = new Socket(() => texts.socket, {
  frame(frame) {
    if (frame.type === "waiting") status.textContent = texts.waiting;
    if (frame.type === "waiting" || frame.type === "asked") look();
    if (frame.type === "paired") found(frame.next);
  },
  down() {
    if (!leaving) status.textContent = texts.offline;
  },
  forbidden() {
    status.textContent = texts.forbidden;
    leaveFor(texts.here);
  },
});
const timer = setInterval(look, ASK_EVERY);

/** Ask how the waiting goes. Without an answer the page stays as it is, and asks again. */
async function look() {
  let answer;
  try {
    const response = await fetch(texts.queueAt, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    answer = await response.json();
  } catch {
    return; // no network: the status says so already
  }
  if (answer.next !== null) {
    if (answer.paired) found(answer.next);
    else leaveFor(answer.next);
    return;
  }
  if (answer.html !== shown) find("[data-queue]").innerHTML = shown = answer.html;
  if (answer.asked && find("[data-ask]").hidden) status.textContent = texts.asked;
  find("[data-ask]").hidden = !answer.asked;
  find("[data-leave]").hidden = answer.asked;
}

/** A partner is found: say so, in the tab's title too, ring if that was asked for, and go. */
async function found(next) {
  if (leaving) return;
  leaving = true;
  status.textContent = texts.found;
  document.title = texts.foundTitle;
  await bell.ring();
  go(next);
}

function leaveFor(next) {
  if (leaving) return;
  leaving = true;
  go(next);
}

function go(next) {
  clearInterval(timer);
  socket.stop();
  window.location.assign(next);
}

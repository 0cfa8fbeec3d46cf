// The lobby: wait, and go where the server says.

import { Socket } from "./socket.js";

const root = document.querySelector("[data-lobby]");
const status = root.querySelector("[data-status]");
const texts = root.dataset;

const socket = new Socket(() => texts.socket, {
  frame(frame) {
    if (frame.type === "waiting") status.textContent = texts.waiting;
    if (frame.type === "paired") {
      socket.stop();
      status.textContent = texts.found;
      window.location.assign(frame.next);
    }
  },
  down() {
    status.textContent = texts.offline;
  },
  forbidden() {
    status.textContent = texts.forbidden;
    window.location.assign(texts.here);
  },
});

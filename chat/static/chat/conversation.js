// A conversation: frames in, frames out. What each part of the page does stands in the module of its name.

import { announceArrival } from "./arrival.js";
import { Composer } from "./composer.js";
import { pointOn, wordsOf } from "./ending.js";
import { Kept } from "./kept.js";
import { Log } from "./log.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { Partner } from "./partner.js";
import { Picker } from "./picker.js";
import { Socket } from "./socket.js";

const NOTHING_TO_RATE = new Set(["not_due", "bad_feedback"]);
const TYPING_SHOWN = 4000; // milliseconds

const root = document.querySelector("[data-conversation]");
const find = (selector) => root.querySelector(selector);
const texts = document.querySelector("[data-texts]").dataset;
const { conversation, role, language } = root.dataset;
const ratingRequired = root.dataset.feedbackRequired === "true";

const kept = new Kept(conversation, role);
const partner = new Partner(document.querySelector("[data-presence]"), texts);
const log = new Log(root, { role, texts, language });
const notices = new Notices(find("[data-notices]"), document.querySelector("[data-notice]"), conversation);
notices.adopt(find("[data-before-chat]").firstElementChild);
const picker = new Picker(find("[data-composer]"), { chosen: () => composer.focus() });
let ratingDue = null; // the position a rating is due for
let typingTimer = 0;

const outbox = new Outbox({
  kept,
  send: (frame) => welcomed && socket.send(frame),
  changed: (message) => log.showPending(message),
});
const composer = new Composer(root, {
  picker,
  kept,
  texts,
  send: (message) => {
    if (ratingDue !== null && ratingRequired) {
      find("#rating-question").focus();
      return texts.rateFirst;
    }
    outbox.add(message);
    return undefined;
  },
  typing: () => socket.send({ type: "typing" }),
});

let welcomed = false; // a connection counts once its welcome has come
const socket = new Socket(() => `${root.dataset.socket}?after=${log.lastPosition}`, {
  frame: (frame) => receive[frame.type]?.(frame),
  down: () => {
    welcomed = false;
    showConnection(texts.offline);
  },
  forbidden: () => {
    composer.close();
    showConnection(texts.forbidden);
  },
});

const receive = {
  welcome(frame) {
    welcomed = true;
    showConnection("");
    for (const utterance of frame.utterances) received(utterance);
    partner.show({ present: frame.partner_present });
    showRating(frame.feedback_due ?? null);
    find("[data-proposal]").hidden = true;
    notices.showAll(frame.notices);
    outbox.flush();
  },
  ack(frame) {
    log.acknowledged(frame);
    outbox.acknowledged(frame.client_id);
    notices.over("nudge");
    if (role === "seeker") find("[data-proposal]").hidden = true;
  },
  utterance(frame) {
    received(frame);
    notices.over("queue");
    hideTyping();
  },
  feedback_due: (frame) => showRating(frame.through),
  feedback_saved() {
    showRating(null);
    composer.say(texts.rated);
    outbox.againAll();
  },
  typing() {
    find("[data-typing]").textContent = texts.typing;
    clearTimeout(typingTimer);
    typingTimer = setTimeout(hideTyping, TYPING_SHOWN);
  },
  presence: (frame) => partner.show(frame),
  notice: (frame) => notices.show(frame),
  end_proposed() {
    find("[data-proposal]").hidden = false;
  },
  ended(frame) {
    socket.stop();
    showConnection("");
    const said = [wordsOf(frame, texts)];
    if (!outbox.isEmpty) said.push(texts.unsentEnd);
    for (const message of [...outbox.messages]) outbox.refused(message.client_id);
    kept.clear();
    showEnd(said.join(" "), frame.next);
  },
  refused(frame) {
    if (frame.code === "ended" && frame.client_id === undefined) return;
    composer.say(frame.message);
    if (NOTHING_TO_RATE.has(frame.code)) {
      // From two processes a reminder may come after its rating. One that is wrongly forgotten comes again in time.
      showRating(null);
      outbox.againAll();
    }
    if (frame.code === "busy") outbox.busy(frame.client_id);
    else if (frame.client_id !== undefined) outbox.refused(frame.client_id);
  },
};

function received(utterance) {
  log.show(utterance);
  if (utterance.role === role) outbox.acknowledged(utterance.client_id);
  if (utterance.role === "seeker") find("[data-proposal]").hidden = true;
}

function showConnection(sentence) {
  find("[data-connection]").textContent = sentence;
  find("[data-connection]").hidden = sentence === "";
}

function hideTyping() {
  clearTimeout(typingTimer);
  find("[data-typing]").textContent = "";
}

function showRating(through) {
  ratingDue = through;
  const rating = find("[data-rating]");
  if (rating !== null) rating.hidden = through === null;
  log.scrollToEnd();
}

function showEnd(sentence, next) {
  composer.close();
  showRating(null);
  hideTyping();
  find("[data-proposal]").hidden = true;
  find("[data-ended-text]").textContent = sentence;
  partner.stop();
  document.querySelector("[data-leave-now]")?.remove(); // there is nothing left to leave
  pointOn(find("[data-ended]"), next);
  find("[data-ended]").hidden = false;
  find("[data-ended-heading]").focus();
}

find("[data-rating]")?.addEventListener("click", (event) => {
  const step = event.target.closest("[data-score]");
  if (step === null || ratingDue === null) return;
  socket.send({ type: "feedback", through: ratingDue, score: Number(step.dataset.score) });
});

find("[data-log]").addEventListener("click", (event) => {
  const client_id = event.target.closest(".utterance")?.dataset.clientId;
  if (event.target.matches("[data-try-again]")) outbox.again(client_id);
  if (event.target.matches("[data-edit]")) {
    const message = outbox.find(client_id);
    if (message === undefined) return;
    outbox.drop(client_id);
    log.removePending(client_id);
    composer.takeBack(message);
    outbox.flush();
  }
});

const dialog = document.querySelector("[data-end-dialog]");
find("[data-open-end]").addEventListener("click", () => {
  document.querySelector("[data-too-short]").hidden = log.positions.size >= Number(texts.minimum);
  dialog.returnValue = "stay";
  dialog.showModal();
});
dialog.addEventListener("close", () => dialog.returnValue === "end" && socket.send({ type: "end" }));
find("[data-agree]")?.addEventListener("click", () => socket.send({ type: "end" }));

announceArrival(texts.arrived);

// Messages on their way: each is sending, sent or not sent. One is out at a time, so that they keep their order.

const SHORTEST_BUSY = 1000; // milliseconds
const LONGEST_BUSY = 15_000;
const ANSWER_WITHIN = 15_000; // milliseconds; after that the message is sent again under the same client_id

/** A random UUID (version 4); `crypto.randomUUID` is missing where a page is served without TLS. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Outbox {
  /** `send(frame)` hands a frame to the socket; `changed(message)` shows a message's state; `kept` outlives a reload. */
  constructor({ send, changed, kept }) {
    this.send = send;
    this.changed = changed;
    this.kept = kept;
    this.messages = kept.read("outbox", []).map((message) => ({ ...message, state: "sending" }));
    this.timer = 0;
    this.tries = 0; // how often the message that is out came too soon
    this.out = null; // the client_id of the one that was sent and has no answer yet
    for (const message of this.messages) this.changed(message);
  }

  get isEmpty() {
    return this.messages.length === 0;
  }

  add(fields) {
    this.messages.push({ client_id: uuid(), state: "sending", ...fields });
    this.changed(this.messages.at(-1));
    this.keep();
    this.next();
  }

  /** Send the first message that waits, unless it is out already. */
  next() {
    if (this.out === null) this.flush();
  }

  /**
   * Send the first message that waits, also one that is out: nobody knows whether it arrived. It has the same
   * client_id, so that is harmless; but every copy has an answer of its own, and no answer may send another copy.
   */
  flush() {
    this.out = null;
    const next = this.messages.find(({ state }) => state === "sending");
    if (next === undefined) return;
    const { state, ...fields } = next;
    if (!this.send({ type: "say", ...fields })) return;
    this.out = next.client_id;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), ANSWER_WITHIN);
  }

  acknowledged(client_id) {
    this.drop(client_id);
    this.next();
  }

  refused(client_id) {
    const message = this.find(client_id);
    if (message === undefined) return undefined;
    this.answered(client_id);
    message.state = "not-sent";
    this.changed(message);
    return message;
  }

  /** The server cannot take it now: it stays on its way and goes out again by itself, each time a little later. */
  busy(client_id) {
    if (this.out !== client_id) return;
    const longest = Math.min(LONGEST_BUSY, SHORTEST_BUSY * 2 ** this.tries++);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), longest * (0.5 + Math.random() / 2));
  }

  again(client_id) {
    const message = this.find(client_id);
    if (message === undefined) return;
    message.state = "sending";
    this.changed(message);
    this.next();
  }

  /** Whatever was refused goes out once more: what stood in its way is done. */
  againAll() {
    for (const message of this.messages) {
      message.state = "sending";
      this.changed(message);
    }
    this.next();
  }

  /** This one has an answer; whichever is out goes on waiting for its own. */
  answered(client_id) {
    if (this.out !== client_id) return;
    clearTimeout(this.timer);
    this.out = null;
    this.tries = 0;
  }

  drop(client_id) {
    this.answered(client_id);
    this.messages = this.messages.filter((message) => message.client_id !== client_id);
    this.keep();
  }

  find(client_id) {
    return this.messages.find((message) => message.client_id === client_id);
  }

  keep() {
    this.kept.write("outbox", this.messages);
  }
}

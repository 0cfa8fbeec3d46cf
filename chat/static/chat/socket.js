// A socket that comes back: jittered back-off, and never again after 4403 (the page does not belong here).

const FORBIDDEN = 4403;
const SHORTEST = 500; // milliseconds
const LONGEST = 10_000;

export class Socket {
  /** `address()` gives the path of each (re)connection; `on` takes frame(frame), down() and forbidden(). */
  constructor(address, on) {
    this.address = address;
    this.on = on;
    this.tries = 0;
    this.ws = null;
    this.closed = false; // for good: turned away, or the conversation is over
    this.timer = 0;
    window.addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.now());
    this.open();
  }

  get isOpen() {
    return this.ws !== null && this.ws.readyState === WebSocket.OPEN;
  }

  open() {
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(`${scheme}//${window.location.host}${this.address()}`);
    this.ws = ws;
    ws.addEventListener("message", (event) => {
      this.tries = 0;
      this.on.frame(JSON.parse(event.data));
    });
    ws.addEventListener("close", (event) => {
      if (this.ws !== ws) return;
      this.ws = null;
      if (event.code === FORBIDDEN) {
        this.closed = true;
        this.on.forbidden();
        return;
      }
      if (this.closed) return;
      this.on.down();
      this.later();
    });
  }

  later() {
    const longest = Math.min(LONGEST, SHORTEST * 2 ** this.tries++);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ws === null && this.open(), longest * (0.5 + Math.random() / 2));
  }

  /** The network or the reader is back: do not wait for the timer. */
  now() {
    if (this.ws === null && !this.closed) {
      clearTimeout(this.timer);
      this.open();
    }
  }

  /** True where the frame was handed to an open socket; what became of it only an answer can say. */
  send(frame) {
    if (!this.isOpen) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** No more connections: the conversation is over. */
  stop() {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.ws !== null) this.ws.close();
  }
}

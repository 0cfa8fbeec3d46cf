// Where a message is written: the draft that outlives a reload, the evidence of how it was written, and sending.

const MAX_CODE_POINTS = 2000;
const TYPING_EVERY = 2000; // milliseconds
const DOUBLE = 800; // milliseconds; an empty press so soon after sending is the second half of a double click
const PAUSE = 2000; // milliseconds; a longer break between two keys is not counted as typing

export class Composer {
  /** `send({text, strategy, evidence})` may refuse by returning a sentence; `typing()` tells the partner. */
  constructor(root, { picker, kept, texts, send, typing }) {
    this.form = root.querySelector("[data-composer]");
    this.area = this.form.querySelector("textarea");
    this.help = this.form.querySelector("[data-message-help]");
    this.usualHelp = this.help.textContent;
    Object.assign(this, { picker, kept, texts, onSend: send, onTyping: typing });
    this.area.value = kept.read("draft", "");
    this.sentAt = -Infinity;
    this.forget();
    this.grow();
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("strategy", () => this.open());
    this.area.addEventListener("input", () => this.onInput());
    this.area.addEventListener("paste", (event) => this.onPaste(event));
    this.area.addEventListener("keydown", (event) => this.onKey(event));
    this.open();
  }

  /** The composer is open where there is nothing to choose first. */
  open() {
    this.area.disabled = !this.picker.isReady;
    this.area.placeholder = this.area.disabled ? this.texts.chooseThenWrite : this.texts.write;
  }

  focus() {
    this.open();
    this.area.focus();
  }

  onKey(event) {
    const isEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isEnter) this.submit(event);
  }

  onPaste(event) {
    this.pasted += [...(event.clipboardData?.getData("text") ?? "")].length;
  }

  onInput() {
    const now = performance.now();
    if (now - this.lastKey < PAUSE) this.typed += now - this.lastKey;
    this.lastKey = now;
    this.grow();
    this.kept.write("draft", this.area.value);
    if (this.reasonNotToSend(this.area.value) === undefined) this.say(this.usualHelp);
    if (now - this.lastTold > TYPING_EVERY) {
      this.lastTold = now;
      this.onTyping();
    }
  }

  submit(event) {
    event.preventDefault();
    const text = this.area.value;
    if (text === "" && performance.now() - this.sentAt < DOUBLE) return;
    const reason = this.reasonNotToSend(text);
    if (reason !== undefined) return this.say(reason);
    const evidence = { pasted_chars: this.pasted, typing_ms: Math.round(this.typed) };
    const refused = this.onSend({ text, strategy: this.picker.strategy, evidence });
    if (refused !== undefined) return this.say(refused);
    this.sentAt = performance.now();
    this.write("");
    this.picker.clear();
    this.say(this.usualHelp);
  }

  reasonNotToSend(text) {
    if (!this.picker.isReady) return this.texts.strategyFirst;
    if (text.trim() === "") return this.texts.empty;
    if ([...text].length > MAX_CODE_POINTS) return this.texts.tooLong;
    return undefined;
  }

  /** Put a message that was not sent back, to be changed. What stands there already is kept below it. */
  takeBack({ text, strategy }) {
    this.write(this.area.value === "" ? text : `${text}\n${this.area.value}`);
    this.picker.choose(strategy);
    this.focus();
  }

  write(text) {
    this.area.value = text;
    this.kept.write("draft", text);
    this.forget();
    this.grow();
  }

  say(sentence) {
    if (this.help.textContent !== sentence) this.help.textContent = sentence;
    this.help.toggleAttribute("data-usual", sentence === this.usualHelp);
  }

  forget() {
    this.pasted = 0;
    this.typed = 0;
    this.lastKey = -Infinity;
    this.lastTold = -Infinity;
  }

  grow() {
    const lines = this.area.value.split("\n").length + Math.floor(this.area.value.length / 60);
    this.area.rows = Math.min(8, Math.max(2, lines));
  }

  close() {
    this.form.hidden = true;
  }
}

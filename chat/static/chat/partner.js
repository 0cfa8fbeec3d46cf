// Whether the partner is here, and while they are away, how much longer they are waited for.

export class Partner {
  /** `element` is a live region: it says once that the partner is away; the seconds run unheard. */
  constructor(element, texts) {
    this.element = element;
    this.texts = texts;
    this.timer = 0;
  }

  show({ present, grace_s = 0 }) {
    clearInterval(this.timer);
    this.element.textContent = present ? this.texts.here : this.texts.away;
    if (present || grace_s <= 0) return;
    const until = performance.now() + grace_s * 1000;
    const heard = document.createElement("span");
    heard.className = "visually-hidden";
    heard.textContent = ` ${this.waiting(grace_s)}`;
    const seen = document.createElement("span");
    seen.setAttribute("aria-hidden", "true");
    this.element.append(heard, seen);
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      seen.textContent = ` ${this.waiting(left)}`;
      if (left === 0) clearInterval(this.timer);
    };
    tick();
    this.timer = setInterval(tick, 1000);
  }

  /** The chat is over: nobody is waited for. */
  stop() {
    clearInterval(this.timer);
    this.element.textContent = "";
  }

  waiting(seconds) {
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return this.texts.waiting.replace("{time}", time);
  }
}

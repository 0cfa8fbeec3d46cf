// The conversation as a list: every utterance once, in the order of positions; what is on its way stands at the end.

export class Log {
  constructor(root, { role, texts, language }) {
    this.view = root.querySelector("[data-log]");
    this.list = root.querySelector("[data-utterances]");
    this.template = document.querySelector("[data-utterance]");
    this.role = role;
    this.texts = texts;
    this.clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
    this.positions = new Map(); // position → element
    this.pending = new Map(); // client_id → element
    this.wasAtEnd = true;
    this.shape = this.shapeNow;
    // A scroll that comes along with a new shape is the page's doing, not the reader's: the observer answers it.
    this.view.addEventListener("scroll", () => {
      if (this.shape === this.shapeNow) this.wasAtEnd = this.isAtEnd;
    });
    // The picker, a rating or a keyboard takes room: who was reading the newest message keeps reading it.
    new ResizeObserver(() => {
      this.shape = this.shapeNow;
      if (this.wasAtEnd) this.scrollToEnd();
    }).observe(this.view);
  }

  get shapeNow() {
    return `${this.view.clientWidth} × ${this.view.clientHeight}`;
  }

  /** The last position up to which nothing is missing: an ack may come before the partner's message before it. */
  get lastPosition() {
    let position = 0;
    while (this.positions.has(position + 1)) position += 1;
    return position;
  }

  /** Show a committed utterance; one that is shown already changes nothing. */
  show({ position, role, text, strategy, sent_at, client_id }) {
    if (this.positions.has(position)) return;
    const near = this.isAtEnd;
    const element = this.pending.get(client_id) ?? this.element(role, text, strategy);
    this.pending.delete(client_id);
    this.settle(element, position, sent_at);
    if (role === this.role) this.setState(element, "sent");
    if (near || role === this.role) this.scrollToEnd();
  }

  /** A message of one's own that the server has answered for. */
  acknowledged({ client_id, position, sent_at }) {
    const element = this.pending.get(client_id);
    if (element === undefined) return;
    this.pending.delete(client_id);
    if (this.positions.has(position)) {
      element.remove();
      return;
    }
    this.settle(element, position, sent_at);
    this.setState(element, "sent");
  }

  /** A message that is sending or not sent. */
  showPending({ client_id, text, strategy, state }) {
    const known = this.pending.get(client_id);
    const element = known ?? this.element(this.role, text, strategy);
    if (known === undefined) {
      element.dataset.clientId = client_id;
      this.pending.set(client_id, element);
      this.list.append(element);
      this.scrollToEnd();
    }
    this.setState(element, state);
  }

  removePending(client_id) {
    this.pending.get(client_id)?.remove();
    this.pending.delete(client_id);
  }

  settle(element, position, sent_at) {
    element.dataset.position = position;
    const time = element.querySelector("[data-time]");
    time.dateTime = sent_at;
    time.textContent = this.clock.format(new Date(sent_at));
    this.positions.set(position, element);
    const after = [...this.positions.keys()].filter((other) => other > position);
    const next = after.length ? this.positions.get(Math.min(...after)) : [...this.pending.values()][0];
    // Moving an element would have a screen reader say it again: only where it does not stand right already.
    if (!element.isConnected || element.nextElementSibling !== (next ?? null)) this.list.insertBefore(element, next ?? null);
  }

  element(role, text, strategy) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    const mine = role === this.role;
    element.classList.add(mine ? "mine" : "theirs");
    element.querySelector("[data-who]").textContent = mine ? this.texts.you : this.texts.partner;
    element.querySelector("[data-text]").textContent = text;
    element.querySelector("[data-strategy]").textContent = strategy ?? "";
    return element;
  }

  setState(element, state) {
    const words = { sending: this.texts.sending, sent: this.texts.sent, "not-sent": this.texts.notSent };
    element.dataset.state = state;
    element.querySelector("[data-state]").textContent = words[state];
    element.querySelector("[data-again]").hidden = state !== "not-sent";
  }

  get isAtEnd() {
    return this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < 120;
  }

  scrollToEnd() {
    this.view.scrollTop = this.view.scrollHeight;
  }
}

// What the platform says beside the conversation. Help, guidance and hints replace their older ones.

const LASTING = ["crisis", "guidance"];
const ONE_AT_A_TIME = [...LASTING, "hint", "queue"];
const ADDRESS = /(https?:\/\/\S+)/;
const ADOPTED = "adopted";

export class Notices {
  /** `list` is where they stand, `template` what one looks like, `conversation` whose they are. */
  constructor(list, template, conversation) {
    this.list = list;
    this.template = template;
    this.key = `closed-notices ${conversation}`;
    this.adopted = null;
  }

  /** What stood in the page before the first frame: it can be closed, and newer help takes its place. */
  adopt(panel) {
    if (panel === null) return;
    if (this.closed.includes(ADOPTED)) return panel.remove();
    this.adopted = panel;
    const close = this.template.content.querySelector("[data-close-notice]").cloneNode(true);
    close.addEventListener("click", () => this.close(ADOPTED, panel));
    panel.append(close);
  }

  /** All that still stand, and nothing else. */
  showAll(frames) {
    this.list.replaceChildren();
    for (const frame of frames) this.show(frame);
  }

  show({ id, kind, text, until }) {
    if (kind === "crisis") this.adopted?.remove();
    if (this.closed.includes(id)) return;
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.dataset.kind = kind;
    item.querySelector("[data-notice-text]").append(...lines(text));
    const lasting = LASTING.includes(kind);
    item.querySelector("[data-notice-more]").hidden = !lasting;
    item.querySelector("[data-close-notice]").addEventListener("click", () => this.close(id, item));
    if (ONE_AT_A_TIME.includes(kind)) this.over(kind);
    this.list.append(item);
    item.scrollIntoView({ block: "nearest" });
    if (until !== null) setTimeout(() => item.remove(), Math.max(0, new Date(until) - Date.now()));
  }

  /** Nothing of that kind stands any longer. */
  over(kind) {
    for (const item of this.list.querySelectorAll(`[data-kind=${kind}]`)) item.remove();
  }

  close(id, item) {
    sessionStorage.setItem(this.key, JSON.stringify([...this.closed, id]));
    item.remove();
  }

  get closed() {
    return JSON.parse(sessionStorage.getItem(this.key)) ?? [];
  }
}

/** A paragraph a line, its addresses as links. */
function lines(text) {
  return text.split("\n").map((line) => {
    const paragraph = document.createElement("p");
    paragraph.append(...line.split(ADDRESS).map((part) => (ADDRESS.test(part) ? link(part) : part)));
    return paragraph;
  });
}

function link(address) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: address, textContent: address, target: "_blank", rel: "noopener noreferrer" });
  return anchor;
}

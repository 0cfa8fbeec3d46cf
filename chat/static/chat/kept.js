// What a reload must not lose: the unsent draft and the messages that have no answer yet, per conversation.

export class Kept {
  constructor(conversation, role) {
    this.prefix = `chat.${conversation}.${role}.`;
  }

  read(name, otherwise) {
    try {
      const text = window.localStorage.getItem(this.prefix + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch (error) {
      console.info("This browser keeps nothing over a reload.", error);
      return otherwise;
    }
  }

  write(name, value) {
    try {
      window.localStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch (error) {
      console.info("This browser keeps nothing over a reload.", error);
    }
  }

  clear() {
    for (const name of ["draft", "outbox"]) window.localStorage.removeItem(this.prefix + name);
  }
}

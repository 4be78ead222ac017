// Where the pull style files what arrived until its user takes it.
import { CloseControlMessage, PingControlMessage, PongControlMessage } from './messages.js';

/**
 * First in, first out, without moving what stays.
 * @template T
 */
export class Queue {
  /** @type {(T | undefined)[]} */
  #items = [];
  #head = 0;

  get length() {
    return this.#items.length - this.#head;
  }

  /** @param {T} item */
  push(item) {
    this.#items.push(item);
  }

  /** @returns {T | null} */
  peek() {
    return this.#items[this.#head] ?? null;
  }

  /** @returns {T | null} */
  shift() {
    const item = this.peek();
    if (item === null) return null;
    this.#items[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}

export class Inbox {
  /** @type {Queue<any>} */
  messages = new Queue();
  /** @type {PingControlMessage[]} */
  pings = [];
  /** @type {PongControlMessage[]} */
  pongs = [];
  /** @type {CloseControlMessage | null} */
  closing = null;
  /** @type {CloseControlMessage[]} */
  errors = [];
  /** @type {{ send: (bytes: Uint8Array | ArrayBuffer) => number } | undefined} */
  parser;

  /** @param {any} event */
  file(event) {
    if (event instanceof PingControlMessage) this.pings.push(event);
    else if (event instanceof PongControlMessage) this.pongs.push(event);
    else if (event instanceof CloseControlMessage) this.closing = event;
    else if (event.type === 'error') this.errors.push(event.close);
    else if (event.type !== 'frame') this.messages.push(event);
  }
}

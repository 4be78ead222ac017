// Messages that wait to be taken, and how much they are.
import { Queue } from '../core/inbox.js';

/** What lies here at most before somebody minds: bytes or characters, and messages. */
const HIGH = 64 * 1024;
const HIGH_COUNT = 1024;

export class Backlog {
  /** @type {Queue<any>} */
  #messages = new Queue();
  #size = 0;
  /** @type {((result: IteratorResult<any>) => void)[]} */
  #takers = [];
  #ended = false;
  #paused = false;
  #taken;

  /** @param {() => void} [taken] called when one was taken, or is waited for */
  constructor(taken = () => {}) {
    this.#taken = taken;
  }

  get length() {
    return this.#messages.length;
  }

  /** It holds more than it should. */
  get over() {
    return this.#size > HIGH || this.length > HIGH_COUNT;
  }

  /** It holds more than half of that, so that what looks at it does not flutter. */
  get overHalf() {
    return this.#size > HIGH / 2 || this.length > HIGH_COUNT / 2;
  }

  /** Bytes or characters. */
  get size() {
    return this.#size;
  }

  /** Somebody waits for the next one. */
  get awaited() {
    return this.#takers.length > 0;
  }

  /** @param {any} message */
  push(message) {
    const taker = this.#paused ? undefined : this.#takers.shift();
    if (taker) {
      taker({ value: message, done: false });
      return;
    }
    this.#messages.push(message);
    this.#size += message.data.length;
  }

  peek() {
    return this.#messages.peek();
  }

  /** The oldest message, or null. */
  shift() {
    const message = this.#messages.shift();
    if (message !== null) this.#size -= message.data.length;
    return message;
  }

  clear() {
    this.#messages = new Queue();
    this.#size = 0;
  }

  /** @returns {Promise<IteratorResult<any>>} */
  next() {
    const message = this.#paused ? null : this.shift();
    if (message === null && !this.#over) {
      const result = new Promise((resolve) => this.#takers.push(resolve));
      this.#taken();
      return /** @type {Promise<IteratorResult<any>>} */ (result);
    }
    this.#taken();
    const done = message === null;
    return Promise.resolve(done ? { value: undefined, done } : { value: message, done });
  }

  /** Nothing is left and nothing will come. */
  get #over() {
    return this.#ended && this.length === 0;
  }

  /** @param {boolean} paused whether those that wait go on waiting */
  pause(paused) {
    this.#paused = paused;
    if (paused) return;
    while (this.#takers.length > 0 && this.length > 0) {
      this.#takers.shift()?.({ value: this.shift(), done: false });
    }
    if (this.#over) this.end();
  }

  /** No more will come; what is here can still be taken. */
  end() {
    this.#ended = true;
    if (!this.#over) return;
    for (const taker of this.#takers.splice(0)) taker({ value: undefined, done: true });
  }
}

// Messages that wait for somebody to take them: for an iterator that is slower than the peer,
// or until the first consumer is there.
import { Queue } from '../core/inbox.js';

/** More than this, and the socket is no longer read. In characters or bytes, and messages. */
const HIGH = 64 * 1024;
const HIGH_COUNT = 1024;

export class Backlog {
  /** @type {Queue<any>} */
  #messages = new Queue();
  #size = 0;
  #full = false;
  /** @type {((result: IteratorResult<any>) => void)[]} */
  #takers = [];
  #ended = false;
  #changed;

  /** @param {() => void} changed called when `full` has changed */
  constructor(changed) {
    this.#changed = changed;
  }

  get full() {
    return this.#full;
  }

  get empty() {
    return this.#messages.length === 0;
  }

  /** @param {any} message */
  push(message) {
    const taker = this.#takers.shift();
    if (taker) {
      taker({ value: message, done: false });
      return;
    }
    this.#messages.push(message);
    this.#size += message.data.length;
    if (this.#size > HIGH || this.#messages.length > HIGH_COUNT) this.#setFull(true);
  }

  /** The oldest message, or null. */
  shift() {
    const message = this.#messages.shift();
    if (message === null) return null;
    this.#size -= message.data.length;
    // Reading goes on when half is gone, so that the socket does not flutter.
    if (this.#size <= HIGH / 2 && this.#messages.length <= HIGH_COUNT / 2) this.#setFull(false);
    return message;
  }

  clear() {
    while (this.shift() !== null);
  }

  /** @param {boolean} full */
  #setFull(full) {
    if (this.#full === full) return;
    this.#full = full;
    this.#changed();
  }

  /** @returns {Promise<IteratorResult<any>>} */
  next() {
    const message = this.shift();
    if (message !== null) return Promise.resolve({ value: message, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** No more will come; what is here can still be taken. */
  end() {
    this.#ended = true;
    for (const taker of this.#takers.splice(0)) taker({ value: undefined, done: true });
  }
}

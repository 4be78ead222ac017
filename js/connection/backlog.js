// Messages that wait for somebody to take them: for an iterator that is slower than the peer,
// or until the first consumer is there.
import { Queue } from '../inbox.js';

/** More than this, and the socket is no longer read. In characters or bytes, and messages. */
const HIGH = 64 * 1024;
const HIGH_COUNT = 1024;

export class Backlog {
  /** @type {Queue<any>} */
  #messages = new Queue();
  #size = 0;
  /** @type {((result: IteratorResult<any>) => void)[]} */
  #takers = [];
  #ended = false;
  #onRoom;

  /** @param {() => void} onRoom called when there is room again */
  constructor(onRoom) {
    this.#onRoom = onRoom;
  }

  get full() {
    return this.#size > HIGH || this.#messages.length > HIGH_COUNT;
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
  }

  /** The oldest message, or null. */
  shift() {
    const message = this.#messages.shift();
    if (message === null) return null;
    const wasFull = this.full;
    this.#size -= message.data.length;
    // Reading goes on when half is gone, so that the socket does not flutter.
    if (wasFull || this.#size < HIGH / 2) this.#onRoom();
    return message;
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

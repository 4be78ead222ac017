// The order of sends: a message from an iterable takes its time, and the sends that come
// after it wait for their turn.
import * as check from '../base/arguments.js';
import { gone, quiet, Settled } from './outbox.js';

/** When more waits to be taken than this, the next item is not asked for. */
const HIGH = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** @typedef {import('./outbox.js').Sent} Sent */

export class SendQueue {
  #outbox;
  #host;
  /** What is under way or waits, in order. @type {(() => Promise<void>)[]} */
  #jobs = [];
  #running = false;
  #stopped = false;
  #waiting = 0;
  /** Ends the wait of the job that is under way. @type {(() => void) | undefined} */
  #interrupt;
  /** @type {(() => void) | undefined} */
  #whenIdle;

  /**
   * @param {import('./outbox.js').Outbox} outbox
   * @param {{ mistaken(error: unknown): void }} host told of what a send has failed with
   */
  constructor(outbox, host) {
    this.#outbox = outbox;
    this.#host = host;
  }

  get idle() {
    return !this.#running;
  }

  /** Bytes or characters of the sends that wait. */
  get waitingLength() {
    return this.#waiting;
  }

  /** @param {() => void} f */
  whenIdle(f) {
    if (this.idle) f();
    else this.#whenIdle = f;
  }

  /**
   * A send that waits for its turn.
   * @param {() => Sent} send
   * @param {number} length
   */
  add(send, length) {
    this.#waiting += length;
    return this.#enqueue(() => {
      this.#waiting -= length;
      return send();
    });
  }

  /**
   * A send whose bytes come later.
   * @template T
   * @param {() => Promise<T>} load
   * @param {(data: T) => Sent} send
   * @param {number} length
   * @param {() => void} failed they do not come
   */
  addLater(load, send, length, failed) {
    this.#waiting += length;
    return this.#enqueue(async () => {
      let data;
      try {
        data = await this.#interruptible(load());
      } catch (error) {
        if (!this.#stopped) failed();
        throw error;
      } finally {
        if (!this.#stopped) this.#waiting -= length;
      }
      return send(data);
    });
  }

  /**
   * A message in fragments, one an item.
   * @param {AsyncIterator<any> | Iterator<any>} iterator
   * @param {boolean} ready its items are there already, and so is the end
   * @param {(data: any, first: boolean, fin: boolean) => Sent} encode
   * @param {() => void} failed the message was begun and cannot be completed
   */
  addItems(iterator, ready, encode, failed) {
    return this.#enqueue(() => this.#sendItems(iterator, ready, encode, failed));
  }

  /**
   * @param {() => Sent | Promise<Sent>} job over when its turn is: the transport's taking of what it
   *   gives is the sender's business, not the queue's
   * @returns {Sent}
   */
  #enqueue(job) {
    /** @type {Settled<void>} */
    const done = new Settled();
    const fail = (/** @type {unknown} */ error) => {
      this.#host.mistaken(error);
      quiet(done.promise);
      done.reject(error);
    };
    this.#jobs.push(async () => {
      try {
        if (this.#stopped) throw gone();
        const { promise } = await job();
        promise.then(done.resolve, fail);
      } catch (error) {
        fail(error);
      }
    });
    if (!this.#running) void this.#work();
    return done;
  }

  async #work() {
    this.#running = true;
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job();
    this.#running = false;
    this.#whenIdle?.();
  }

  /**
   * @param {AsyncIterator<any> | Iterator<any>} iterator
   * @param {boolean} ready
   * @param {(data: any, first: boolean, fin: boolean) => Sent} encode
   * @param {() => void} failed
   * @returns {Promise<Sent>}
   */
  async #sendItems(iterator, ready, encode, failed) {
    const next = () => this.#interruptible(iterator.next());
    let begun = false;
    try {
      let item = await next();
      while (!item.done) {
        const data = kept(item.value);
        // One item ahead, so that the last one has FIN; but no item waits for one that is to come.
        const after = ready ? await next() : undefined;
        const last = after?.done === true;
        const sent = encode(data, !begun, last);
        begun = true;
        if (last) return sent;
        if (this.#outbox.length > HIGH) await this.#interruptible(sent.promise);
        item = after ?? (await next());
      }
      // An empty frame ends the message when its end was not known; no item is an empty message.
      return encode(begun ? NOTHING : '', !begun, true);
    } catch (error) {
      void giveUp(iterator);
      if (begun && !this.#stopped) {
        // No other message may follow half of one.
        this.stop();
        failed();
      }
      throw error;
    }
  }

  /**
   * @template T
   * @param {T | PromiseLike<T>} wait
   * @returns {Promise<T>}
   */
  #interruptible(wait) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(gone());
      if (this.#stopped) stop();
      else this.#interrupt = stop;
      Promise.resolve(wait).then(resolve, reject);
    });
  }

  /** Nothing more is sent: what is under way and what waits is given up. */
  stop() {
    this.#stopped = true;
    this.#waiting = 0;
    this.#interrupt?.();
  }
}

/**
 * What is not encoded at once is kept as it is now: its owner may use the memory again.
 * @param {any} payload
 */
export function kept(payload) {
  return check.isBinary(payload) ? new Uint8Array(check.binary(payload, 'payload')) : payload;
}

/**
 * The source is told that nobody listens any more; how it takes that is its own affair.
 * @param {AsyncIterator<any> | Iterator<any>} iterator
 */
async function giveUp(iterator) {
  try {
    await iterator.return?.();
  } catch {}
}

// Running the user's methods and listeners: what they throw or reject with is told, and closes
// the connection with 1011; what they promise is waited for.
import { StreamClosed } from '../base/exceptions.js';

/** Types of events whose handlers hold back the next message. */
const SERIAL = new Set(['message', 'fragment']);

const ignore = () => {};

/**
 * @typedef {object} Host
 * @property {(error: unknown) => boolean} told hands an error to those that listen for errors,
 *   if there are any
 * @property {() => void} fail closes the connection for a fault of this side
 * @property {() => (() => void)} wait a handler is under way; gives what ends that
 * @property {(promise: unknown) => boolean} sent whether it is the promise of the connection's own
 *   last send
 * @property {() => boolean} crowded whether much waits to be taken by the peer
 */

export class UserCode {
  #host;
  #uncaught;
  /** What was told last. @type {unknown} */
  #told;

  /**
   * @param {Host} host
   * @param {boolean} uncaught errors that nobody listens for are thrown where nobody catches them
   */
  constructor(host, uncaught) {
    this.#host = host;
    this.#uncaught = uncaught;
  }

  /**
   * @param {() => unknown} call
   * @param {string} [type] of the event that it handles
   */
  run(call, type) {
    try {
      const result = call();
      if (typeof result === 'object' ? result !== null : typeof result === 'function') {
        this.#watch(/** @type {any} */ (result), type);
      }
    } catch (error) {
      this.#failed(error, type);
    }
  }

  /**
   * @param {any} result that may be a promise, of any realm
   * @param {string} [type]
   */
  #watch(result, type) {
    const host = this.#host;
    if (host.sent(result)) {
      // What goes wrong with a send is told by itself; and it is no reason to wait, as long as
      // the peer takes what it gets.
      if (!host.crowded()) return;
      const done = host.wait();
      result.then(done, done);
      return;
    }
    if (typeof result.then !== 'function') return;
    const done = type !== undefined && SERIAL.has(type) ? host.wait() : ignore;
    Promise.resolve(result).then(done, (error) => {
      this.#failed(error, type);
      done();
    });
  }

  /**
   * @param {unknown} error
   * @param {string} [type]
   */
  #failed(error, type) {
    // A send that was in the way of the close is the connection's end, not a fault.
    if (error instanceof StreamClosed) return;
    this.tell(error, type);
    this.#host.fail();
  }

  /**
   * Tells of an error on this side: its listeners, else the console.
   * @param {unknown} error
   * @param {string} [type] of the event whose listener failed
   */
  tell(error, type) {
    // A wrong payload was told of by the send that rejected; a handler may pass that on.
    if (error === this.#told && error instanceof Error) return;
    this.#told = error;
    // A listener of errors may fail too; that is not told to itself.
    if (type !== 'error' && this.#host.told(error)) return;
    if (this.#uncaught) queueMicrotask(() => throwOut(error));
    else console.error('ws4wasm: an error on a connection:', error);
  }
}

/** @param {unknown} error */
function throwOut(error) {
  throw error;
}

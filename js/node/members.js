// Those who are connected, and how they are seen off.
import * as check from '../base/arguments.js';
import { judged } from '../base/options.js';
import { CloseControlMessage } from '../core/messages.js';

/** In milliseconds: Docker's patience after SIGTERM is 10 s, and something is to be left of it. */
const DRAIN_TIMEOUT = 8000;

/**
 * Whatever can be closed in a friendly way and in another.
 * @typedef {{ close: (code: number, reason: string) => void, closeConnection: () => void }} Member
 */

const milliseconds = (/** @type {unknown} */ value, /** @type {string} */ name) =>
  check.integer(value, name, 0, check.MAX_DELAY);

/** @type {import('../base/options.js').Shape} */
const DRAIN = {
  code: (value, name) => check.integer(value, name, 1000, 4999),
  reason: check.string,
  timeout: milliseconds,
  spread: milliseconds,
};

/**
 * @param {unknown} options of `drain`
 * @returns {{ code: number, reason: string, timeout: number, spread: number }}
 */
export function drainOptions(options) {
  const given = /** @type {any} */ (judged(options, DRAIN, 'drain'));
  const { code = 1001, reason = '', timeout = DRAIN_TIMEOUT, spread = 0 } = given;
  // A code that may not be sent, or a reason that is too long, is told here.
  new CloseControlMessage(code, reason);
  if (spread > timeout) throw check.outOfRange('spread', spread, `at most timeout, ${timeout}`);
  return { code, reason, timeout, spread };
}

/**
 * @template {Member} [T=Member]
 * @extends {Set<T>}
 */
export class Members extends Set {
  /** @type {(() => void)[]} */
  #empty = [];

  /** @param {T} member */
  delete(member) {
    const was = super.delete(member);
    if (this.size === 0) for (const told of this.#empty.splice(0)) told();
    return was;
  }

  /** @returns {Promise<void>} kept when nobody is there */
  whenEmpty() {
    return new Promise((resolve) => {
      if (this.size === 0) resolve();
      else this.#empty.push(resolve);
    });
  }

  /**
   * Closes all, one after the other over the time `spread`, so that they do not all come back at
   * once; whoever is still there after `timeout` is dropped, and not waited for.
   * @param {ReturnType<typeof drainOptions>} options
   * @returns {Promise<void>}
   */
  drain({ code, reason, timeout, spread }) {
    const waiting = [...this];
    const { length } = waiting;
    const begun = performance.now();
    let next = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const closeSome = () => {
      const passed = performance.now() - begun;
      const due = passed >= spread ? length : Math.ceil((length * (passed + 1)) / (spread + 1));
      for (; next < due; next++) close(waiting[next], code, reason);
      if (next < length) timer = setTimeout(closeSome, Math.max(1, spread / length));
    };
    closeSome();
    return new Promise((resolve) => {
      const end = setTimeout(() => {
        for (const member of [...this]) member.closeConnection();
        resolve();
      }, timeout);
      void this.whenEmpty().then(() => {
        clearTimeout(timer);
        clearTimeout(end);
        resolve();
      });
    });
  }
}

/**
 * One that cannot say goodbye, because its class has a `close` that throws, is dropped.
 * @param {Member} member
 * @param {number} code
 * @param {string} reason
 */
function close(member, code, reason) {
  try {
    member.close(code, reason);
  } catch (error) {
    console.error('ws4wasm: a connection could not be closed:', error);
    member.closeConnection();
  }
}

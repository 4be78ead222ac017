// addEventListener and on* for people who come from browsers.
import { INSPECT } from '../base/inspect.js';

/**
 * @typedef {(event: any) => unknown} Listener
 * @typedef {Listener | { handleEvent: Listener }} ListenerOrObject
 * @typedef {object} Entry
 * @property {string} type
 * @property {ListenerOrObject} listener
 * @property {boolean} once
 * @property {AbortSignal | undefined} signal
 */

/** An event whose target is a connection. */
class ConnectionEvent extends Event {
  #target;
  stopped = false;

  /**
   * @param {string} type
   * @param {any} target
   * @param {object} details
   */
  constructor(type, target, details) {
    super(type);
    this.#target = target;
    Object.assign(this, details);
  }

  /** With its data, and on a line; the target would be repeated by each. */
  [INSPECT](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {Function} */ inspect,
  ) {
    const { stopped, isTrusted, ...details } = Object.fromEntries(Object.entries(this));
    // The data of a message is shown once.
    if (details.message && 'data' in details) delete details.message;
    return `${this.constructor.name} ${inspect({ type: this.type, ...details }, options)}`;
  }

  get target() {
    return this.#target;
  }

  get currentTarget() {
    return this.#target;
  }

  stopImmediatePropagation() {
    this.stopped = true;
  }
}

export class Listeners {
  #owner;
  #code;
  /**
   * In the order in which they were added. A connection has few, so that one short list takes the
   * least memory; a change makes a new one, since the old one may be just what is gone through.
   * @type {readonly Entry[]}
   */
  #entries = [];
  /** Once there is one. @type {Map<string, { listener: Listener, call: Listener }> | undefined} */
  #handlers;

  /**
   * @param {object} owner what events name as their target
   * @param {{ run(listener: () => unknown, type: string): void }} code runs a listener and sees to
   *   what it throws
   */
  constructor(owner, code) {
    this.#owner = owner;
    this.#code = code;
  }

  /** @param {string} type */
  has(type) {
    for (const entry of this.#entries) {
      if (entry.type === type && !entry.signal?.aborted) return true;
    }
    return false;
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  add(type, listener, options) {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === 'object' ? (options ?? {}) : {};
    if (signal?.aborted) return;
    const old = this.#entries.find(
      (entry) => entry.type === type && entry.listener === listener,
    );
    if (old && !old.signal?.aborted) return;
    // Looked at when an event comes: a signal that lives long keeps nothing alive.
    const others = old ? without(this.#entries, old) : this.#entries;
    // Not by spreading, which leaves room for 16 more.
    this.#entries = others.concat({ type, listener, once, signal });
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   */
  remove(type, listener) {
    this.#entries = this.#entries.filter(
      (entry) => entry.type !== type || entry.listener !== listener,
    );
  }

  /** @param {string} type */
  handler(type) {
    return this.#handlers?.get(type)?.listener ?? null;
  }

  /**
   * An on* attribute: one listener that can be replaced.
   * @param {string} type
   * @param {unknown} listener
   */
  setHandler(type, listener) {
    this.#handlers ??= new Map();
    const old = this.#handlers.get(type);
    if (old) this.remove(type, old.call);
    this.#handlers.delete(type);
    if (typeof listener !== 'function') return;
    const own = /** @type {Listener} */ (listener);
    // A listener of its own, so that the same function can be added besides.
    const call = (/** @type {any} */ event) => own.call(this.#owner, event);
    this.#handlers.set(type, { listener: own, call });
    this.add(type, call);
  }

  /**
   * @param {unknown} error
   * @returns {boolean} whether somebody listens for errors
   */
  tell(error) {
    if (!this.has('error')) return false;
    this.dispatch('error', { error });
    return true;
  }

  /**
   * @param {string} type
   * @param {object} details
   */
  dispatch(type, details) {
    const entries = this.#entries;
    /** @type {ConnectionEvent | undefined} */
    let event;
    // As on the platform: those that are there now, and are still there when their turn comes.
    for (const entry of entries) {
      if (entry.type !== type) continue;
      if (this.#entries !== entries && !this.#entries.includes(entry)) continue;
      const { listener, once, signal } = entry;
      if (once || signal?.aborted) this.#entries = without(this.#entries, entry);
      if (signal?.aborted) continue;
      event ??= new ConnectionEvent(type, this.#owner, details);
      this.#code.run(callOf(listener, this.#owner, event), type);
      if (event.stopped) break;
    }
  }
}

/**
 * @param {readonly Entry[]} entries
 * @param {Entry} one
 */
const without = (entries, one) => entries.filter((entry) => entry !== one);

/**
 * @param {ListenerOrObject} listener
 * @param {object} owner
 * @param {ConnectionEvent} event
 * @returns {() => unknown}
 */
const callOf = (listener, owner, event) =>
  typeof listener === 'function'
    ? () => listener.call(owner, event)
    : () => listener.handleEvent(event);

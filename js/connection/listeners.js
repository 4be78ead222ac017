// addEventListener and on* for people who come from browsers.
import { INSPECT } from '../base/inspect.js';

/**
 * @typedef {(event: any) => unknown} Listener
 * @typedef {Listener | { handleEvent: Listener }} ListenerOrObject
 * @typedef {{ once: boolean, signal: AbortSignal | undefined }} Entry
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
  #guard;
  /** @type {Map<string, Map<ListenerOrObject, Entry>>} */
  #entries = new Map();
  /** Once there is one. @type {Map<string, { listener: Listener, call: Listener }> | undefined} */
  #handlers;

  /**
   * @param {object} owner what events name as their target
   * @param {(listener: () => unknown, type: string) => void} guard runs a listener and sees to
   *   what it throws
   */
  constructor(owner, guard) {
    this.#owner = owner;
    this.#guard = guard;
  }

  /** @param {string} type */
  has(type) {
    for (const { signal } of this.#entries.get(type)?.values() ?? []) {
      if (!signal?.aborted) return true;
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
    const entries = this.#entries.get(type) ?? new Map();
    this.#entries.set(type, entries);
    const old = entries.get(listener);
    if (old && !old.signal?.aborted) return;
    // Looked at when an event comes: a signal that lives long keeps nothing alive.
    entries.delete(listener);
    entries.set(listener, { once, signal });
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   */
  remove(type, listener) {
    if (listener) this.#entries.get(type)?.delete(listener);
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
    const entries = this.#entries.get(type);
    if (!entries?.size) return;
    const event = new ConnectionEvent(type, this.#owner, details);
    // As on the platform: those that are there now, and are still there when their turn comes.
    for (const [listener, entry] of [...entries]) {
      if (entries.get(listener) !== entry) continue;
      if (entry.once || entry.signal?.aborted) entries.delete(listener);
      if (entry.signal?.aborted) continue;
      const run = () =>
        typeof listener === 'function'
          ? listener.call(this.#owner, event)
          : listener.handleEvent(event);
      this.#guard(run, type);
      if (event.stopped) break;
    }
  }
}

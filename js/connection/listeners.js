// addEventListener and on* for people who come from browsers, on the platform's EventTarget.

/**
 * @typedef {(event: any) => unknown} Listener
 * @typedef {Listener | { handleEvent: Listener }} ListenerOrObject
 * @typedef {{ call: Listener, signal: AbortSignal | undefined }} Entry
 */

export class Listeners {
  #owner;
  #guard;
  #target = new EventTarget();
  /** @type {Map<string, Map<ListenerOrObject, Entry>>} */
  #entries = new Map();
  /** @type {Map<string, { listener: Listener, call: Listener }>} */
  #handlers = new Map();

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
    if (old?.signal?.aborted) this.remove(type, listener);
    else if (old) return;
    const call = (/** @type {any} */ event) => {
      if (once) this.remove(type, listener);
      const run = () =>
        typeof listener === 'function'
          ? listener.call(this.#owner, event)
          : listener.handleEvent(event);
      this.#guard(run, type);
    };
    entries.set(listener, { call, signal });
    // The platform's own way with signals: they do not keep the listener alive.
    this.#target.addEventListener(type, call, signal && { signal });
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   */
  remove(type, listener) {
    if (listener === null || listener === undefined) return;
    const entries = this.#entries.get(type);
    const entry = entries?.get(listener);
    if (!entries || !entry) return;
    entries.delete(listener);
    this.#target.removeEventListener(type, entry.call);
  }

  /** @param {string} type */
  handler(type) {
    return this.#handlers.get(type)?.listener ?? null;
  }

  /**
   * An on* attribute: one listener that can be replaced.
   * @param {string} type
   * @param {unknown} listener
   */
  setHandler(type, listener) {
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
   * @param {string} type
   * @param {object} details
   */
  dispatch(type, details) {
    if (!this.has(type)) return;
    const event = new Event(type);
    const target = { value: this.#owner };
    /** @type {PropertyDescriptorMap} */
    const properties = { target, currentTarget: target };
    for (const [name, value] of Object.entries(details)) {
      properties[name] = { value, enumerable: true };
    }
    this.#target.dispatchEvent(Object.defineProperties(event, properties));
  }
}

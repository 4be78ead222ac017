// addEventListener and on* for people who come from browsers, on the platform's EventTarget.

/**
 * @typedef {(event: any) => unknown} Listener
 * @typedef {Listener | { handleEvent: Listener }} ListenerOrObject
 */

export class Listeners {
  #owner;
  #guard;
  #target = new EventTarget();
  /** @type {Map<string, Map<ListenerOrObject, Listener>>} */
  #wrapped = new Map();
  /** @type {Map<string, Listener>} */
  #handlers = new Map();

  /**
   * @param {object} owner what events name as their target
   * @param {(listener: () => unknown) => void} guard runs a listener and sees to what it throws
   */
  constructor(owner, guard) {
    this.#owner = owner;
    this.#guard = guard;
  }

  /** @param {string} type */
  has(type) {
    return (this.#wrapped.get(type)?.size ?? 0) > 0;
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  add(type, listener, options) {
    if (listener === null || listener === undefined) return;
    let ofType = this.#wrapped.get(type);
    if (!ofType) this.#wrapped.set(type, (ofType = new Map()));
    if (ofType.has(listener)) return;
    const { once = false, signal } = typeof options === 'object' ? options : {};
    if (signal?.aborted) return;
    const call = (/** @type {any} */ event) => {
      if (once) this.remove(type, listener);
      this.#guard(() =>
        typeof listener === 'function'
          ? listener.call(this.#owner, event)
          : listener.handleEvent(event),
      );
    };
    ofType.set(listener, call);
    this.#target.addEventListener(type, call);
    signal?.addEventListener('abort', () => this.remove(type, listener), { once: true });
  }

  /**
   * @param {string} type
   * @param {ListenerOrObject | null} listener
   */
  remove(type, listener) {
    if (listener === null || listener === undefined) return;
    const ofType = this.#wrapped.get(type);
    const call = ofType?.get(listener);
    if (!ofType || !call) return;
    ofType.delete(listener);
    this.#target.removeEventListener(type, call);
  }

  /** @param {string} type */
  handler(type) {
    return this.#handlers.get(type) ?? null;
  }

  /**
   * An on* attribute: one listener that can be replaced.
   * @param {string} type
   * @param {unknown} listener
   */
  setHandler(type, listener) {
    const old = this.#handlers.get(type);
    if (old) this.remove(type, old);
    this.#handlers.delete(type);
    if (typeof listener !== 'function') return;
    // A listener of its own, so that the same function can be added besides.
    const own = /** @type {Listener} */ (listener);
    const call = (/** @type {any} */ event) => own.call(this.#owner, event);
    this.#handlers.set(type, call);
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
    for (const [name, value] of Object.entries(details)) properties[name] = { value, enumerable: true };
    this.#target.dispatchEvent(Object.defineProperties(event, properties));
  }
}

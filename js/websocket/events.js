// The events of WHATWG's WebSocket: the platform's where it has them.

/** Node has it from 23 on. */
export const CloseEvent =
  globalThis.CloseEvent ??
  class CloseEvent extends Event {
    #wasClean;
    #code;
    #reason;

    /**
     * @param {string} type
     * @param {CloseEventInit} [init]
     */
    constructor(type, init = {}) {
      super(type, init);
      this.#wasClean = Boolean(init.wasClean);
      this.#code = Number(init.code ?? 0);
      this.#reason = String(init.reason ?? '');
    }

    get wasClean() {
      return this.#wasClean;
    }

    get code() {
      return this.#code;
    }

    get reason() {
      return this.#reason;
    }
  };

/** An error event that says what went wrong; in browsers it says nothing. */
export class FailureEvent extends Event {
  /** @param {unknown} error */
  constructor(error) {
    super('error');
    this.error = error;
    this.message = error instanceof Error ? error.message : String(error);
  }
}

/**
 * on* attributes: one listener each, whose turn is where it was first set (HTML, "event handlers").
 * Each object has some of its own.
 */
export class Handlers {
  #target;
  /** @type {Map<string, { value: unknown, call: (event: Event) => void }>} */
  #handlers = new Map();

  /** @param {EventTarget} target */
  constructor(target) {
    this.#target = target;
  }

  /** @param {string} type */
  get(type) {
    return this.#handlers.get(type)?.value ?? null;
  }

  /**
   * @param {string} type
   * @param {unknown} value what is neither a function nor an object is null
   */
  set(type, value) {
    const known = this.#handlers.get(type);
    const isHandler =
      typeof value === 'function' || (typeof value === 'object' && value !== null);
    if (!isHandler) {
      if (known) this.#target.removeEventListener(type, known.call);
      this.#handlers.delete(type);
    } else if (known) {
      known.value = value;
    } else {
      const handler = {
        value,
        call: (/** @type {Event} */ event) => {
          if (typeof handler.value === 'function') handler.value.call(this.#target, event);
        },
      };
      this.#handlers.set(type, handler);
      this.#target.addEventListener(type, handler.call);
    }
  }
}

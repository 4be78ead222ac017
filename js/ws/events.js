// addEventListener and on*, as ws has them beside the events of Node: their listeners are listeners
// of those, which are given objects.

/** What a wrapper stands for, and whether it was set by on*. */
export const LISTENER = Symbol('listener');
const ATTRIBUTE = Symbol('attribute');

/** Who dispatches an event. */
const TARGET = Symbol('target');

export class Event {
  #type;

  /** @param {string} type */
  constructor(type) {
    this.#type = type;
    /** @type {object | null} */
    this[TARGET] = null;
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this[TARGET];
  }
}

export class MessageEvent extends Event {
  #data;

  /** @param {string} type @param {{ data?: any }} [options] */
  constructor(type, { data = null } = {}) {
    super(type);
    this.#data = data;
  }

  get data() {
    return this.#data;
  }
}

export class CloseEvent extends Event {
  #given;

  /** @param {string} type @param {{ code?: number, reason?: string, wasClean?: boolean }} [options] */
  constructor(type, { code = 0, reason = '', wasClean = false } = {}) {
    super(type);
    this.#given = { code, reason, wasClean };
  }

  get code() {
    return this.#given.code;
  }

  get reason() {
    return this.#given.reason;
  }

  get wasClean() {
    return this.#given.wasClean;
  }
}

export class ErrorEvent extends Event {
  #given;

  /** @param {string} type @param {{ error?: any, message?: string }} [options] */
  constructor(type, { error = null, message = '' } = {}) {
    super(type);
    this.#given = { error, message };
  }

  get error() {
    return this.#given.error;
  }

  get message() {
    return this.#given.message;
  }
}

// As on the platform, what an event says is seen by those who list it.
for (const [type, names] of /** @type {[Function, string[]][]} */ ([
  [Event, ['type', 'target']],
  [MessageEvent, ['data']],
  [CloseEvent, ['code', 'reason', 'wasClean']],
  [ErrorEvent, ['error', 'message']],
])) {
  for (const name of names) Object.defineProperty(type.prototype, name, { enumerable: true });
}

/**
 * Each makes its object of what Node's listeners get.
 * @type {Record<string, (ws: any, ...given: any[]) => Event>}
 */
const EVENTS = {
  open: () => new Event('open'),
  message: (_ws, data, isBinary) =>
    new MessageEvent('message', { data: isBinary ? data : data.toString() }),
  close: (ws, code, reason) =>
    new CloseEvent('close', { code, reason: reason.toString(), wasClean: wasClean(ws) }),
  error: (_ws, error) => new ErrorEvent('error', { error, message: error.message }),
};

/** Whether a connection had its closing handshake; its class says how to see that. */
let wasClean = (/** @type {any} */ _ws) => false;

/**
 * @param {any} emitter
 * @param {string} type
 * @param {any} listener
 * @param {boolean} attribute
 */
const found = (emitter, type, listener, attribute) =>
  emitter
    .listeners(type)
    .find(
      (/** @type {any} */ one) =>
        one[ATTRIBUTE] === attribute && (attribute || one[LISTENER] === listener),
    );

/**
 * @param {any} emitter
 * @param {string} type
 * @param {any} listener
 * @param {boolean} attribute
 * @param {boolean} once
 */
function add(emitter, type, listener, attribute, once) {
  const make = EVENTS[type];
  if (!Object.hasOwn(EVENTS, type) || found(emitter, type, listener, attribute)) return;
  const wrapper = Object.assign(
    (/** @type {any[]} */ ...given) => {
      const event = make(emitter, ...given);
      event[TARGET] = emitter;
      if (typeof listener === 'object' && listener.handleEvent) listener.handleEvent(event);
      else listener.call(emitter, event);
    },
    { [LISTENER]: listener, [ATTRIBUTE]: attribute },
  );
  emitter[once ? 'once' : 'on'](type, wrapper);
}

/**
 * Gives a class of Node's emitters what browsers have.
 * @param {any} type
 * @param {(ws: any) => boolean} clean
 */
export function addEventTarget(type, clean) {
  wasClean = clean;
  const { prototype } = type;
  /** @param {string} name @param {any} listener @param {{ once?: boolean }} [options] */
  prototype.addEventListener = function addEventListener(name, listener, options) {
    add(this, name, listener, false, options?.once === true);
  };
  /** @param {string} name @param {any} listener */
  prototype.removeEventListener = function removeEventListener(name, listener) {
    const wrapper = found(this, name, listener, false);
    if (wrapper) this.removeListener(name, wrapper);
  };
  for (const name of Object.keys(EVENTS)) {
    Object.defineProperty(prototype, `on${name}`, {
      configurable: true,
      enumerable: true,
      get() {
        return found(this, name, null, true)?.[LISTENER] ?? null;
      },
      set(listener) {
        const old = found(this, name, null, true);
        if (old) this.removeListener(name, old);
        if (typeof listener === 'function') add(this, name, listener, true, false);
      },
    });
  }
}

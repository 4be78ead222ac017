// What waits to be written. All frames of one turn of the event loop leave in one write.

/**
 * Runs `f` when this turn of the event loop is over, or nearly: Node has setImmediate for
 * that; elsewhere a microtask is the closest thing that costs nothing.
 * @type {(f: () => void) => void}
 */
const afterTurn =
  typeof setImmediate === 'function' ? (f) => void setImmediate(f) : (f) => queueMicrotask(f);

/** Outboxes with frames in them: one callback a turn serves all of them. */
/** @type {Outbox[]} */
let waiting = [];

function flushAll() {
  const outboxes = waiting;
  waiting = [];
  for (const outbox of outboxes) outbox.flush();
}

/**
 * A promise that may be ignored: nothing is reported when nobody waits for it.
 * @template T
 */
export class Settled {
  /** @type {(value?: any) => void} */
  resolve = () => {};
  /** @type {(error: unknown) => void} */
  reject = () => {};
  /** @type {Promise<T>} */
  promise = new Promise((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}

export class Outbox {
  #transport;
  /** @type {Uint8Array[]} */
  #frames = [];
  #framesLength = 0;
  /** What the senders of the frames wait for. @type {Settled<void> | undefined} */
  #batch;
  /** Bytes that were written and not yet taken. */
  #written = 0;
  /** @type {(() => void)[]} */
  #drained = [];
  #broken = false;

  /** @param {import('./transports.js').Transport} transport */
  constructor(transport) {
    this.#transport = transport;
  }

  /** Bytes that were sent and that the transport has not taken yet. */
  get length() {
    return this.#framesLength + this.#written;
  }

  /** Bytes that were written in earlier turns and that the transport has not taken yet. */
  get stuck() {
    return this.#written;
  }

  /**
   * Queues a frame. The promise is kept when the transport took it.
   * @param {Uint8Array} frame
   * @returns {Promise<void>}
   */
  push(frame) {
    if (this.#frames.length === 0) {
      this.#batch = new Settled();
      if (waiting.push(this) === 1) afterTurn(flushAll);
    }
    this.#frames.push(frame);
    this.#framesLength += frame.length;
    return /** @type {Settled<void>} */ (this.#batch).promise;
  }

  flush() {
    const frames = this.#frames;
    const batch = this.#batch;
    if (frames.length === 0 || !batch) return;
    const length = this.#framesLength;
    this.#frames = [];
    this.#framesLength = 0;
    this.#batch = undefined;
    if (this.#broken) {
      batch.reject(new Error('the connection is gone'));
      return;
    }
    this.#written += length;
    this.#transport.write(frames, (error) => {
      this.#written -= length;
      if (error) batch.reject(error);
      else batch.resolve();
      if (this.#written === 0) for (const f of this.#drained.splice(0)) f();
    });
  }

  /**
   * Calls `f` when all that was written has been taken, or will never be.
   * @param {() => void} f
   */
  whenDrained(f) {
    if (this.#broken || this.length === 0) f();
    else this.#drained.push(f);
  }

  /** The transport is gone. */
  break() {
    this.#broken = true;
    this.flush();
    for (const f of this.#drained.splice(0)) f();
  }
}

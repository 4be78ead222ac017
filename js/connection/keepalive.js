// Pings at an interval, a limit for their answers, and a limit for silence.

/**
 * @typedef {object} KeepaliveOptions
 * @property {number} [pingInterval]
 * @property {number} [pingTimeout]
 * @property {number} [idleTimeout]
 *
 * @typedef {object} KeepaliveActions
 * @property {(payload: Uint8Array) => void} ping sends a ping
 * @property {() => boolean} reading whether the socket is being read: answers can't be seen
 *   while it is not
 * @property {() => void} dead no answer came in time
 * @property {() => void} idle nothing came for too long
 */

export class Keepalive {
  #options;
  #actions;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pingTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idleTimer;
  #count = 0;
  #sentAt = 0;
  #seenAt = performance.now();
  /** Something came, or could not be seen, since the answer timer was set. */
  #alive = false;

  /** Milliseconds from the last ping of ours to its pong; undefined before the first. */
  /** @type {number | undefined} */
  roundTripTime;

  /**
   * @param {KeepaliveOptions} options in milliseconds
   * @param {KeepaliveActions} actions
   */
  constructor(options, actions) {
    this.#options = options;
    this.#actions = actions;
    this.#schedulePing();
    const { idleTimeout } = options;
    if (idleTimeout) this.#scheduleIdle(idleTimeout);
  }

  #schedulePing() {
    const { pingInterval } = this.#options;
    if (pingInterval) this.#pingTimer = setTimeout(() => this.#ping(), pingInterval);
  }

  #ping() {
    this.#count = (this.#count + 1) >>> 0;
    this.#sentAt = performance.now();
    this.#awaitAnswer();
    this.#actions.ping(this.#payload());
  }

  /** The number of the last ping: four bytes that its pong brings back. */
  #payload() {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#count);
    return payload;
  }

  #awaitAnswer() {
    const { pingInterval, pingTimeout = pingInterval } = this.#options;
    this.#alive = false;
    this.#answerTimer = setTimeout(() => this.#unanswered(), pingTimeout);
  }

  #unanswered() {
    // A peer in the middle of a long frame cannot answer, and is well.
    if (this.#alive || !this.#actions.reading()) this.#awaitAnswer();
    else this.#actions.dead();
  }

  /** @param {Uint8Array} payload of a pong that came */
  pong(payload) {
    if (this.#answerTimer === undefined || payload.length !== 4) return;
    if (!this.#payload().every((byte, i) => payload[i] === byte)) return;
    this.roundTripTime = performance.now() - this.#sentAt;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    this.#schedulePing();
  }

  /** Some bytes came, or the socket is read again: what it holds is yet to be seen. */
  seen() {
    this.#alive = true;
    if (this.#idleTimer !== undefined) this.#seenAt = performance.now();
  }

  /** @param {number} delay */
  #scheduleIdle(delay) {
    this.#idleTimer = setTimeout(() => this.#checkIdle(), delay);
  }

  #checkIdle() {
    const { idleTimeout = 0 } = this.#options;
    // One timer for any number of messages: it looks how long ago the last one was.
    const left = this.#seenAt + idleTimeout - performance.now();
    if (left > 0) this.#scheduleIdle(left);
    else if (!this.#actions.reading()) this.#scheduleIdle(idleTimeout);
    else this.#actions.idle();
  }

  stop() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#idleTimer);
  }
}

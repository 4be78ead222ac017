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
  #seenAt = 0;

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
    this.#scheduleIdle(options.idleTimeout);
  }

  #schedulePing() {
    const { pingInterval } = this.#options;
    if (pingInterval) this.#pingTimer = setTimeout(() => this.#ping(), pingInterval);
  }

  #ping() {
    const { pingInterval, pingTimeout = pingInterval } = this.#options;
    this.#count = (this.#count + 1) >>> 0;
    this.#sentAt = performance.now();
    this.#actions.ping(this.#payload());
    this.#answerTimer = setTimeout(() => this.#unanswered(), pingTimeout);
  }

  /** The number of the last ping: four bytes that its pong brings back. */
  #payload() {
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#count);
    return payload;
  }

  #unanswered() {
    if (this.#actions.reading()) this.#actions.dead();
    else this.#answerTimer = setTimeout(() => this.#unanswered(), this.#options.pingInterval);
  }

  /** @param {Uint8Array} payload of a pong that came */
  pong(payload) {
    if (this.#answerTimer === undefined) return;
    if (!this.#payload().every((byte, i) => payload[i] === byte) || payload.length !== 4) return;
    this.roundTripTime = performance.now() - this.#sentAt;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    this.#schedulePing();
  }

  /** Some bytes came. */
  seen() {
    if (this.#idleTimer !== undefined) this.#seenAt = performance.now();
  }

  /** @param {number | undefined} delay */
  #scheduleIdle(delay) {
    if (!delay) return;
    this.#idleTimer = setTimeout(() => this.#checkIdle(), delay);
    if (this.#seenAt === 0) this.#seenAt = performance.now();
  }

  #checkIdle() {
    const { idleTimeout = 0 } = this.#options;
    const left = this.#seenAt + idleTimeout - performance.now();
    // One timer for any number of messages: it looks how long ago the last one was.
    if (left > 0 || !this.#actions.reading()) this.#scheduleIdle(Math.max(left, 1));
    else this.#actions.idle();
  }

  stop() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#idleTimer);
  }
}

// Pings at an interval, a limit for their answers, and a limit for silence.
//
// A ping's time begins when the transport has taken it: before that it stands behind what was sent
// earlier, and only the transport can be waited for. A message, a pong or another control frame
// after it is life. In the middle of a long frame, or behind a long one of ours, there is none of
// these; then bytes that move count, when they are not a trickle. Twice nothing ends the
// connection: the first time another ping is sent.

/** Fewer bytes a second than this, in both directions together, are no progress. */
const TRICKLE = 256;

/** A ping that was slow to leave is given at most this many times the usual time. */
const PATIENCE = 10;

/**
 * @typedef {object} KeepaliveOptions
 * @property {number} [pingInterval]
 * @property {number} [pingTimeout]
 * @property {number} [idleTimeout]
 *
 * @typedef {object} KeepaliveActions
 * @property {(payload: Uint8Array) => Promise<unknown>} ping sends a ping; the promise is kept
 *   when the transport took it
 * @property {() => number} moved how many bytes have come and gone so far
 * @property {() => boolean} visible whether it would be seen if something came
 * @property {() => void} peek has it seen, as far as that can be
 * @property {() => void} dead the peer is gone
 * @property {() => void} idle nothing came for too long
 */

export class Keepalive {
  #options;
  #actions;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pingTimer;
  /** Of the answer, or of the ping's leaving. @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idleTimer;
  /** Pings so far; each carries its number. */
  #count = 0;
  #sentAt = 0;
  /** The newest ping has left. */
  #left = false;
  /** How long it took to. */
  #leaving = 0;
  /** A whole frame came since the ping was sent. */
  #alive = false;
  /** How often there was nothing since then. */
  #misses = 0;
  /** When progress was measured last, and what had moved by then. */
  #measuredAt = 0;
  #moved = 0;
  #seenAt = performance.now();

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
    if (pingInterval) this.#pingTimer = timer(() => this.#begin(), pingInterval);
  }

  #begin() {
    this.#alive = false;
    this.#misses = 0;
    this.#ping();
  }

  #ping() {
    const count = (this.#count + 1) >>> 0;
    this.#count = count;
    this.#sentAt = performance.now();
    this.#left = false;
    this.#leaving = 0;
    if (!this.#actions.visible()) this.#actions.peek();
    this.#await();
    const left = () => {
      if (count !== this.#count || this.#answerTimer === undefined) return;
      this.#left = true;
      this.#leaving = performance.now() - this.#sentAt;
      this.#await();
    };
    // One that could not be sent is the end of the connection, which others tell of.
    this.#actions.ping(numbered(count)).then(left, () => {});
  }

  /** Gives the peer its time, from now on. */
  #await() {
    clearTimeout(this.#answerTimer);
    const { pingInterval, pingTimeout = pingInterval ?? 0 } = this.#options;
    this.#measuredAt = performance.now();
    this.#moved = this.#actions.moved();
    // What kept the ping from leaving lies before it on its further way, too: the answer may
    // take as long again.
    const longer = Math.min(this.#leaving, PATIENCE * pingTimeout);
    this.#leaving = 0;
    this.#answerTimer = timer(() => this.#check(), pingTimeout + longer);
  }

  #check() {
    this.#answerTimer = undefined;
    const { visible, peek, dead } = this.#actions;
    if (this.#alive) this.#schedulePing();
    else if (this.#progressed()) {
      this.#misses = 0;
      this.#await();
    } else if (!visible()) {
      peek();
      this.#await();
    } else if (this.#misses++ > 0) dead();
    else if (this.#left) this.#ping();
    else this.#await();
  }

  #progressed() {
    const seconds = (performance.now() - this.#measuredAt) / 1000;
    const moved = this.#actions.moved() - this.#moved;
    return moved > 0 && moved >= TRICKLE * seconds;
  }

  /** @param {Uint8Array} payload of a pong that came */
  pong(payload) {
    if (this.#answerTimer === undefined) return;
    const own = numbered(this.#count);
    if (payload.length === own.length && own.every((byte, i) => payload[i] === byte)) {
      this.roundTripTime = performance.now() - this.#sentAt;
    }
    // Whichever ping it answers (RFC 6455 section 5.5.3: an older one need not be).
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    this.#schedulePing();
  }

  /**
   * Bytes came.
   * @param {boolean} framed a whole message or control frame was among them
   */
  seen(framed) {
    if (framed) this.#alive = true;
    if (this.#idleTimer !== undefined) this.#seenAt = performance.now();
  }

  /** The socket is read again after it was not: what it holds is yet to be seen. */
  resumed() {
    this.seen(false);
    if (this.#answerTimer !== undefined) this.#await();
  }

  /** @param {number} delay */
  #scheduleIdle(delay) {
    this.#idleTimer = timer(() => this.#checkIdle(), delay);
  }

  #checkIdle() {
    const { idleTimeout = 0 } = this.#options;
    const { visible, peek, idle } = this.#actions;
    // One timer for any number of messages: it looks how long ago the last one was.
    const left = this.#seenAt + idleTimeout - performance.now();
    if (left > 0) this.#scheduleIdle(left);
    else if (!visible()) {
      peek();
      this.#scheduleIdle(idleTimeout);
    } else idle();
  }

  stop() {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#idleTimer);
    this.#answerTimer = undefined;
  }
}

/**
 * What a ping carries and its pong brings back.
 * @param {number} count
 */
function numbered(count) {
  return Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count);
}

/**
 * A timer that keeps no process alive: the socket does, as long as it is there.
 * @param {() => void} f
 * @param {number} delay
 */
function timer(f, delay) {
  const one = setTimeout(f, delay);
  one.unref?.();
  return one;
}

// Whether the transport is read. While it is not, a dead peer looks like one that has nothing to
// say; so a piece is read now and then, and held.

/** No more is read while reading is stopped than this, in bytes or characters that wait. */
const PEEK_LIMIT = 256 * 1024;

export class Reading {
  #transport;
  #interval;
  #delivery;
  #started = false;
  #stopped = false;
  #peeking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import('./transports.js').Transport} transport
   * @param {number} interval of the looks while it is stopped, in milliseconds
   * @param {{ readonly size: number }} delivery how much waits to be taken
   */
  constructor(transport, interval, delivery) {
    this.#transport = transport;
    this.#interval = interval;
    this.#delivery = delivery;
  }

  /** Whether it would be seen if something came. */
  get visible() {
    return !this.#stopped || this.#peeking;
  }

  /** The transport has been started: it is read unless that was stopped before. */
  start() {
    this.#started = true;
    if (this.#stopped) this.#transport.pause();
  }

  /**
   * @param {boolean} stopped
   * @returns {boolean} whether that has changed anything
   */
  stop(stopped) {
    if (stopped === this.#stopped) return false;
    this.#stopped = stopped;
    this.#peeking = false;
    clearTimeout(this.#timer);
    if (this.#started) {
      if (stopped) this.#transport.pause();
      else this.#transport.resume();
    }
    if (stopped) this.#lookLater();
    return true;
  }

  #lookLater() {
    this.#timer = setTimeout(() => {
      this.peek();
      this.#lookLater();
    }, this.#interval);
    this.#timer.unref?.();
  }

  /** One piece is read, when it comes. */
  peek() {
    if (this.visible || !this.#started || this.#delivery.size > PEEK_LIMIT) return;
    this.#peeking = true;
    this.#transport.resume();
  }

  /** A piece came. */
  came() {
    if (!this.#peeking) return;
    this.#peeking = false;
    if (this.#stopped) this.#transport.pause();
  }

  end() {
    clearTimeout(this.#timer);
  }
}

// Whether the transport is read. While it is not, a dead peer looks like one that has nothing to
// say; so a piece is read now and then, and held.

/** No more is read while reading is stopped than this, in bytes or characters that wait. */
const PEEK_LIMIT = 256 * 1024;

/** How often is looked at a transport that reads on while it is paused, in milliseconds. */
const WATCH = 50;

export class Reading {
  #transport;
  #interval;
  #delivery;
  #started = false;
  #stopped = false;
  #peeking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  /**
   * @param {import('./transports.js').Transport} transport
   * @param {number} interval of the looks while it is stopped, in milliseconds
   * @param {{ readonly size: number, overread(unread: number): void }} delivery how much waits to
   *   be taken; and what is told of bytes that the transport has read in spite of being stopped
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
    this.end();
    if (this.#started) {
      if (stopped) this.#transport.pause();
      else this.#transport.resume();
    }
    if (stopped) {
      this.#lookLater();
      this.#watchOver();
    }
    return true;
  }

  #watchOver() {
    const transport = this.#transport;
    if (transport.unread === undefined) return;
    const look = () => this.#delivery.overread(/** @type {number} */ (transport.unread));
    this.#watch = setInterval(look, WATCH);
    /** @type {any} */ (this.#watch).unref?.();
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
    clearInterval(this.#watch);
  }
}

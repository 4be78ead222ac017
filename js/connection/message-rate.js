// How many messages a peer may send in a time: a bucket of tokens, of which each message takes
// one, and which fills again as time goes on. Whoever was silent for a while may send a bucketful
// at once.

const SECOND = 1000;

export class MessageRate {
  /** What becomes of a peer that sends more: it is closed, else it has to wait. */
  closes;
  #most;
  /** Milliseconds in which a token comes. */
  #interval;
  #tokens;
  #filledAt = performance.now();

  /** @param {import('../index.js').MessageRate} rate */
  constructor(rate) {
    const {
      messages,
      per = SECOND,
      over = 'hold',
    } = typeof rate === 'number' ? { messages: rate } : rate;
    this.closes = over === 'close';
    this.#most = messages;
    this.#tokens = messages;
    this.#interval = per / messages;
  }

  /**
   * A message takes its token if there is one.
   * @returns {boolean} whether there was
   */
  take() {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /**
   * A message takes its token, or the next one: timers are a little early now and then.
   * @returns {number} milliseconds until another may come
   */
  spend() {
    this.#fill();
    this.#tokens--;
    return this.#tokens < 1 ? Math.ceil((1 - this.#tokens) * this.#interval) : 0;
  }

  #fill() {
    const now = performance.now();
    const more = (now - this.#filledAt) / this.#interval;
    this.#tokens = Math.min(this.#most, this.#tokens + more);
    this.#filledAt = now;
  }
}

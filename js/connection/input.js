// What came of a compressed connection and was not decoded yet. 64 KiB may inflate to 64 MiB, in
// any number of messages: decoding goes on for as long as there is room for what comes of it.

/**
 * @typedef {object} Decoding
 * @property {() => boolean} hasRoom whether more may be decoded
 * @property {(events: any[]) => void} decoded is given what came of it
 * @property {(error: unknown) => void} stopped told when the engine is gone
 */

export class Input {
  #endpoint;
  #decoding;
  /** @type {Uint8Array[]} */
  #chunks = [];
  /** Where in the first of them to go on. */
  #at = 0;
  #busy = false;
  /** @type {(() => void) | undefined} */
  #whenEmpty;

  /** Bytes that wait. */
  length = 0;

  /**
   * @param {import('../core/endpoint.js').Endpoint} endpoint
   * @param {Decoding} decoding
   */
  constructor(endpoint, decoding) {
    this.#endpoint = endpoint;
    this.#decoding = decoding;
  }

  /**
   * Takes bytes, and decodes what there is room for. What has to wait is copied unless it is the
   * connection's own: its owner may use the memory again.
   * @param {Uint8Array} chunk
   */
  take(chunk) {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.length;
    this.decode();
    if (this.length === 0 || this.#endpoint.owned) return;
    this.#chunks[this.#chunks.length - 1] = new Uint8Array(chunk);
  }

  /** There may be room again. */
  decode() {
    // What is decoded may make room, or be told of to what comes back here.
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.length > 0 && this.#decoding.hasRoom()) this.#decoding.decoded(this.#next());
    } catch (error) {
      this.clear();
      this.#decoding.stopped(error);
    } finally {
      this.#busy = false;
    }
    this.#look();
  }

  /** The events of about a region's worth. */
  #next() {
    const [chunk] = this.#chunks;
    /** @type {any[]} */
    const events = [];
    const at = this.#endpoint.receiveSome(chunk, this.#at, events);
    this.length -= at - this.#at;
    this.#at = at;
    if (at === chunk.length) {
      this.#chunks.shift();
      this.#at = 0;
    }
    return events;
  }

  /**
   * Calls `f` when nothing waits any more.
   * @param {() => void} f
   */
  whenEmpty(f) {
    this.#whenEmpty = f;
    this.#look();
  }

  #look() {
    if (this.length > 0 || this.#busy) return;
    const f = this.#whenEmpty;
    this.#whenEmpty = undefined;
    f?.();
  }

  /** Nobody is interested any more. */
  clear() {
    this.#chunks = [];
    this.#at = 0;
    this.length = 0;
  }
}

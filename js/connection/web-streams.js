// A pair of Web Streams as a transport.
import { joined } from '../base/bytes.js';
import { JOIN } from './node-streams.js';

/**
 * @typedef {import('./transports.js').Listener} Listener
 * @typedef {import('./transports.js').Transport} Transport
 * @typedef {import('./transports.js').Writer} Writer
 */

/** How long a peer that no longer takes our bytes may go on sending, in milliseconds. */
const GRACE = 1000;

/** Bytes that a Web Stream gets at a time: few enough to see how they leave. */
const STRIDE = 1024 * 1024;

/** @param {Uint8Array} piece */
function cutCopies(piece) {
  const copies = [];
  for (let at = 0; at < piece.length; at += STRIDE) {
    copies.push(new Uint8Array(piece.subarray(at, at + STRIDE)));
  }
  return copies;
}

/** @implements {Transport} */
export class PairTransport {
  borrows = false;
  system = false;
  direct = Infinity;
  #reader;
  #writer;
  taken = 0;
  #paused = false;
  /** @type {(() => void) | undefined} */
  #wake;
  #readDone = false;
  #writeDone = false;
  /** @type {Listener | undefined} */
  #listener;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #graceTimer;

  /** @param {{ readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array> }} pair */
  constructor({ readable, writable }) {
    // A locked stream throws, and then the other one is not left locked.
    this.#writer = writable.getWriter();
    try {
      this.#reader = readable.getReader();
    } catch (error) {
      this.#writer.releaseLock();
      throw error;
    }
    this.#writer.closed.catch(() => {});
    this.#reader.closed.catch(() => {});
  }

  /** @param {Listener} listener */
  start(listener) {
    this.#listener = listener;
    this.#writer.closed.then(
      () => this.#wrote(),
      (error) => {
        // The peer may have said why, for example in a close frame, before it stopped
        // listening: what it sent is read first, for a while.
        this.#wrote(error);
        if (this.#listener) this.#graceTimer = setTimeout(() => this.#lose(error), GRACE);
      },
    );
    void this.#read();
  }

  async #read() {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        // What a read in progress gives is held back too.
        while (this.#paused) {
          await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
            this.#wake = resolve;
          });
        }
        if (done) break;
        this.#listener?.bytes(value);
      }
    } catch (error) {
      this.#lose(error);
      return;
    }
    this.#readDone = true;
    this.#listener?.end();
    if (this.#writeDone) this.#lose();
  }

  /** @param {unknown} [error] */
  #wrote(error) {
    this.#writeDone = true;
    if (this.#readDone) this.#lose(error);
  }

  /** @param {unknown} [error] */
  #lose(error) {
    clearTimeout(this.#graceTimer);
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.lost(error);
  }

  /**
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @param {Writer} writer
   */
  write(pieces, length, writer) {
    // The stream may give away the memory that it is handed, and these bytes may have others
    // that use it: Node's pool, the other receivers of a prepared frame.
    const own = (/** @type {number} */ length) => new Uint8Array(length);
    const owned = length <= JOIN ? [joined(pieces, own)] : pieces.flatMap(cutCopies);
    /** @type {Promise<void> | undefined} */
    let last;
    for (const piece of owned) {
      const { length } = piece;
      last = this.#writer.write(piece);
      last.then(
        () => {
          this.taken += length;
        },
        () => {},
      );
    }
    // A stream may fail with undefined, which would look like success.
    last?.then(
      () => writer.written(),
      (error) => writer.written(error ?? new Error('the stream failed')),
    );
    return false;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
    this.#wake = undefined;
  }

  // A Web Stream can say nothing about that; a Deno.Conn of the user's has ref() of its own.
  ref() {}
  unref() {}

  end() {
    this.#writer.close().catch(() => {});
  }

  destroy() {
    this.resume();
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
    queueMicrotask(() => this.#lose());
  }
}

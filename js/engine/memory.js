// Memory for what is copied out of the engine. New memory costs more than writing to it does, so
// pieces that live short lie side by side in it.
import { allocate, allocateMemory, hasBuffers, OwnBytes } from '../base/bytes.js';

/** As much as Node's own pool keeps alive for a few bytes. */
const POOL = 8192;

/** Short pieces, copied word by word: a call of the platform's takes longer. */
export class Pool {
  #memory = new ArrayBuffer(0);
  #words = new Int32Array(this.#memory);
  #used = 0;

  /**
   * Copies bytes of some memory. Whole words, so up to three bytes more at either end.
   * @param {Int32Array} from that memory in words
   * @param {number} start
   * @param {number} length
   */
  copy(from, start, length) {
    const first = start >> 2;
    const count = ((start + length + 3) >> 2) - first;
    // Who got a piece may have transferred all of the memory, which has no words then.
    if (this.#used + count > this.#words.length) {
      this.#memory = allocateMemory(POOL);
      this.#words = new Int32Array(this.#memory);
      this.#used = 0;
    }
    const into = this.#words;
    const to = this.#used;
    for (let i = 0; i < count; i++) into[to + i] = from[first + i];
    this.#used = to + count;
    return new OwnBytes(this.#memory, 4 * to + (start & 3), length);
  }
}

/** From so many bytes on Node allocates memory for each piece. */
const LONG = 4096;

/** New memory is for so many pieces of the length that is asked for. */
const SHARE = 4;

/** Nor do others share it that are so many times shorter: one alone would keep all of it alive. */
const LEAST = 2 * SHARE;

/** Pieces of about one length side by side, which keep up to eight times of it alive. */
export class Slab {
  #longest;
  #memory = new ArrayBuffer(0);
  #size = 0;
  #used = 0;

  /** @param {number} longest what is longer gets memory of its own */
  constructor(longest) {
    this.#longest = longest;
  }

  /**
   * Bytes to be overwritten in full.
   * @param {number} length
   */
  take(length) {
    if (!hasBuffers || length < LONG || length > this.#longest) return allocate(length);
    const room = (length + 7) & ~7;
    if (this.#used + room > this.#memory.byteLength || LEAST * room < this.#size) {
      this.#size = SHARE * room;
      this.#memory = allocateMemory(this.#size);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + room;
    return new OwnBytes(this.#memory, at, length);
  }
}

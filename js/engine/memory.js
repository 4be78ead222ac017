// Memory for what is copied out of the engine. New memory costs more than writing to it does, so
// pieces that live short lie side by side in it; but those of two streams never do: whoever has a
// piece can see, and give away, all of the memory that it lies in.
import { allocate, allocateMemory, hasBuffers, OwnBytes } from '../base/bytes.js';

/** What a few bytes may keep alive. */
export const POOL = 8192;

/** Short pieces of one owner after the other. */
export class Pool {
  /** Whose pieces the memory is for. @type {object | undefined} */
  #owner;
  #memory = new ArrayBuffer(0);
  #words = new Int32Array(this.#memory);
  #used = 0;

  /**
   * Copies bytes of some memory, word by word: for short ones a call of the platform's takes longer.
   * @param {object | undefined} owner whose they are; nobody's share nothing
   * @param {Int32Array} from that memory in words
   * @param {number} start
   * @param {number} length
   */
  copy(owner, from, start, length) {
    const first = start >> 2;
    const count = ((start + length + 3) >> 2) - first;
    const to = this.#reserve(owner, count);
    const into = this.#words;
    for (let i = 0; i < count; i++) into[to + i] = from[first + i];
    const at = 4 * to + (start & 3);
    // Whole words were copied; up to three bytes at either end are none of the owner's.
    if (start & 3) into[to] &= -1 << (8 * (start & 3));
    const over = (at + length) & 3;
    if (over) into[to + count - 1] &= (1 << (8 * over)) - 1;
    return new OwnBytes(this.#memory, at, length);
  }

  /**
   * Bytes to be overwritten in full, for pieces that are longer than is good to copy word by word.
   * @param {object | undefined} owner
   * @param {number} length
   */
  take(owner, length) {
    const to = this.#reserve(owner, (length + 3) >> 2);
    return new OwnBytes(this.#memory, 4 * to, length);
  }

  /**
   * Where among the words there is room.
   * @param {object | undefined} owner
   * @param {number} count of words
   */
  #reserve(owner, count) {
    // The receiver of a piece may have transferred the whole buffer, which has no words then.
    if (owner !== this.#owner || owner === undefined) this.#renew(owner, 4 * count);
    else if (this.#used + count > this.#words.length) this.#renew(owner, POOL);
    const to = this.#used;
    this.#used = to + count;
    return to;
  }

  /**
   * Memory of another owner's begins with as much as is needed: where streams take turns, each piece
   * would keep all of a new one alive.
   * @param {object | undefined} owner
   * @param {number} size
   */
  #renew(owner, size) {
    this.#owner = owner;
    this.#memory = new ArrayBuffer(size);
    this.#words = new Int32Array(this.#memory);
    this.#used = 0;
  }
}

/** Shorter pieces get memory of their own: there is little to gain. */
const LONG = 4096;

/** New memory holds this number of pieces of the length that is asked for. */
const SHARE = 4;

/** Pieces this many times shorter do not share it: one alone would keep all of it alive. */
const LEAST = 2 * SHARE;

/** Pieces of about one length side by side, which keep up to eight times of it alive. */
export class Slab {
  #longest;
  /** @type {object | undefined} */
  #owner;
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
   * @param {object} [owner] whose they are
   */
  take(length, owner) {
    if (!hasBuffers || length < LONG || length > this.#longest) return allocate(length);
    const room = (length + 7) & ~7;
    const other = owner !== this.#owner;
    if (other || this.#used + room > this.#memory.byteLength || LEAST * room < this.#size) {
      // The first of an owner is alone.
      this.#size = other ? room : SHARE * room;
      this.#owner = owner;
      this.#memory = allocateMemory(this.#size);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + room;
    return new OwnBytes(this.#memory, at, length);
  }
}

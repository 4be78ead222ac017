// Where small pieces of a message are gathered.
import { allocate, put, viewOf } from '../base/bytes.js';
import { maskInto } from '../engine/masking.js';
import { BLOCK, FEW, FIRST_BLOCK, MOST_SPARE, SPARE_BLOCK, TINY } from './thresholds.js';

/**
 * Blocks of the full size that are not in use, until the next full collection of garbage. Fresh
 * memory costs several times what writing to it does, because the system gives it page by page.
 * @type {WeakRef<Uint8Array[]> | undefined}
 */
let spare;

/** @param {number} size */
function memory(size) {
  return size < SPARE_BLOCK ? new Uint8Array(size) : (spare?.deref()?.pop() ?? allocate(size));
}

/** @param {Uint8Array} bytes that nobody will look at any more */
export function recycle(bytes) {
  if (bytes.length < SPARE_BLOCK) return;
  let blocks = spare?.deref();
  if (!blocks) {
    blocks = [];
    spare = new WeakRef(blocks);
  }
  if (bytes.length === BLOCK) {
    if (blocks.length < MOST_SPARE) blocks.push(bytes);
  } else if (blocks.length === 0) {
    // One was missing, so the next time one is there.
    blocks.push(new Uint8Array(BLOCK));
  }
}

const NOTHING = new Uint8Array(0);

/** A growing run of small pieces. */
export class Block {
  /** @type {Uint8Array} */
  bytes = NOTHING;
  length = 0;

  /** @param {number} [size] what it begins with, if it is known that there will be as much */
  constructor(size = 0) {
    if (size > 0) this.bytes = memory(size);
  }

  /** How much more fits. */
  get room() {
    return BLOCK - this.length;
  }

  /**
   * Bytes of `source`, no more than there is room for.
   * @param {Uint8Array} source
   * @param {number} from
   * @param {number} to
   * @param {number} [key] little-endian, with which they are unmasked on the way
   */
  add(source, from, to, key = undefined) {
    const needed = this.length + to - from;
    if (needed > this.bytes.length) this.#grow(needed);
    if (key !== undefined) {
      maskInto(key, viewOf(source, from, to), this.bytes, this.length);
    } else if (to - from > FEW) {
      const all = from === 0 && to === source.length;
      put(this.bytes, all ? source : viewOf(source, from, to), this.length);
    } else {
      // A view takes longer than copying these.
      const { bytes, length } = this;
      for (let i = from, at = length; i < to; i++, at++) bytes[at] = source[i];
    }
    this.length = needed;
  }

  /** @param {number} needed */
  #grow(needed) {
    const size = Math.max(FIRST_BLOCK, Math.min(BLOCK, this.bytes.length * 2), needed);
    const larger = memory(size);
    put(larger, viewOf(this.bytes, 0, this.length), 0);
    this.bytes = larger;
  }

  /**
   * Bytes behind a few others; there must be room for both.
   * @param {number} header four bytes at most, the first one lowest
   * @param {number} size how many
   * @param {Uint8Array} payload
   */
  addBehind(header, size, payload) {
    const { length } = payload;
    let at = this.length;
    const start = at + size;
    if (start + length > this.bytes.length) this.#grow(start + length);
    const { bytes } = this;
    for (let rest = header; at < start; rest >>>= 8) bytes[at++] = rest;
    if (length > TINY) put(bytes, payload, start);
    else for (let i = 0; i < length; i++) bytes[start + i] = payload[i];
    this.length = start + length;
  }

  /** What was gathered; the block is empty afterwards and keeps its memory. */
  take() {
    const { length } = this;
    this.length = 0;
    return viewOf(this.bytes, 0, length);
  }
}

/**
 * Few bytes at a time of a long binary frame. They mean nothing before its end, so the engine need not
 * see each by itself.
 */
export class Held extends Block {
  #most;

  /** @param {number} most bytes that may be held */
  constructor(most) {
    super();
    this.#most = most;
  }

  /**
   * A chunk of few bytes, of which there may be as many as bytes: so nothing else is asked here.
   * @param {Uint8Array} chunk
   */
  hold(chunk) {
    const { bytes, length } = this;
    const { length: more } = chunk;
    if (length + more > bytes.length) {
      this.add(chunk, 0, more);
      return;
    }
    for (let i = 0; i < more; i++) bytes[length + i] = chunk[i];
    this.length = length + more;
  }

  /** How many more may be held. */
  get left() {
    return this.#most - this.length;
  }
}

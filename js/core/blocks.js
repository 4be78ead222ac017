// Where small pieces of a message are gathered.
import { put, viewOf } from '../base/bytes.js';
import { maskInto } from '../engine/masking.js';
import { BLOCK, FEW, FIRST_BLOCK, MOST_SPARE, SPARE_BLOCK } from './thresholds.js';

/**
 * Blocks of the full size that are not in use, until the next full collection of garbage. Fresh
 * memory costs several times what writing to it does, because the system gives it page by page.
 * @type {WeakRef<Uint8Array[]> | undefined}
 */
let spare;

/** @param {number} size */
function memory(size) {
  return (size >= SPARE_BLOCK && spare?.deref()?.pop()) || new Uint8Array(size);
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
    if (needed > this.bytes.length) {
      const size = Math.max(FIRST_BLOCK, Math.min(BLOCK, this.bytes.length * 2), needed);
      const larger = memory(size);
      put(larger, viewOf(this.bytes, 0, this.length), 0);
      this.bytes = larger;
    }
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

// A message that spans several inputs is collected here, outside linear memory, so that the
// engine stays small. What is held is at most twice the bytes received plus one block,
// however they were cut, and each byte is copied a fixed number of times.
import { gatheredText, joined } from './engine.js';

/** Small pieces are gathered in blocks; a block grows to this size. */
const BLOCK = 64 * 1024;
const FIRST_BLOCK = 512;

/**
 * Blocks of that size that are not in use, until the next full collection of garbage. Fresh
 * memory costs several times what writing to it does, because the system gives it page by page.
 * @type {WeakRef<Uint8Array[]> | undefined}
 */
let spare;
const MOST_SPARE = 16;

/** From here on a block is taken instead of less, if there is one to spare. */
const LARGE = 4096;

/** @param {number} size */
function memory(size) {
  return (size >= LARGE && spare?.deref()?.pop()) || new Uint8Array(size);
}

/** @param {Uint8Array} bytes that nobody will look at any more */
function recycle(bytes) {
  if (bytes.length < LARGE) return;
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

/** A growing run of small pieces. */
class Block {
  /** @type {Uint8Array} */
  bytes = new Uint8Array(0);
  length = 0;

  /** How much more fits. */
  get room() {
    return BLOCK - this.length;
  }

  /** @param {Uint8Array} piece no longer than the room */
  add(piece) {
    const needed = this.length + piece.length;
    if (needed > this.bytes.length) {
      const size = Math.max(FIRST_BLOCK, Math.min(BLOCK, this.bytes.length * 2), needed);
      const larger = memory(size);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(piece, this.length);
    this.length = needed;
  }

  /** What was gathered; the block is empty afterwards and keeps its memory. */
  take() {
    const { length } = this;
    this.length = 0;
    return this.bytes.subarray(0, length);
  }
}

/** The text of one message. */
export class TextCollector {
  #text = '';
  #block = new Block();

  /**
   * Bytes of UTF-8 that end on a character.
   * @param {Uint8Array} bytes
   */
  addBytes(bytes) {
    if (bytes.length > this.#block.room) this.#flush();
    this.#block.add(bytes);
  }

  /** @param {string} text */
  addText(text) {
    this.#flush();
    this.#text += text;
  }

  finish() {
    this.#flush();
    recycle(this.#block.bytes);
    return this.#text;
  }

  #flush() {
    if (this.#block.length) this.#text += gatheredText(this.#block.take());
  }
}

/** The bytes of one message. */
export class BinaryCollector {
  /** @type {Uint8Array[]} */
  #pieces = [];
  #length = 0;
  /** Those of the pieces that are full blocks. @type {Uint8Array[]} */
  #full = [];
  #block = new Block();

  /**
   * A piece that the collector may keep.
   * @param {Uint8Array} bytes
   */
  keep(bytes) {
    this.#seal();
    this.#push(bytes);
  }

  /**
   * A piece that is copied.
   * @param {Uint8Array} bytes
   */
  add(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, this.#block.room);
      this.#block.add(bytes.subarray(at, at + size));
      at += size;
      if (this.#block.room === 0) this.#seal();
    }
  }

  finish() {
    const last = this.#block.take();
    const whole = joined([...this.#pieces, last]);
    for (const block of this.#full) recycle(block);
    recycle(this.#block.bytes);
    return whole;
  }

  /** @param {Uint8Array} bytes */
  #push(bytes) {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** The block becomes a piece: itself when it is full, else its bytes are copied. */
  #seal() {
    if (this.#block.room === 0) {
      this.#full.push(this.#block.bytes);
      this.#push(this.#block.bytes);
      this.#block = new Block();
    } else if (this.#block.length) {
      this.#push(this.#block.take().slice());
    }
  }
}

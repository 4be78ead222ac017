// A message that spans several inputs is collected here, outside linear memory, so that the
// engine stays small. What is held is at most twice the bytes received plus one block,
// however they were cut, and each byte is copied a fixed number of times.
import { gatheredText, joined } from './engine.js';

/** Small pieces are gathered in blocks; a block grows to this size. */
const BLOCK = 64 * 1024;
const FIRST_BLOCK = 512;

/** A growing run of small pieces. */
class Block {
  bytes = new Uint8Array(0);
  length = 0;

  /** @param {Uint8Array} piece */
  add(piece) {
    const needed = this.length + piece.length;
    if (needed > this.bytes.length) {
      const size = Math.max(FIRST_BLOCK, Math.min(BLOCK, this.bytes.length * 2), needed);
      const larger = new Uint8Array(size);
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
    if (this.#block.length + bytes.length > BLOCK) this.#flush();
    this.#block.add(bytes);
  }

  /** @param {string} text */
  addText(text) {
    this.#flush();
    this.#text += text;
  }

  finish() {
    this.#flush();
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
  #block = new Block();

  /**
   * A piece that the collector may keep.
   * @param {Uint8Array} bytes
   */
  keep(bytes) {
    this.#flush();
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /**
   * A piece that is copied.
   * @param {Uint8Array} bytes
   */
  add(bytes) {
    if (this.#block.length + bytes.length > BLOCK) this.#flush();
    this.#block.add(bytes);
  }

  finish() {
    const last = this.#block.take();
    return joined([...this.#pieces, last], this.#length + last.length);
  }

  #flush() {
    const { length } = this.#block;
    if (length === 0) return;
    // The block itself becomes a piece when it is nearly full, else its bytes are copied.
    this.#pieces.push(this.#block.bytes.slice(0, length));
    this.#block.take();
    this.#length += length;
  }
}

// A message that spans several inputs is collected here, outside linear memory, so that the
// engine stays small. What is held is at most twice the bytes received plus one block,
// however they were cut, and each byte is copied a fixed number of times.
import { asciiText, joined, put, viewOf } from '../base/bytes.js';
import { gatheredText } from '../engine/instance.js';
import { Slab } from '../engine/memory.js';

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

const NOTHING = new Uint8Array(0);

/** Messages that were cut once or twice. One that never ends keeps no more than a block alive. */
const slab = new Slab(BLOCK / 4);

/** A growing run of small pieces. */
class Block {
  /** @type {Uint8Array} */
  bytes = NOTHING;
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
      put(larger, viewOf(this.bytes, 0, this.length), 0);
      this.bytes = larger;
    }
    put(this.bytes, piece, this.length);
    this.length = needed;
  }

  /** What was gathered; the block is empty afterwards and keeps its memory. */
  take() {
    const { length } = this;
    this.length = 0;
    return viewOf(this.bytes, 0, length);
  }
}

/** The bytes of one message. */
export class BinaryCollector {
  /** @type {Uint8Array[]} */
  #pieces = [];
  /** Those of the pieces that are full blocks. @type {Uint8Array[]} */
  #full = [];
  #block = new Block();
  /** All of the message, if it ends with the frame that began it. @type {Uint8Array | undefined} */
  #whole;
  #wholeLength = 0;

  get empty() {
    return this.#pieces.length === 0 && this.#block.length === 0 && this.#wholeLength === 0;
  }

  /**
   * Says how long the message probably is, when most of that is about to be added: then it is
   * copied once only.
   * @param {number} length
   */
  expect(length) {
    this.#whole = slab.take(length);
  }

  /**
   * A piece that the collector may keep.
   * @param {Uint8Array} bytes
   */
  keep(bytes) {
    this.#giveUp();
    this.#seal();
    this.#pieces.push(bytes);
  }

  /**
   * A piece that is copied.
   * @param {Uint8Array} bytes
   */
  add(bytes) {
    if (this.#whole) {
      const end = this.#wholeLength + bytes.length;
      if (end <= this.#whole.length) {
        put(this.#whole, bytes, this.#wholeLength);
        this.#wholeLength = end;
        return;
      }
      this.#giveUp();
    }
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, this.#block.room);
      this.#block.add(size === bytes.length ? bytes : viewOf(bytes, at, at + size));
      at += size;
      if (this.#block.room === 0) this.#seal();
    }
  }

  /**
   * All bytes in one piece of memory; the collector is empty afterwards.
   * @param {(length: number) => Uint8Array} [make]
   */
  finish(make) {
    const expected = this.#whole;
    if (expected && this.#wholeLength === expected.length) {
      this.#whole = undefined;
      this.#wholeLength = 0;
      return expected;
    }
    this.#giveUp();
    const last = this.#block.take();
    const whole = joined([...this.#pieces, last], make);
    for (const block of this.#full) recycle(block);
    recycle(this.#block.bytes);
    this.#pieces = [];
    this.#full = [];
    this.#block = new Block();
    return whole;
  }

  /** The message is longer than was expected. */
  #giveUp() {
    if (this.#whole) this.#pieces.push(viewOf(this.#whole, 0, this.#wholeLength));
    this.#whole = undefined;
    this.#wholeLength = 0;
  }

  /** The block becomes a piece: itself when it is full, else its bytes are copied. */
  #seal() {
    if (this.#block.room === 0) {
      this.#full.push(this.#block.bytes);
      this.#pieces.push(this.#block.bytes);
      this.#block = new Block();
    } else if (this.#block.length) {
      this.#pieces.push(joined([this.#block.take()]));
    }
  }
}

/**
 * Where the bytes of a long text come together before it becomes a string, until the next full
 * collection of garbage: a string that is made at once is made three times as fast as one that
 * V8 puts together of pieces.
 * @type {WeakRef<Uint8Array> | undefined}
 */
let stage;

/** @param {number} length */
function staged(length) {
  let bytes = stage?.deref();
  if (!bytes || bytes.length < length) {
    bytes = new Uint8Array(length);
    stage = new WeakRef(bytes);
  }
  return viewOf(bytes, 0, length);
}

/** The text of one message. */
export class TextCollector {
  #text = '';
  /** ASCII that comes after the text; it becomes one string. @type {BinaryCollector | undefined} */
  #run;
  /**
   * Short pieces of UTF-8 that come after the run, until they are worth a call of the engine.
   * @type {Block | undefined}
   */
  #block;

  /** Whether all that was added is text already, and no bytes wait to become it. */
  get settled() {
    return this.#waiting === 0 && (this.#run === undefined || this.#run.empty);
  }

  /** Bytes in the block. */
  get #waiting() {
    return this.#block === undefined ? 0 : this.#block.length;
  }

  /**
   * Bytes of UTF-8 that end on a character.
   * @param {Uint8Array} bytes
   * @param {boolean} ascii they are all ASCII
   */
  addBytes(bytes, ascii) {
    if (this.#waiting + bytes.length > BLOCK || (ascii && bytes.length >= LARGE)) this.#flush();
    if (ascii && this.#waiting === 0) {
      this.#run ??= new BinaryCollector();
      this.#run.add(bytes);
    } else {
      this.#block ??= new Block();
      this.#block.add(bytes);
    }
  }

  /** @param {string} text */
  addText(text) {
    this.#flush();
    this.#endRun();
    this.#text += text;
  }

  finish() {
    this.#flush();
    if (this.#block) recycle(this.#block.bytes);
    this.#endRun();
    return this.#text;
  }

  #flush() {
    if (!this.#block?.length) return;
    this.#endRun();
    this.#text += gatheredText(this.#block.take());
  }

  #endRun() {
    if (this.#run === undefined || this.#run.empty) return;
    const bytes = this.#run.finish(staged);
    this.#text += asciiText(bytes, 0, bytes.length);
  }
}

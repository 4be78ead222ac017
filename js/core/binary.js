// Binary payload: where its bytes stay, when they are copied, and how a message comes together.
import { unshared } from '../base/arguments.js';
import { allocate, joined, memoryOf, put, viewOf } from '../base/bytes.js';
import { arenaAt, HEADER, mem, records, wantsOf } from '../engine/instance.js';
import { keyAfter, maskInto } from '../engine/masking.js';
import { Slab } from '../engine/memory.js';
import { arenaBytes, arenaView } from '../engine/regions.js';
import { Block, Held, recycle } from './blocks.js';
import { BinaryMessage, received, receivedUtf8 } from './messages.js';
import { INPUT, KEY, LAST, LENGTH, MASKED, OFFSET, SOURCE, TEXT, WHOLE } from './records.js';
import { FEW, FORESEEN, KEPT_PIECE, KEPT_SHARE, SHARED_WHOLE } from './thresholds.js';

/**
 * A binary message, or one of text that stays bytes, if this ends one.
 * @param {import('./endpoint.js').Endpoint} reader
 * @param {number} tag
 * @param {number} word
 * @param {boolean} last
 * @param {Uint8Array} chunk
 * @param {number} at
 */
export function binaryEvent(reader, tag, word, last, chunk, at) {
  if ((tag & WHOLE) === WHOLE) {
    return messageOf(tag, bytes(reader, word, chunk, at));
  }
  let collector = /** @type {BinaryCollector | undefined} */ (reader.collector);
  if (!collector) {
    collector = new BinaryCollector(reader);
    reader.collector = collector;
    const length = records[word + LENGTH];
    // When nothing came after it, this is how much of the frame is to come; or else of a header.
    const rest = last && length >= KEPT_PIECE ? wantsOf(reader.handle) : 0;
    if (rest > HEADER && (rest <= length || length + rest <= FORESEEN)) {
      collector.expect(length + rest);
    }
  }
  collect(collector, reader, word, chunk, at);
  if ((tag & LAST) === 0) return undefined;
  const whole = collector.finish();
  reader.collector = undefined;
  return messageOf(tag, whole);
}

/**
 * @param {number} tag
 * @param {Uint8Array} data
 */
function messageOf(tag, data) {
  return tag & TEXT ? receivedUtf8(data) : received(new BinaryMessage(data));
}

/**
 * Whether bytes can stay where they are in the chunk: they were not masked, or may be unmasked
 * there. What was inflated lay nowhere.
 * @param {import('./endpoint.js').Endpoint} reader
 * @param {number} word
 */
export function stays(reader, word) {
  const tag = records[word];
  if (tag & INPUT) return reader.owned || (tag & MASKED) === 0;
  const keepsBytes = reader.textBytes || (tag & TEXT) === 0;
  return reader.owned && keepsBytes && records[word + SOURCE] !== 0;
}

/**
 * Whether a piece that can stay in the chunk had better: when it is long, or when little else lies there
 * that it would keep alive. Memory of its own costs more than all else of a short one.
 * @param {number} length
 * @param {Uint8Array} chunk
 */
export const fills = (length, chunk) =>
  length >= KEPT_PIECE ||
  (KEPT_SHARE * length >= chunk.length && KEPT_SHARE * length >= memoryOf(chunk).byteLength);

/**
 * @param {BinaryCollector} collector
 * @param {import('./endpoint.js').Endpoint} reader
 * @param {number} word
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function collect(collector, reader, word, chunk, at) {
  const tag = records[word];
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  // The caller's own memory is held only when the piece is most of it.
  if (
    stays(reader, word) &&
    length >= KEPT_PIECE &&
    4 * length >= 3 * memoryOf(chunk).byteLength
  ) {
    collector.keep(bytes(reader, word, chunk, at));
    return;
  }
  if ((tag & INPUT) === 0) {
    collector.add(mem, arenaAt + offset, arenaAt + offset + length);
    return;
  }
  const start = at + offset;
  const key = tag & MASKED ? records[word + KEY] : undefined;
  collector.add(chunk, start, start + length, key);
}

/**
 * Bytes for the user: where they lie in the chunk, if they can stay there, else copied out.
 * @param {import('./endpoint.js').Endpoint} reader
 * @param {number} word
 * @param {Uint8Array} chunk
 * @param {number} at
 */
export function bytes(reader, word, chunk, at) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if (records[word] & INPUT) {
    const payload = viewOf(chunk, at + offset, at + offset + length);
    if ((records[word] & MASKED) === 0) return unshared(payload);
    const out = reader.owned ? payload : allocate(length);
    maskInto(records[word + KEY], payload, out, 0);
    return out;
  }
  if (!stays(reader, word) || !fills(length, chunk)) return arenaBytes(reader, offset, length);
  const start = at + records[word + SOURCE] - 1;
  if (length > FEW) put(chunk, arenaView(offset, length), start);
  else
    for (let i = 0, from = arenaAt + offset; i < length; i++) chunk[start + i] = mem[from + i];
  return viewOf(chunk, start, start + length);
}

/** Messages that were cut once or twice. One that never ends keeps no more than a block alive. */
const slab = new Slab(SHARED_WHOLE);

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
  #owner;
  /** Little was to come of it when it was last asked for; asking again would cost more than it gains. */
  ends = false;
  /** What the engine has not seen yet. @type {Held | undefined} */
  held;

  /** @param {object} [owner] the endpoint whose message it is */
  constructor(owner) {
    this.#owner = owner;
  }

  get empty() {
    return this.#pieces.length === 0 && this.#block.length === 0 && this.#wholeLength === 0;
  }

  /**
   * Says how long the message probably is, when most of that is about to be added: then it is
   * copied once only.
   * @param {number} length
   */
  expect(length) {
    this.#whole = slab.take(length, this.#owner);
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
   * @param {Uint8Array} source it, or where it is from `from` to `to`
   * @param {number} from
   * @param {number} to
   * @param {number} [key] little-endian, with which it is unmasked on the way
   */
  add(source, from = 0, to = source.length, key = undefined) {
    if (this.#whole) {
      const end = this.#wholeLength + to - from;
      if (end <= this.#whole.length) {
        const piece = viewOf(source, from, to);
        if (key === undefined) put(this.#whole, piece, this.#wholeLength);
        else maskInto(key, piece, this.#whole, this.#wholeLength);
        this.#wholeLength = end;
        return;
      }
      this.#giveUp();
    }
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + this.#block.room);
      this.#block.add(source, at, end, key === undefined ? key : keyAfter(key, at - from));
      at = end;
      if (this.#block.room === 0) this.#seal();
    }
  }

  /**
   * All bytes in one piece of memory; the collector is empty afterwards.
   * @param {(length: number) => Uint8Array<ArrayBuffer>} [make]
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

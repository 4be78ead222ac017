// Text payload: how its bytes become a string, and how a message comes together.
import { GATHERED } from '../../pkg/contract.js';
import { asciiText, viewOf } from '../base/bytes.js';
import { arenaAt, mem, records } from '../engine/instance.js';
import { arenaText, arenaUtf8, gatheredText, wideText } from '../engine/regions.js';
import { BinaryCollector } from './binary.js';
import { Block, recycle } from './blocks.js';
import { received, TextMessage } from './messages.js';
import { ASCII, FIRST, LAST, LENGTH, OFFSET, UTF16, WHOLE } from './records.js';
import { BLOCK, HALF_TEXT, TEXT_PIECE } from './thresholds.js';

/**
 * A text message, if this ends one.
 * @param {import('./endpoint.js').Endpoint} reader
 * @param {number} tag
 * @param {number} word
 */
export function textEvent(reader, tag, word) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if ((tag & WHOLE) === WHOLE) return received(new TextMessage(text(tag, offset, length)));
  reader.collector ??= new TextCollector();
  const collector = /** @type {TextCollector} */ (reader.collector);
  // A long piece is decoded where it is; a short one waits until a block is full. ASCII waits, too,
  // but when it is one half of a message that was cut in two: that is soon done.
  const half =
    (tag & FIRST) !== 0 ? length >= HALF_TEXT : (tag & LAST) !== 0 && collector.settled;
  const long = (tag & UTF16) !== 0 || ((tag & ASCII) === 0 && length >= GATHERED);
  if (long || (tag & ASCII && half && length < TEXT_PIECE)) {
    collector.addText(text(tag, offset, length));
  } else if (length) {
    const start = arenaAt + offset;
    collector.addBytes(mem, start, start + length, (tag & ASCII) !== 0);
  }
  if ((tag & LAST) === 0) return undefined;
  const whole = collector.finish();
  reader.collector = undefined;
  return received(new TextMessage(whole));
}

/**
 * Text that the engine has seen to be ASCII, or made UTF-16 where the platform wants that, or else left
 * as the UTF-8 that it is.
 * @param {number} tag
 * @param {number} offset
 * @param {number} length
 */
export function text(tag, offset, length) {
  if (length === 0) return '';
  if (tag & UTF16) return wideText(offset, length);
  return tag & ASCII ? arenaText(offset, length) : arenaUtf8(offset, length);
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
  /** The engine sees each byte, because the first that cannot be right ends it. @type {undefined} */
  held;
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
   * @param {Uint8Array} source where they are
   * @param {number} from
   * @param {number} to
   * @param {boolean} ascii they are all ASCII
   */
  addBytes(source, from, to, ascii) {
    const length = to - from;
    if (this.#waiting + length > BLOCK || (ascii && length >= TEXT_PIECE)) this.#flush();
    if (ascii && this.#waiting === 0) {
      this.#run ??= new BinaryCollector();
      this.#run.add(source, from, to);
    } else {
      this.#block ??= new Block();
      this.#block.add(source, from, to);
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

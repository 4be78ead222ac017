// The frames of many short messages, made in one call of the engine: their payloads are put side by
// side into its output region, and the table says what each is and how long (`stream_frames` in
// src/wasm/send.rs). A batch is filled and made without anything in between.
import { encoder, hasBuffers, put, viewOf } from '../base/bytes.js';
import { refusal } from './encoding.js';
import {
  calls,
  HEADER,
  mem,
  outgoing,
  outputAt,
  refresh,
  regionSize,
  status,
  table,
  tableSize,
  trapped,
} from './instance.js';
import { frameOut, leavingOut } from './regions.js';

/** No unit of UTF-16 has more bytes of UTF-8. */
const MOST_BYTES = 3;

/** Bytes and messages of the batch. */
let used = 0;
let count = 0;

/** Begins a batch. */
export function beginBatch() {
  refresh();
  used = 0;
  count = 0;
}

/**
 * Adds messages that are texts, as many as there is room for.
 * @param {readonly any[]} texts
 * @param {readonly number[]} frames what each is for the engine
 * @param {number} from
 * @param {number} to
 * @returns {number} where it had to stop
 */
export function addTexts(texts, frames, from, to) {
  const room = regionSize - used;
  const most = Math.min(to, from + tableSize - count);
  let end = from;
  let units = 0;
  while (end < most && units + texts[end].length <= room) units += texts[end++].length;
  if (units === 0 || writtenText(textOf(texts, from, end)) !== units) {
    return addEach(texts, frames, from, end);
  }
  // All of it is ASCII.
  used += units;
  for (let i = from; i < end; i++) note(frames[i], texts[i].length);
  return end;
}

/**
 * @param {readonly string[]} texts
 * @param {number} from
 * @param {number} to
 */
function textOf(texts, from, to) {
  // A call of the platform's encoder costs more than putting short texts together.
  let text = texts[from];
  for (let i = from + 1; i < to; i++) text += texts[i];
  return text;
}

/**
 * @param {readonly string[]} texts
 * @param {readonly number[]} frames
 * @param {number} from
 * @param {number} to
 */
function addEach(texts, frames, from, to) {
  for (let i = from; i < to; i++) {
    if (MOST_BYTES * texts[i].length > regionSize - used) return i;
    const written = writtenText(texts[i]);
    used += written;
    note(frames[i], written);
  }
  return to;
}

/**
 * Writes a text's UTF-8 behind what is there; gives its length, or that of the part that fits.
 * @type {(text: string) => number}
 */
const writtenText = hasBuffers
  ? (text) => {
      const at = outputAt + HEADER + used;
      return /** @type {any} */ (mem).utf8Write(text, at, regionSize - used);
    }
  : (text) => {
      const free = used === 0 ? outgoing : viewOf(outgoing, used, regionSize);
      return encoder.encodeInto(text, free).written;
    };

/**
 * Adds the payloads of several messages that lie side by side, as many as there is room for.
 * @param {Uint8Array} bytes
 * @param {number} at where in them they begin
 * @param {readonly number[]} lengths
 * @param {number} first which of the lengths is the first
 * @param {readonly number[]} frames
 * @param {number} from
 * @param {number} to
 * @returns {number} where it had to stop
 */
export function addBytes(bytes, at, lengths, first, frames, from, to) {
  const room = regionSize - used;
  const most = Math.min(to, from + tableSize - count);
  let end = from;
  let total = 0;
  while (end < most && total + lengths[first + end - from] <= room) {
    const length = lengths[first + end - from];
    note(frames[end++], length);
    total += length;
  }
  const whole = at === 0 && total === bytes.length;
  put(mem, whole ? bytes : viewOf(bytes, at, at + total), outputAt + HEADER + used);
  used += total;
  return end;
}

/**
 * @param {number} frame
 * @param {number} length
 */
function note(frame, length) {
  table[2 * count] = frame;
  table[2 * count + 1] = length;
  count++;
}

/**
 * Makes the frames.
 * @param {number} stream
 * @param {boolean} soon they are written soon; else nothing else is kept alive with them
 * @returns {Uint8Array} all of them
 */
export function makeBatch(stream, soon) {
  let length;
  try {
    length = calls.stream_frames(stream, count);
  } catch (error) {
    throw trapped(error);
  }
  refresh();
  const [made, at, why] = status;
  if (made < count) throw refusal(why | 0);
  return (soon ? leavingOut : frameOut)(at, at + length);
}

// The frames of many short messages, made in one call of the engine: their payloads are put side by
// side into its output region, and the table says what each is and how long (`stream_frames` in
// src/wasm/send.rs). A batch is filled and made without anything in between. What is to be added is
// in a list of entries, two words each as in the table.
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
import { leavingOut } from './regions.js';

/** No unit of UTF-16 has more bytes of UTF-8. */
const MOST_BYTES = 3;

/** Texts up to this length are encoded together, up to the other. */
const JOINS = 256;
const JOINED = 4096;

/** Bytes and messages of the batch. */
let used = 0;
let count = 0;
/** No text of it was anything but ASCII. */
let joins = true;

/** Begins a batch. */
export function beginBatch() {
  refresh();
  used = 0;
  count = 0;
  joins = true;
}

/**
 * Adds messages that are texts, as many as there is room for.
 * @param {readonly any[]} texts
 * @param {Int32Array} entries
 * @param {number} from
 * @param {number} to
 * @returns {number} where it had to stop
 */
export function addTexts(texts, entries, from, to) {
  const most = Math.min(to, from + tableSize - count);
  let at = from;
  while (at < most) {
    if (joins) at = addJoined(texts, entries, at, most);
    if (at === most) break;
    const text = texts[at];
    if (MOST_BYTES * text.length > regionSize - used) return at;
    const written = writtenText(text);
    used += written;
    note(entries[2 * at++], written);
  }
  return at;
}

/**
 * Adds short texts together, if they are ASCII and each is as long as before: a call of the
 * platform's encoder costs more than putting them together.
 * @param {readonly any[]} texts
 * @param {Int32Array} entries
 * @param {number} from
 * @param {number} to
 */
function addJoined(texts, entries, from, to) {
  const room = Math.min(regionSize - used, JOINED);
  let text = '';
  let end = from;
  while (end < to && texts[end].length <= JOINS && text.length + texts[end].length <= room) {
    text += texts[end++];
  }
  if (end - from < 2) return from;
  if (writtenText(text) !== text.length) {
    joins = false;
    return from;
  }
  used += text.length;
  for (let i = from; i < end; i++) note(entries[2 * i], texts[i].length);
  return end;
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
 * Adds the payloads of several messages that lie side by side, as many as there are and as there
 * is room for.
 * @param {Uint8Array} bytes
 * @param {number} at where in them they begin
 * @param {number} last where they all end
 * @param {Int32Array} entries
 * @param {number} from
 * @param {number} to
 * @returns {number} where it had to stop
 */
export function addBytes(bytes, at, last, entries, from, to) {
  const room = Math.min(regionSize - used, last - at);
  const most = Math.min(to, from + tableSize - count);
  let end = from;
  let total = 0;
  while (end < most && total + entries[2 * end + 1] <= room) total += entries[2 * end++ + 1];
  let into = 2 * count;
  for (let i = 2 * from; i < 2 * end; i++) table[into++] = entries[i];
  count += end - from;
  const whole = at === 0 && total === bytes.length;
  put(mem, whole ? bytes : viewOf(bytes, at, at + total), outputAt + HEADER + used);
  used += total;
  return end;
}

/**
 * Adds a message of bytes, if there is room for it.
 * @param {Uint8Array} bytes
 * @param {number} frame
 */
export function addAlone(bytes, frame) {
  const { length } = bytes;
  if (length > regionSize - used || count === tableSize) return false;
  put(mem, bytes, outputAt + HEADER + used);
  used += length;
  note(frame, length);
  return true;
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
 * @returns {Uint8Array<ArrayBuffer>} all of them
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
  return leavingOut(at, at + length, soon);
}

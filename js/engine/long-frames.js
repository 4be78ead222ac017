// Frames whose payload is longer than a region of the engine passes through it in parts, or not
// at all.
import { allocate, encoder, joined, put, viewOf } from '../base/bytes.js';
import { HEADER, outputAt, refresh, status } from './instance.js';
import { keyAfter, keyOf, maskInto } from './masking.js';
import { frameOut, leavingMemory, regionView } from './regions.js';

/**
 * Where a frame is put.
 * @typedef {object} Memory
 * @property {(length: number) => Uint8Array<ArrayBuffer>} take
 * @property {number} most payload bytes in a piece
 */

/** For a caller that needs a frame in one piece. @type {Memory} */
export const ONE_PIECE = { take: allocate, most: Infinity };

/**
 * For a transport. Memory of this size is used again and again, while that of a piece as long as
 * the frame comes from the system page by page, which takes longer than all else.
 * @type {Memory}
 */
export const BLOCKS = { take: allocate, most: 64 * 1024 };

/** For a transport that takes them soon. @type {Memory} */
export const SHARED_BLOCKS = { take: leavingMemory, most: BLOCKS.most };

/**
 * A payload: bytes that must stay as they are, or pieces of our own.
 * @typedef {object} Payload
 * @property {Uint8Array[]} pieces
 * @property {number} length of them all
 * @property {boolean} own
 * @property {boolean} roomy the first has room for a header before it
 */

/**
 * @param {string | Uint8Array} data
 * @param {Memory} memory
 * @returns {Payload}
 */
export function payloadOf(data, memory) {
  if (typeof data === 'string') return utf8(data, memory);
  return { pieces: [data], length: data.length, own: false, roomy: false };
}

/**
 * A text's UTF-8. Finding out beforehand how long that is takes longer than writing it.
 * @param {string} text
 * @param {Memory} memory
 * @returns {Payload}
 */
function utf8(text, { take, most }) {
  const pieces = [];
  let length = 0;
  let ascii = true;
  for (let at = 0; at < text.length; ) {
    // Where this cuts a character in two, that has no room: each unit before it takes a byte at
    // least, and what is left of it three.
    const end = Math.min(text.length, at + most);
    // Most texts are ASCII all through; else no unit is more than three bytes.
    const size = Math.min(most, ascii ? end - at : 3 * (end - at));
    const room = at === 0 ? HEADER : 0;
    const memory = take(room + size);
    const part = end - at === text.length ? text : text.slice(at, end);
    const { read, written } = encoder.encodeInto(part, viewOf(memory, room, room + size));
    if (written) pieces.push(viewOf(memory, room, room + written));
    ascii = written === end - at;
    length += written;
    at += read;
  }
  return { pieces, length, own: true, roomy: true };
}

/**
 * The frame of a payload, in pieces. Its header stands in the output region.
 * @param {number} header its length
 * @param {Payload} payload
 * @param {Memory} memory
 */
export function longFrame(header, { pieces, own, roomy }, memory) {
  refresh();
  const head = regionView(outputAt, header);
  let key = status[0] === 0 ? undefined : keyOf(head);
  if (!own) return cut(head, pieces[0], key, memory);
  const [first] = pieces;
  const start = roomy
    ? viewOf(first, -header, first.length)
    : frameOut(undefined, outputAt, outputAt + header);
  if (roomy) put(start, head, 0);
  if (key !== undefined) {
    for (const piece of pieces) {
      maskInto(key, piece, piece, 0);
      key = keyAfter(key, piece.length);
    }
  }
  return roomy ? [start, ...pieces.slice(1)] : [start, ...pieces];
}

/**
 * @param {Uint8Array} header
 * @param {Uint8Array} payload
 * @param {number | undefined} key if it is masked
 * @param {Memory} memory
 */
function cut(header, payload, key, { take, most }) {
  const pieces = [];
  const { length } = payload;
  for (let at = 0; at < length; at += most) {
    const size = Math.min(most, length - at);
    const room = at === 0 ? header.length : 0;
    const piece = take(room + size);
    if (room) put(piece, header, 0);
    const part = size === length ? payload : viewOf(payload, at, at + size);
    if (key === undefined) put(piece, part, room);
    else maskInto(keyAfter(key, at), part, piece, room);
    pieces.push(piece);
  }
  return pieces;
}

/** @type {(pieces: Uint8Array[]) => Uint8Array<ArrayBuffer>} the frame's own: a header is in front */
export const inOnePiece = (pieces) =>
  /** @type {any} */ (pieces.length === 1 ? pieces[0] : joined(pieces));

// From messages to the bytes of frames.
import * as glue from '../pkg/ws4wasm.js';
import { allocate, encoder, joined, put, utf8Length, viewOf } from './bytes.js';
import {
  copyOut,
  HEADER,
  maskInto,
  mem,
  outgoing,
  outputAt,
  queueAt,
  refresh,
  regionSize,
  regionView,
  status,
  trapped,
  wasm,
} from './engine.js';
import { StreamClosed } from './exceptions.js';

/**
 * Writes a payload behind the room for a header and returns its length, or -1 when it may
 * not fit.
 * @param {string | Uint8Array} data
 */
function writePayload(data) {
  refresh();
  const { length } = data;
  if (length > regionSize) return -1;
  if (typeof data === 'string') {
    const { read, written } = encoder.encodeInto(data, outgoing);
    return read === length ? written : -1;
  }
  put(outgoing, data, 0);
  return length;
}

/** What the negative results of the encoding calls mean (src/wasm/send.rs). */
function refuse(/** @type {number} */ result) {
  if (result === -1) return new StreamClosed();
  if (result === -2) {
    return new RangeError(
      'first is true; a fragmented message is not finished: send its last fragment (fin: true) first',
    );
  }
  return new RangeError('first is false; there is no fragmented message to continue');
}

/** The queue is too full. */
const NO_ROOM = -4;

// What a call says about a frame beside its opcode (src/wasm/send.rs).
export const FIRST = 16;
export const FIN = 32;
export const COMPRESS = 64;
export const AS_IT_IS = 128;

/**
 * The bytes of a stream's next frame.
 * @param {number} stream
 * @param {number} frame the opcode and the bits above
 * @param {string | Uint8Array} data
 * @returns {Uint8Array}
 */
export function encodeFor(stream, frame, data) {
  const length = writePayload(data);
  if (length < 0) {
    return longFor(stream, frame, data);
  }
  let start;
  try {
    start = glue.stream_encode(stream, frame, length);
  } catch (error) {
    throw trapped(error);
  }
  if (start < 0) throw refuse(start);
  refresh();
  return copyOut(outputAt + start, outputAt + HEADER + status[0]);
}

/** Bytes of the frames that wait in the engine's queue region. */
let queued = 0;
/** How long the header of the last one was; probably the next one's is as long. */
let headerLength = HEADER;

/**
 * Makes a stream's next frame and leaves it in the engine, behind those that wait there. Gives
 * its length, or undefined, and nothing is changed, when there is no room.
 * @param {number} stream
 * @param {number} frame the opcode and the bits above
 * @param {string | Uint8Array} data
 */
export function queueFor(stream, frame, data) {
  let { length } = data;
  let gap = 0;
  if (typeof data === 'string') {
    length = writePayload(data);
    if (length < 0) return undefined;
  } else {
    gap = headerLength;
    if (length > regionSize - queued - HEADER) return undefined;
    refresh();
    put(mem, data, queueAt + queued + gap);
  }
  let size;
  try {
    size = glue.stream_queue(stream, frame, length, queued, gap);
  } catch (error) {
    throw trapped(error);
  }
  if (size === NO_ROOM) return undefined;
  if (size < 0) throw refuse(size);
  if (size > length && size - length <= HEADER) headerLength = size - length;
  queued += size;
  return size;
}

/** @param {number} length of the newest frame in the queue, which is forgotten */
export function dropQueued(length) {
  queued -= length;
}

/** All frames of the queue, which is empty afterwards. */
export function takeQueue() {
  refresh();
  const frames = copyOut(queueAt, queueAt + queued);
  queued = 0;
  return frames;
}

/**
 * A stream's next frame of a payload that is longer than the region.
 * @param {number} stream
 * @param {number} frame
 * @param {string | Uint8Array} data
 */
function longFor(stream, frame, data) {
  const isText = typeof data === 'string';
  const payload = isText ? textBehindRoom(data) : data;
  const { length } = payload;
  const header = wasm.stream_begin(stream, frame, length, false);
  if (header !== 0) return long(header, payload, isText);
  const smaller = deflated(stream, payload, (frame & FIN) !== 0);
  return long(wasm.stream_begin(stream, frame, smaller.length, true), smaller, false);
}

/**
 * A text's UTF-8, with room for a header in the memory before it.
 * @param {string} text
 */
function textBehindRoom(text) {
  // Most are ASCII, and finding out how long they are takes longer than writing them.
  let out = allocate(HEADER + text.length);
  let { read, written } = encoder.encodeInto(text, viewOf(out, HEADER, out.length));
  if (read < text.length) {
    out = allocate(HEADER + utf8Length(text));
    written = encoder.encodeInto(text, viewOf(out, HEADER, out.length)).written;
  }
  return viewOf(out, HEADER, HEADER + written);
}

/**
 * The header of the next frame of a stream that does not mask, if its payload is not compressed.
 * @param {number} stream
 * @param {number} frame
 * @param {number} length of the payload
 */
export function headerFor(stream, frame, length) {
  let header;
  try {
    header = glue.stream_begin(stream, frame, length, false);
  } catch (error) {
    throw trapped(error);
  }
  if (header < 0) throw refuse(header);
  if (header === 0) return undefined;
  refresh();
  return copyOut(outputAt, outputAt + header);
}

/**
 * @param {number} stream
 * @param {Uint8Array} bytes
 * @param {boolean} fin
 */
function deflated(stream, bytes, fin) {
  const at = outputAt + HEADER;
  const pieces = [];
  for (let from = 0; from < bytes.length; from += regionSize) {
    const piece = viewOf(bytes, from, Math.min(from + regionSize, bytes.length));
    const last = fin && from + regionSize >= bytes.length;
    put(mem, piece, at);
    const length = wasm.stream_deflate(stream, piece.length, last);
    refresh();
    pieces.push(copyOut(at, at + length));
  }
  return joined(pieces);
}

/** How a frame of no stream is masked: not at all, with a fresh key, with a given one. */
export const UNMASKED = 0;
export const FRESH_KEY = 1;
export const GIVEN_KEY = 2;

/**
 * The bytes of a frame that belongs to no stream.
 * @param {number} first the first byte
 * @param {number} masking
 * @param {number} key
 * @param {string | Uint8Array} data
 * @returns {Uint8Array}
 */
export function encodeFree(first, masking, key, data) {
  const length = writePayload(data);
  if (length < 0) {
    const isText = typeof data === 'string';
    const payload = isText ? textBehindRoom(data) : data;
    return long(wasm.frame_begin(first, masking, key, payload.length), payload, isText);
  }
  const start = wasm.frame_encode(first, masking, key, length);
  refresh();
  return copyOut(outputAt + start, outputAt + HEADER + length);
}

/**
 * A frame that is longer than the region. Its header stands in the output region.
 * @param {number} header its length, or a refusal
 * @param {Uint8Array} payload
 * @param {boolean} roomy the payload's memory is ours, and has room for a header before it
 */
function long(header, payload, roomy) {
  if (header < 0) throw refuse(header);
  refresh();
  const masked = status[0] !== 0;
  const { length } = payload;
  const out = roomy ? viewOf(payload, -header, length) : allocate(header + length);
  put(out, regionView(outputAt, header), 0);
  if (masked) maskInto(payload, out, header);
  else if (!roomy) put(out, payload, header);
  return out;
}

/**
 * `bytes` masked with `key`, as new bytes.
 * @param {Uint8Array} bytes
 * @param {number} key little-endian
 */
export function masked(bytes, key) {
  refresh();
  const out = allocate(bytes.length);
  wasm.mask_with(key);
  maskInto(bytes, out, 0);
  return out;
}

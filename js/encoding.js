// From messages to the bytes of frames.
import {
  allocate,
  copyOut,
  encoder,
  fast,
  HEADER,
  joined,
  mem,
  outgoing,
  outputAt,
  queueAt,
  refresh,
  regionSize,
  status,
  utf8Bytes,
  utf8Length,
  wasm,
} from './engine.js';
import { StreamClosed } from './exceptions.js';

/**
 * Writes a payload behind the room for a header and returns its length, or -1 when it may
 * not fit.
 * @param {string | Uint8Array} data
 */
function writePayload(data) {
  if (mem.byteLength === 0) refresh();
  const { length } = data;
  if (length > regionSize) return -1;
  if (typeof data === 'string') {
    const { read, written } = encoder.encodeInto(data, outgoing);
    return read === length ? written : -1;
  }
  outgoing.set(data);
  return length;
}

/** What the negative results of the encoding calls mean (src/wasm/stream.rs). */
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

// What a call says about a frame beside its opcode (src/wasm/stream.rs).
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
  const start = wasm.stream_encode(stream, frame, length);
  if (start < 0) throw refuse(start);
  if (mem.byteLength === 0) refresh();
  return copyOut(outputAt + start, outputAt + HEADER + status[0]);
}

/**
 * Makes a stream's next frame and leaves it in the engine, behind those that wait there. Gives
 * its length, or undefined, and nothing is changed, when there is no room.
 * @param {number} stream
 * @param {number} frame the opcode and the bits above
 * @param {string | Uint8Array} data
 */
export function queueFor(stream, frame, data) {
  const length = writePayload(data);
  if (length < 0) return undefined;
  const size = wasm.stream_queue(stream, frame, length);
  if (size >= 0) return size;
  if (size === NO_ROOM) return undefined;
  throw refuse(size);
}

/** @param {number} length of the newest frame in the engine, which is forgotten */
export const dropQueued = (length) => wasm.queue_drop(length);

/** All frames that wait in the engine; it forgets them. */
export function takeQueue() {
  if (mem.byteLength === 0) refresh();
  return copyOut(queueAt, queueAt + wasm.queue_take());
}

/**
 * A stream's next frame of a payload that is longer than the region.
 * @param {number} stream
 * @param {number} frame
 * @param {string | Uint8Array} data
 */
function longFor(stream, frame, data) {
  const length = typeof data === 'string' ? utf8Length(data) : data.length;
  const compresses = wasm.stream_compresses(stream, frame, length);
  if (compresses < 0) throw refuse(compresses);
  if (!compresses) return long(wasm.stream_begin(stream, frame, length, false), data, length);
  const bytes = typeof data === 'string' ? utf8Bytes(data) : data;
  const payload = deflated(stream, bytes, (frame & FIN) !== 0);
  const header = wasm.stream_begin(stream, frame, payload.length, true);
  return long(header, payload, payload.length);
}

/**
 * The header of a stream's next frame, if its payload goes out as it is, neither masked nor
 * compressed.
 * @param {number} stream
 * @param {number} frame
 * @param {number} length of the payload
 */
export function headerFor(stream, frame, length) {
  const compresses = wasm.stream_compresses(stream, frame, length);
  if (compresses < 0) throw refuse(compresses);
  if (compresses) return undefined;
  const header = wasm.stream_begin(stream, frame, length, false);
  if (header < 0) throw refuse(header);
  if (mem.byteLength === 0) refresh();
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
    const piece = bytes.subarray(from, from + regionSize);
    const last = fin && from + regionSize >= bytes.length;
    mem.set(piece, at);
    const length = wasm.stream_deflate(stream, piece.length, last);
    if (mem.byteLength === 0) refresh();
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
    const size = typeof data === 'string' ? utf8Length(data) : data.length;
    return long(wasm.frame_begin(first, masking, key, size), data, size);
  }
  const start = wasm.frame_encode(first, masking, key, length);
  if (mem.byteLength === 0) refresh();
  return copyOut(outputAt + start, outputAt + HEADER + length);
}

/**
 * A frame that is longer than the region: header first, payload masked piece by piece.
 * @param {number} header its length, or a refusal
 * @param {string | Uint8Array} data
 * @param {number} length of the payload
 */
function long(header, data, length) {
  if (header < 0) throw refuse(header);
  if (mem.byteLength === 0) refresh();
  const masked = status[0] !== 0;
  const out = allocate(header + length);
  out.set(mem.subarray(outputAt, outputAt + header));
  const payload = out.subarray(header);
  if (typeof data === 'string') writeText(data, payload);
  else if (!masked) payload.set(data);
  if (masked) maskPieces(typeof data === 'string' ? payload : data, payload, 0);
  return out;
}

/**
 * Writes all of a text's UTF-8.
 * @type {(text: string, bytes: Uint8Array) => void}
 */
const writeText = fast
  ? (text, bytes) => /** @type {any} */ (bytes).utf8Write(text, 0, bytes.length)
  : (text, bytes) => encoder.encodeInto(text, bytes);

/**
 * Masks `bytes` into `out` from `at` on, with the key that the engine holds.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} out
 * @param {number} at
 */
function maskPieces(bytes, out, at) {
  for (let from = 0; from < bytes.length; from += regionSize) {
    const piece = bytes.subarray(from, from + regionSize);
    mem.set(piece, outputAt);
    wasm.mask_next(piece.length);
    out.set(mem.subarray(outputAt, outputAt + piece.length), at + from);
  }
}

/**
 * `bytes` masked with `key`, as new bytes.
 * @param {Uint8Array} bytes
 * @param {number} key little-endian
 */
export function masked(bytes, key) {
  if (mem.byteLength === 0) refresh();
  const out = allocate(bytes.length);
  wasm.mask_with(key);
  maskPieces(bytes, out, 0);
  return out;
}

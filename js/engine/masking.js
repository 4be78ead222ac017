// How long payload is masked and unmasked (RFC 6455 section 5.3): in the engine, piece by piece, or
// by bufferutil where the user has installed it, which reaches the caller's memory without a copy.
import { allocate, put, viewOf } from '../base/bytes.js';
import { calls, mem, outputAt, trapped } from './instance.js';
import { regionView } from './regions.js';

/**
 * What goes through the engine does so in pieces of this many bytes: the fastest cache holds one
 * while it is copied in, masked, and copied out.
 */
const PIECE = 16 * 1024;

/** Fewer bytes are not worth a call of an add-on's. */
const WORTH_A_CALL = 1024;

/**
 * The functions of bufferutil.
 * @typedef {object} Native
 * @property {(from: Uint8Array, key: Uint8Array, to: Uint8Array, at: number, length: number) => void} mask
 * @property {(bytes: Uint8Array, key: Uint8Array) => void} unmask
 */

/** @type {() => Native | undefined} */
let find = () => undefined;
/** Null until it was looked for. @type {Native | undefined | null} */
let native = null;

/** @param {() => Native | undefined} how called when it is needed for the first time */
export function findNative(how) {
  find = how;
  native = null;
}

/** Whether there is a way that needs no copy. */
export function masksInPlace() {
  if (native === null) native = find();
  return native !== undefined;
}

/** The key as an add-on takes it. */
const keyBytes = allocate(4);

/**
 * Masks or unmasks bytes from one place to another, or to the same.
 * @param {number} key little-endian, turned to the first of the bytes
 * @param {Uint8Array} bytes
 * @param {Uint8Array} out
 * @param {number} start where in `out`
 */
export function maskInto(key, bytes, out, start) {
  const { length } = bytes;
  if (length < WORTH_A_CALL || !masksInPlace()) {
    maskPieces(key, bytes, (piece, at) => put(out, piece, start + at));
    return;
  }
  for (let i = 0; i < 4; i++) keyBytes[i] = key >>> (8 * i);
  const { mask, unmask } = /** @type {Native} */ (native);
  if (bytes === out) unmask(bytes, keyBytes);
  else mask(bytes, keyBytes, out, start, length);
}

/**
 * @param {number} key little-endian, turned to the first of the bytes
 * @param {Uint8Array} bytes
 * @param {(piece: Uint8Array, at: number) => void} give called with each piece, which is good
 *   until it returns, and where among the bytes it stood
 */
export function maskPieces(key, bytes, give) {
  try {
    calls.mask_with(key);
  } catch (error) {
    throw trapped(error);
  }
  for (let at = 0; at < bytes.length; at += PIECE) give(maskedPiece(bytes, at), at);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function maskedPiece(bytes, at) {
  const size = Math.min(PIECE, bytes.length - at);
  put(mem, size === bytes.length ? bytes : viewOf(bytes, at, at + size), outputAt);
  try {
    calls.mask_next(size);
  } catch (error) {
    throw trapped(error);
  }
  return regionView(outputAt, size);
}

/**
 * The key turned to the byte behind `length` bytes.
 * @param {number} key little-endian
 * @param {number} length
 */
export function keyAfter(key, length) {
  const bits = 8 * (length & 3);
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/**
 * The key in which a header ends (RFC 6455 section 5.2), little-endian.
 * @param {Uint8Array} header
 */
export function keyOf(header) {
  let key = 0;
  for (let i = 1; i <= 4; i++) key = (key << 8) | header[header.length - i];
  return key;
}

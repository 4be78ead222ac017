// The shared regions of linear memory (src/wasm/mod.rs) and the cached views on them.
import * as glue from '../pkg/ws4wasm.js';
import { exceptionOf, StreamClosed } from './exceptions.js';

/** The engine's functions with plain numbers. */
export const wasm = glue;

/** The longest frame header, and the room for one in the output region. */
const HEADER = 14;

/** @type {WebAssembly.Memory} */
let memory;
/** Where the regions are. */
let inputAt = 0;
let recordsAt = 0;
let arenaAt = 0;
let wideAt = 0;
let gatheredAt = 0;
let outputAt = 0;
let statusAt = 0;

/** Most bytes that fit the input or the output region. */
export let regionSize = 0;

/**
 * All of linear memory: a Buffer where there is one, because its string methods are the
 * fastest way from bytes to strings.
 * @type {Uint8Array}
 */
export let mem = new Uint8Array(0);

/** The same in words. */
let memWords = new Int32Array(0);

/**
 * The event table. Five words a record; see `Record` in src/stream/batch.rs.
 * @type {Int32Array}
 */
export let records = new Int32Array(0);

/**
 * Further results of the last call.
 * @type {Uint32Array}
 */
export let status = new Uint32Array(0);

const NodeBuffer = /** @type {typeof Buffer | undefined} */ (globalThis.Buffer);
const fast = typeof (/** @type {any} */ (NodeBuffer?.prototype)?.latin1Slice) === 'function';

/** A run of ASCII texts of so many bytes may always become one string; see js/events.js. */
export const windowSize = fast ? 1024 : 8192;

/** @type {(() => void)[]} */
const waiting = [];

/**
 * Runs `f` once the engine is there.
 * @param {() => void} f
 */
export function whenStarted(f) {
  if (regionSize) f();
  else waiting.push(f);
}

/**
 * Called once by the entry that has compiled the module.
 * @param {{ memory: WebAssembly.Memory }} exports
 */
export function start(exports) {
  if (regionSize) return;
  memory = exports.memory;
  [inputAt, regionSize, recordsAt, arenaAt, wideAt, gatheredAt, outputAt, statusAt] =
    glue.layout();
  refresh();
  for (const f of waiting.splice(0)) f();
}

/** Growth of linear memory detaches its views; every entry into this module looks. */
export function refresh() {
  if (mem.byteLength !== 0) return;
  if (!memory) {
    throw new Error(
      "ws4wasm is not started: await init(…) of 'ws4wasm/slim' first, or import 'ws4wasm', which starts it",
    );
  }
  const { buffer } = memory;
  mem = fast && NodeBuffer ? NodeBuffer.from(buffer) : new Uint8Array(buffer);
  // The table is the last region that needs a bound: it is never read beyond the count.
  memWords = new Int32Array(buffer);
  records = new Int32Array(buffer, recordsAt);
  status = new Uint32Array(buffer, statusAt, 8);
}

const ascii = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16le = new TextDecoder('utf-16le', { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * ASCII text from the arena.
 * @type {(offset: number, length: number) => string}
 */
export const asciiText = fast
  ? (offset, length) =>
      /** @type {any} */ (mem).latin1Slice(arenaAt + offset, arenaAt + offset + length)
  : (offset, length) => ascii.decode(mem.subarray(arenaAt + offset, arenaAt + offset + length));

/**
 * Text from the UTF-16 region; offset and length in units.
 * @type {(offset: number, length: number) => string}
 */
export const wideText = fast
  ? (offset, length) =>
      /** @type {any} */ (mem).ucs2Slice(wideAt + 2 * offset, wideAt + 2 * (offset + length))
  : (offset, length) =>
      utf16le.decode(mem.subarray(wideAt + 2 * offset, wideAt + 2 * (offset + length)));

/**
 * UTF-8 that is known to be right, a region's worth at most, by the same fast way as messages.
 * @param {Uint8Array} bytes
 */
export function gatheredText(bytes) {
  mem.set(bytes, outputAt);
  const units = glue.decode_gathered(bytes.length);
  // As if the text stood in the arena or among the records' UTF-16.
  if (units < 0) return asciiText(outputAt - arenaAt, bytes.length);
  return wideText((gatheredAt - wideAt) / 2, units);
}

/**
 * UTF-8 that is known to be right.
 * @type {(bytes: Uint8Array) => string}
 */
export const utf8Text = fast
  ? (bytes) => /** @type {any} */ (ownKind(bytes)).utf8Slice(0, bytes.length)
  : (bytes) => ascii.decode(bytes);

/**
 * New bytes to be overwritten in full: a Buffer in Node, from its pool when small.
 * @type {(length: number) => Uint8Array}
 */
export const allocate =
  fast && NodeBuffer
    ? (length) => NodeBuffer.allocUnsafe(length)
    : (length) => new Uint8Array(length);

/** Up to so many bytes are written one by one: a call of the platform's takes longer. */
const FEW = 48;

/** The same for what is copied out, in words. */
const FEW_OUT = 256;

/** Where short results lie side by side, as in Node's own pool, which has no view in words. */
const POOL = 8192;
let pool = new ArrayBuffer(0);
let poolWords = new Int32Array(pool);
let poolUsed = POOL;

/**
 * Bytes of a region, copied out.
 * @type {(start: number, end: number) => Uint8Array}
 */
const copyOut =
  fast && NodeBuffer
    ? (start, end) => {
        const length = end - start;
        if (length > FEW_OUT) {
          const out = NodeBuffer.allocUnsafe(length);
          out.set(mem.subarray(start, end));
          return out;
        }
        // Whole words, so up to three bytes more at either end.
        const first = start >> 2;
        const words = ((end + 3) >> 2) - first;
        if (poolUsed + 4 * words > POOL) {
          pool = NodeBuffer.allocUnsafeSlow(POOL).buffer;
          poolWords = new Int32Array(pool);
          poolUsed = 0;
        }
        const to = poolUsed >> 2;
        for (let i = 0; i < words; i++) poolWords[to + i] = memWords[first + i];
        const out = NodeBuffer.from(pool, poolUsed + (start & 3), length);
        poolUsed += 4 * words;
        return out;
      }
    : (start, end) => mem.slice(start, end);

/**
 * Bytes of the arena, copied out.
 * @param {number} offset
 * @param {number} length
 */
export function arenaBytes(offset, length) {
  return copyOut(arenaAt + offset, arenaAt + offset + length);
}

/**
 * Bytes of the arena as a view that is good until the next call.
 * @param {number} offset
 * @param {number} length
 */
export function arenaView(offset, length) {
  return mem.subarray(arenaAt + offset, arenaAt + offset + length);
}

/**
 * A part of the user's own bytes, of the kind this platform gives.
 * @type {(bytes: Uint8Array, start: number, end: number) => Uint8Array}
 */
export const viewOf =
  fast && NodeBuffer
    ? (bytes, start, end) =>
        bytes instanceof NodeBuffer
          ? bytes.subarray(start, end)
          : NodeBuffer.from(
              /** @type {ArrayBuffer} */ (bytes.buffer),
              bytes.byteOffset + start,
              end - start,
            )
    : (bytes, start, end) => bytes.subarray(start, end);

/**
 * Bytes as this platform's kind, without a copy.
 * @type {(bytes: Uint8Array) => Uint8Array}
 */
export const ownKind =
  fast && NodeBuffer
    ? (bytes) => (bytes instanceof NodeBuffer ? bytes : viewOf(bytes, 0, bytes.length))
    : (bytes) => bytes;

/**
 * Writes bytes, at most a region's worth, into the input region.
 * @param {Uint8Array} bytes
 */
export function writeInput(bytes) {
  if (mem.byteLength === 0) refresh();
  const { length } = bytes;
  if (length > FEW) mem.set(bytes, inputAt);
  else for (let i = 0; i < length; i++) mem[inputAt + i] = bytes[i];
}

/**
 * A string's UTF-8; lone surrogates become U+FFFD.
 * @param {string} text
 * @returns {Uint8Array}
 */
export function utf8Bytes(text) {
  return fast && NodeBuffer ? NodeBuffer.from(text, 'utf8') : encoder.encode(text);
}

/**
 * The length of a string's UTF-8.
 * @param {string} text
 */
export function utf8Length(text) {
  return fast && NodeBuffer ? NodeBuffer.byteLength(text, 'utf8') : encoder.encode(text).length;
}

/**
 * Writes a payload behind the room for a header and returns its length, or -1 when it may
 * not fit.
 * @param {string | Uint8Array} data
 */
function writePayload(data) {
  if (mem.byteLength === 0) refresh();
  const at = outputAt + HEADER;
  const { length } = data;
  if (typeof data !== 'string') {
    if (length > regionSize) return -1;
    if (length > FEW) mem.set(data, at);
    else for (let i = 0; i < length; i++) mem[at + i] = data[i];
    return length;
  }
  if (length <= FEW && writeAscii(data, at)) return length;
  // A UTF-16 unit is three bytes of UTF-8 at most.
  if (length * 3 > regionSize && (length > regionSize || utf8Length(data) > regionSize)) {
    return -1;
  }
  if (fast) return /** @type {any} */ (mem).utf8Write(data, at, regionSize);
  return encoder.encodeInto(data, mem.subarray(at, at + regionSize)).written;
}

/**
 * Writes a string if it is ASCII.
 * @param {string} text
 * @param {number} at
 */
function writeAscii(text, at) {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return false;
    mem[at + i] = unit;
  }
  return true;
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
  const start = glue.stream_encode(stream, frame, length);
  if (start < 0) throw refuse(start);
  if (mem.byteLength === 0) refresh();
  return copyOut(outputAt + start, outputAt + HEADER + status[0]);
}

/**
 * A stream's next frame of a payload that is longer than the region.
 * @param {number} stream
 * @param {number} frame
 * @param {string | Uint8Array} data
 */
function longFor(stream, frame, data) {
  const length = typeof data === 'string' ? utf8Length(data) : data.length;
  const compresses = glue.stream_compresses(stream, frame, length);
  if (compresses < 0) throw refuse(compresses);
  if (!compresses) return long(glue.stream_begin(stream, frame, length, false), data, length);
  const bytes = typeof data === 'string' ? utf8Bytes(data) : data;
  const payload = deflated(stream, bytes, (frame & FIN) !== 0);
  const header = glue.stream_begin(stream, frame, payload.length, true);
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
  const compresses = glue.stream_compresses(stream, frame, length);
  if (compresses < 0) throw refuse(compresses);
  if (compresses) return undefined;
  const header = glue.stream_begin(stream, frame, length, false);
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
    const length = glue.stream_deflate(stream, piece.length, last);
    if (mem.byteLength === 0) refresh();
    pieces.push(copyOut(at, at + length));
  }
  return joined(pieces);
}

/**
 * @param {Uint8Array[]} pieces
 * @param {(length: number) => Uint8Array} [make]
 */
export function joined(pieces, make = allocate) {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = make(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
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
    return long(glue.frame_begin(first, masking, key, size), data, size);
  }
  const start = glue.frame_encode(first, masking, key, length);
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
    glue.mask_next(piece.length);
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
  glue.mask_with(key);
  maskPieces(bytes, out, 0);
  return out;
}

/** The exception for the fault that the last call reported. */
export function takeException() {
  return exceptionOf(glue.take_error());
}

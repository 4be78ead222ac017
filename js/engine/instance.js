// The shared regions of linear memory (src/wasm/mod.rs) and the cached views on them.
import { HEADER_MAX, STATUS_WORDS } from '../../pkg/contract.js';
import * as glue from '../../pkg/ws4wasm.js';
import {
  allocate,
  asciiText,
  bytesOf,
  hasBuffers,
  OwnBytes,
  put,
  utf16Text,
  viewOf,
} from '../base/bytes.js';
import { exceptionOf } from '../base/exceptions.js';
import { Pool, Slab } from './memory.js';

/** @type {Error | undefined} */
let stopped;

/**
 * What to throw for an error that came out of the engine. A trap (no more memory, or a fault of
 * ours) leaves the engine in the middle of something; it refuses every call from then on, so
 * that all its streams are lost and learn of it by the same error.
 * @param {unknown} error
 */
export function trapped(error) {
  // A stack that is too deep is the caller's, and may not have reached the engine.
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  if (stopped) return stopped;
  const why = glue.failure() ?? error.message;
  const used = `${memory.buffer.byteLength / 2 ** 20} MiB`;
  const RuntimeError = /** @type {any} */ (WebAssembly.RuntimeError);
  stopped = new RuntimeError(
    `the engine of ws4wasm has stopped, and all its streams with it; of memory it had ${used} (${why})`,
    { cause: error },
  );
  return stopped;
}

/**
 * @template {(...args: any[]) => any} F
 * @param {F} f
 */
const guarded = (f) =>
  /** @type {F} */ (
    (...args) => {
      try {
        return f(...args);
      } catch (error) {
        throw trapped(error);
      }
    }
  );

/** The engine's functions with plain numbers, and its classes. Those of every message have
 * functions of their own below: calls through this cost more. */
export const wasm = /** @type {typeof glue} */ (
  Object.fromEntries(
    Object.entries(glue).map(([name, member]) => {
      const isClass = /^[A-Z]/.test(name);
      return [name, isClass ? member : guarded(/** @type {any} */ (member))];
    }),
  )
);

/** A stream that is given up. An engine that has stopped has nothing to give back to. */
export function freeStream(/** @type {number} */ stream) {
  try {
    glue.stream_free(stream);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
}

/** The room for a header in the output region. */
export const HEADER = HEADER_MAX;

/** @type {WebAssembly.Memory} */
let memory;
/** Where the regions are. */
let inputAt = 0;
let recordsAt = 0;
let arenaAt = 0;
let wideAt = 0;
let gatheredAt = 0;
export let outputAt = 0;
export let queueAt = 0;
let statusAt = 0;

/** Most bytes that fit the input or the output region. */
export let regionSize = 0;

/** Linear memory as it is now. */
let buffer = new ArrayBuffer(0);

/**
 * All of linear memory: a Buffer where there is one, because its string methods are the
 * fastest way from bytes to strings.
 * @type {Uint8Array}
 */
export let mem = new Uint8Array(0);

/** The same in words. */
let memWords = new Int32Array(0);

/**
 * The event table; see pkg/contract.js for what is in a record.
 * @type {Int32Array}
 */
export let records = new Int32Array(0);

/** The output region behind the room for a header. */
export let outgoing = new Uint8Array(0);

/**
 * Further results of the last call.
 * @type {Uint32Array}
 */
export let status = new Uint32Array(0);

/**
 * ASCII texts that stand together may always become one string of so many bytes, of which they
 * are cut: a call of the platform's decoder takes longer where there are no Buffers.
 */
export const TEXT_RUN = hasBuffers ? 1024 : 8192;

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
  [inputAt, regionSize, recordsAt, arenaAt, wideAt, gatheredAt, outputAt, queueAt, statusAt] =
    glue.layout(TEXT_RUN);
  refresh();
  for (const f of waiting.splice(0)) f();
}

/** Growth of linear memory detaches its views; every entry into this module looks. */
export function refresh() {
  if (mem.length !== 0) return;
  if (!memory) {
    throw new Error(
      "ws4wasm is not started: await init(…) of 'ws4wasm/slim' first, or import 'ws4wasm', which starts it",
    );
  }
  buffer = memory.buffer;
  mem = bytesOf(buffer);
  memWords = new Int32Array(buffer);
  // Without a bound: the table is never read beyond the count.
  records = new Int32Array(buffer, recordsAt);
  outgoing = new Uint8Array(buffer, outputAt + HEADER, regionSize);
  status = new Uint32Array(buffer, statusAt, STATUS_WORDS);
}

/**
 * ASCII text from the arena.
 * @param {number} offset
 * @param {number} length
 */
export function arenaText(offset, length) {
  return asciiText(mem, arenaAt + offset, arenaAt + offset + length);
}

/**
 * Text from the UTF-16 region; offset and length in units.
 * @param {number} offset
 * @param {number} length
 */
export function wideText(offset, length) {
  return utf16Text(mem, wideAt + 2 * offset, wideAt + 2 * (offset + length));
}

/**
 * UTF-8 that is known to be right, a region's worth at most, by the same fast way as messages.
 * @param {Uint8Array} bytes
 */
export function gatheredText(bytes) {
  put(mem, bytes, outputAt);
  const units = wasm.decode_gathered(bytes.length);
  if (units < 0) return asciiText(mem, outputAt, outputAt + bytes.length);
  // As if it stood among the records' UTF-16.
  return wideText((gatheredAt - wideAt) / 2, units);
}

/** Up to so many bytes are written one by one: a call of the platform's takes longer. */
const FEW = 8;

/** The same for what is copied out. */
const FEW_OUT = 128;

// Who has received something may give its memory away; no frame that waits must go with it.
const received = new Pool();
const frames = new Pool();
const slab = new Slab(72 * 1024);

/**
 * @param {Pool} pool
 * @param {number} start
 * @param {number} end
 */
function copied(pool, start, end) {
  if (!hasBuffers) return mem.slice(start, end);
  const length = end - start;
  if (length <= FEW_OUT) return pool.copy(memWords, start, length);
  const out = allocate(length);
  put(out, new Uint8Array(buffer, start, length), 0);
  return out;
}

/**
 * Bytes of a region, copied out.
 * @param {number} start
 * @param {number} end
 */
export function copyOut(start, end) {
  return copied(received, start, end);
}

/**
 * A frame, copied out.
 * @param {number} start
 * @param {number} end
 */
export function frameOut(start, end) {
  return copied(frames, start, end);
}

/**
 * Frames that go to a transport and to nobody else, copied out.
 * @param {number} start
 * @param {number} end
 */
export function leavingOut(start, end) {
  const length = end - start;
  if (length <= FEW_OUT || !hasBuffers) return copied(frames, start, end);
  const out = slab.take(length);
  put(out, new Uint8Array(buffer, start, length), 0);
  return out;
}

/**
 * Memory for a part of a frame that goes to a transport and to nobody else, to be overwritten.
 * @param {number} length
 */
export function leavingMemory(length) {
  return slab.take(length);
}

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
  return regionView(arenaAt + offset, length);
}

/**
 * Bytes of a region as a view that is good until the next call.
 * @param {number} start
 * @param {number} length
 */
export function regionView(start, length) {
  return new OwnBytes(buffer, start, length);
}

/**
 * Writes bytes, at most a region's worth, into the input region.
 * @param {Uint8Array} bytes
 */
export function writeInput(bytes) {
  refresh();
  const { length } = bytes;
  const into = mem;
  if (length > FEW) put(into, bytes, inputAt);
  else for (let i = 0; i < length; i++) into[inputAt + i] = bytes[i];
}

/**
 * What is masked goes through the engine in pieces of so many bytes: the fastest cache holds one
 * while it is copied in, masked, and copied out.
 */
const PIECE = 16 * 1024;

/**
 * Masks or unmasks bytes, with the key that the engine holds.
 * @param {Uint8Array} bytes
 * @param {(piece: Uint8Array, at: number) => void} give called with each piece, which is good
 *   until it returns, and where among the bytes it stood
 */
export function maskPieces(bytes, give) {
  for (let at = 0; at < bytes.length; at += PIECE) {
    give(maskedPiece(bytes, at), at);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function maskedPiece(bytes, at) {
  const size = Math.min(PIECE, bytes.length - at);
  put(mem, size === bytes.length ? bytes : viewOf(bytes, at, at + size), outputAt);
  try {
    glue.mask_next(size);
  } catch (error) {
    throw trapped(error);
  }
  return regionView(outputAt, size);
}

/**
 * Masks or unmasks bytes from one place to another, or to the same.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} out
 * @param {number} start where in `out`
 */
export function maskInto(bytes, out, start) {
  for (let at = 0; at < bytes.length; at += PIECE) {
    put(out, maskedPiece(bytes, at), start + at);
  }
}

/**
 * Has a stream decode a part of the input region; gives how many records there are.
 * @param {number} stream
 * @param {number} offset
 * @param {number} length
 * @param {number} beyond
 */
export function receiveFor(stream, offset, length, beyond) {
  let count;
  try {
    count = glue.stream_receive(stream, offset, length, beyond);
  } catch (error) {
    throw trapped(error);
  }
  refresh();
  return count;
}

/** The exception for the fault that the last call reported. */
export function takeException() {
  return exceptionOf(wasm.take_error());
}

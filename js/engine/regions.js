// Bytes and texts out of the engine's regions and back into them: nothing that is given out lies in
// linear memory, but for views that say so.
import {
  allocate,
  asciiText,
  hasBuffers,
  OwnBytes,
  put,
  takesUtf8,
  utf8Part,
  utf16Text,
} from '../base/bytes.js';
import {
  arenaAt,
  buffer,
  gatheredAt,
  mem,
  memWords,
  outputAt,
  wasm,
  wideAt,
} from './instance.js';
import { POOL, Pool, Slab } from './memory.js';

/**
 * ASCII text from the arena.
 * @param {number} offset
 * @param {number} length
 */
export function arenaText(offset, length) {
  return asciiText(mem, arenaAt + offset, arenaAt + offset + length);
}

/**
 * UTF-8 text from the arena.
 * @param {number} offset
 * @param {number} length
 */
export function arenaUtf8(offset, length) {
  return utf8Part(mem, arenaAt + offset, arenaAt + offset + length);
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
  if (takesUtf8) return utf8Part(bytes, 0, bytes.length);
  put(mem, bytes, outputAt);
  const units = wasm.decode_gathered(bytes.length);
  if (units < 0) return asciiText(mem, outputAt, outputAt + bytes.length);
  // As if it stood among the records' UTF-16.
  return wideText((gatheredAt - wideAt) / 2, units);
}

/** Up to this many bytes are copied out word by word: a call of the platform's takes longer. */
const FEW = 128;

/** Longer pieces get memory of their own: there is little to gain. */
const SHORT = POOL / 4;

// A receiver may transfer the buffer of what it got; no frame that waits must go with it.
const received = new Pool();
const frames = new Pool();
const leaving = new Pool();
const slab = new Slab(72 * 1024);

/**
 * @param {Pool} pool
 * @param {object | undefined} owner
 * @param {number} start
 * @param {number} end
 */
function copied(pool, owner, start, end) {
  if (!hasBuffers) return mem.slice(start, end);
  const length = end - start;
  if (length <= FEW) return pool.copy(owner, memWords, start, length);
  const out = owner && length <= SHORT ? pool.take(owner, length) : allocate(length);
  put(out, new Uint8Array(buffer, start, length), 0);
  return out;
}

/**
 * Bytes of a region, copied out.
 * @param {object | undefined} owner the endpoint that they belong to
 * @param {number} start
 * @param {number} end
 */
export function copyOut(owner, start, end) {
  return copied(received, owner, start, end);
}

/**
 * A frame, copied out.
 * @param {object | undefined} owner the endpoint that it belongs to
 * @param {number} start
 * @param {number} end
 */
export function frameOut(owner, start, end) {
  return copied(frames, owner, start, end);
}

/**
 * Frames that go to a transport and to nobody else, copied out.
 * @param {number} start
 * @param {number} end
 * @param {boolean} soon they are written soon; else nothing else is kept alive with them
 */
export function leavingOut(start, end, soon) {
  const length = end - start;
  if (!soon || !hasBuffers) return copied(frames, undefined, start, end);
  if (length <= FEW) return copied(leaving, leaving, start, end);
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
 * @param {object} owner
 * @param {number} offset
 * @param {number} length
 */
export function arenaBytes(owner, offset, length) {
  return copyOut(owner, arenaAt + offset, arenaAt + offset + length);
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

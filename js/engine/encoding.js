// From messages to the bytes of frames.
import { FRAME_FIN, REFUSED_CLOSED, REFUSED_MESSAGE_OPEN } from '../../pkg/contract.js';
import { allocate, encoder, put, viewOf } from '../base/bytes.js';
import { StreamClosed } from '../base/exceptions.js';
import {
  calls,
  HEADER,
  isShallow,
  mem,
  outgoing,
  outputAt,
  refresh,
  regionSize,
  status,
  trapped,
  wasm,
} from './instance.js';
import {
  BLOCKS,
  inOnePiece,
  longFrame,
  ONE_PIECE,
  payloadOf,
  SHARED_BLOCKS,
} from './long-frames.js';
import { maskInto, masksInPlace } from './masking.js';
import { copyOut, frameOut, leavingOut } from './regions.js';

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

/** What the negative results of the encoding calls mean. */
export function refusal(/** @type {number} */ result) {
  if (result === REFUSED_CLOSED) return new StreamClosed();
  if (result === REFUSED_MESSAGE_OPEN) {
    return new RangeError(
      'first is true; a fragmented message is not finished: send its last fragment (fin: true) first',
    );
  }
  return new RangeError('first is false; there is no fragmented message to continue');
}

/**
 * The bytes of an endpoint's next frame.
 * @param {{ live(): number }} endpoint
 * @param {number} frame the opcode and the bits above
 * @param {string | Uint8Array} data
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeFor(endpoint, frame, data) {
  const stream = endpoint.live();
  const start = encodeInRegion(stream, frame, data);
  if (start < 0) return inOnePiece(longFor(stream, frame, data, ONE_PIECE));
  return frameOut(endpoint, start, regionEnd());
}

/**
 * The same in pieces that are good to be written one after the other, by a transport and nobody
 * else.
 * @param {{ live(): number, alwaysMask: boolean, deflate: number | undefined }} endpoint
 * @param {number} frame
 * @param {string | Uint8Array} data
 * @param {boolean} soon they are; else nothing else is kept alive with them
 * @returns {Uint8Array[]}
 */
export function piecesFor(endpoint, frame, data, soon) {
  const stream = endpoint.live();
  const long = data.length >= BESIDE && typeof data !== 'string';
  const masks = long && endpoint.alwaysMask && endpoint.deflate === undefined;
  const beside = masks && masksInPlace();
  const start = beside ? -1 : encodeInRegion(stream, frame, data);
  if (start < 0) return longFor(stream, frame, data, soon ? SHARED_BLOCKS : BLOCKS);
  return [leavingOut(start, regionEnd(), soon)];
}

/** Bytes from this length on are masked beside the engine, where that saves copying them. */
const BESIDE = 4096;

/** Where the frame ends that was made last. */
const regionEnd = () => outputAt + HEADER + status[0];

/**
 * Has the engine make a stream's next frame. Gives where it begins, or -1 when its payload is
 * longer than the region.
 * @param {number} stream
 * @param {number} frame
 * @param {string | Uint8Array} data
 */
function encodeInRegion(stream, frame, data) {
  const length = writePayload(data);
  if (length < 0) return -1;
  let start;
  try {
    start = calls.stream_encode(stream, frame, length);
  } catch (error) {
    throw trapped(error);
  }
  if (start < 0) throw refusal(start);
  refresh();
  return outputAt + start;
}

/**
 * A stream's next frame of a payload that is longer than the region.
 * @param {number} stream
 * @param {number} frame
 * @param {string | Uint8Array} data
 * @param {import('./long-frames.js').Memory} memory
 */
function longFor(stream, frame, data, memory) {
  const payload = payloadOf(data, memory);
  const header = beginFrame(stream, frame, payload.length);
  if (header !== 0) return longFrame(header, payload, memory);
  const smaller = deflated(stream, payload.pieces, (frame & FRAME_FIN) !== 0);
  return longFrame(wasm.stream_begin(stream, frame, smaller.length, true), smaller, memory);
}

/**
 * Has the engine write the header of a stream's next frame. Gives its length, or 0 when the payload is
 * to be compressed first.
 * @param {number} stream
 * @param {number} frame
 * @param {number} length of the payload
 * @returns {number}
 */
function beginFrame(stream, frame, length) {
  let header;
  try {
    header = calls.stream_begin(stream, frame, length, false);
  } catch (error) {
    throw trapped(error);
  }
  if (header < 0) throw refusal(header);
  return header;
}

/**
 * The last header that `headerFor` gave, and for what: messages of one length have the same one, and
 * making bytes of their own costs more than all else. The bytes are noted beside it, because whoever
 * has got it may have written to it, or given its memory away.
 * @type {{ frame: number, length: number, bytes: number[], header: Uint8Array<ArrayBuffer> }}
 */
const last = { frame: 0, length: -1, bytes: [0], header: new Uint8Array(0) };

/**
 * The same header again, if it is one for this frame and length.
 * @param {number} frame
 * @param {number} length
 */
export function lastHeader(frame, length) {
  if (frame !== last.frame || length !== last.length) return undefined;
  const { bytes, header } = last;
  for (let i = 0; i < bytes.length; i++) {
    if (header[i] !== bytes[i]) {
      last.header = viewOf(Uint8Array.from(bytes), 0, bytes.length);
      break;
    }
  }
  return last.header;
}

/**
 * Headers of two and four bytes, as `headerFor` would give them, in numbers: by frame and by length. 0 is
 * one that was not asked for.
 * @type {Int32Array[]}
 */
const short = [];

/** Of messages shorter than this. */
const SHORT = 1024;

/**
 * The header of a whole message of less than 1 KiB that is neither masked nor compressed. It is the same
 * for all streams, so the engine is asked once, and only where the stack is shallow enough.
 * @param {{ live(): number }} endpoint
 * @param {number} frame
 * @param {number} length
 * @returns {number | undefined} its bytes, the first one lowest
 */
export function shortHeader(endpoint, frame, length) {
  const headers = short[frame];
  if (headers !== undefined && headers[length] !== 0) return headers[length];
  return isShallow() ? askedHeader(endpoint.live(), frame, length) : undefined;
}

/**
 * @param {number} stream
 * @param {number} frame
 * @param {number} length
 */
function askedHeader(stream, frame, length) {
  const size = beginFrame(stream, frame, length);
  if (size === 0) return undefined;
  refresh();
  let header = 0;
  for (let i = 0; i < size; i++) header |= mem[outputAt + i] << (8 * i);
  short[frame] ??= new Int32Array(SHORT);
  short[frame][length] = header;
  return header;
}

/**
 * The header of the next frame of a stream that does not mask, if its payload is not compressed.
 * @param {number} stream
 * @param {number} frame
 * @param {number} length of the payload
 */
export function headerFor(stream, frame, length) {
  const header = beginFrame(stream, frame, length);
  if (header === 0) return undefined;
  refresh();
  const again = lastHeader(frame, length);
  if (again) return again;
  last.frame = frame;
  last.length = length;
  last.header = frameOut(undefined, outputAt, outputAt + header);
  last.bytes = Array.from(last.header);
  return last.header;
}

/**
 * A payload, compressed.
 * @param {number} stream
 * @param {Uint8Array[]} payload
 * @param {boolean} fin
 * @returns {import('./long-frames.js').Payload}
 */
function deflated(stream, payload, fin) {
  const at = outputAt + HEADER;
  const pieces = [];
  let length = 0;
  for (const [i, bytes] of payload.entries()) {
    for (let from = 0; from < bytes.length; from += regionSize) {
      const to = Math.min(from + regionSize, bytes.length);
      put(mem, viewOf(bytes, from, to), at);
      const last = fin && to === bytes.length && i === payload.length - 1;
      const size = wasm.stream_deflate(stream, to - from, last);
      refresh();
      pieces.push(frameOut(undefined, at, at + size));
      length += size;
    }
  }
  return { pieces, length, own: true, roomy: false };
}

/**
 * The bytes of a frame that belongs to no stream.
 * @param {number} first the first byte
 * @param {number} masking
 * @param {number} key
 * @param {string | Uint8Array} data
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeFree(first, masking, key, data) {
  const length = writePayload(data);
  if (length < 0) {
    const payload = payloadOf(data, ONE_PIECE);
    const header = wasm.frame_begin(first, masking, key, payload.length);
    return inOnePiece(longFrame(header, payload, ONE_PIECE));
  }
  const start = wasm.frame_encode(first, masking, key, length);
  refresh();
  return copyOut(undefined, outputAt + start, outputAt + HEADER + length);
}

/**
 * `bytes` masked with `key`, as new bytes.
 * @param {Uint8Array} bytes
 * @param {number} key little-endian
 */
export function masked(bytes, key) {
  refresh();
  const out = allocate(bytes.length);
  maskInto(key, bytes, out, 0);
  return out;
}

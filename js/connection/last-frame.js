// One message to many connections is made a frame once: each of them looks here for what the last one
// made. Only frames that are the same for all are kept, those of servers without compression; and only
// for transports that nobody can reach them through.
import { joined, viewOf } from '../base/bytes.js';

/** What is longer is not kept. */
const LONGEST = 64 * 1024;

/** Bytes up to this many are compared one by one: a call of the platform's takes longer. */
const FEW = 64;

const NOTHING = new Uint8Array(0);

/** What the engine is told of the last one; no frame has this number. */
let kind = -1;
/** Its text, or the bytes that were seen once. @type {string | Uint8Array | undefined} */
let source;
/** The frame; empty as long as the same bytes were not seen twice. @type {Uint8Array} */
let made = NOTHING;
/** The part of it behind the header. @type {Uint8Array} */
let payload = NOTHING;

/**
 * @param {string | Uint8Array} data
 * @param {number} frame what the engine is told of it
 * @returns {Uint8Array | undefined} the frame
 */
export function lastFrame(data, frame) {
  if (frame !== kind || made.length === 0) return undefined;
  if (typeof data === 'string') return data === source ? made : undefined;
  // Their owner may have changed them meanwhile.
  return typeof source !== 'string' && equal(data, payload) ? made : undefined;
}

/**
 * @param {string | Uint8Array} data
 * @param {number} frame
 * @param {Uint8Array[]} pieces of its frame
 * @param {number} length of them all
 * @returns {Uint8Array[]} the same
 */
export function keepFrame(data, frame, pieces, length) {
  if (length > LONGEST) return pieces;
  const again = data === source && frame === kind;
  kind = frame;
  source = data;
  made = NOTHING;
  // A frame in pieces is worth a copy when it is sent again.
  if (pieces.length > 1 && !again) return pieces;
  made = pieces.length > 1 ? joined(pieces) : pieces[0];
  payload = typeof data === 'string' ? NOTHING : viewOf(made, length - data.length, length);
  return [made];
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
function equal(one, other) {
  const { length } = one;
  if (length !== other.length) return false;
  if (length > FEW && typeof Buffer === 'function') return Buffer.compare(one, other) === 0;
  for (let i = 0; i < length; i++) {
    if (one[i] !== other[i]) return false;
  }
  return true;
}

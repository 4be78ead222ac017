// Copies of bytes that were sent and are not in frames yet, one of a connection, of all connections side
// by side: answers of one turn, mostly. Memory of their own would cost more than all else of a short
// message; this is used again.
import { put, viewOf } from '../base/bytes.js';

const SIZE = 64 * 1024;

/** Once something was sent. @type {Uint8Array | undefined} */
let memory;
/** Bytes of it that are in use, or were before what is. */
let used = 0;
/** How many copies are in use. */
let copies = 0;

/**
 * A copy that is good until it is released.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array | undefined} nothing when there is no room
 */
export function stage(bytes) {
  const { length } = bytes;
  if (length > SIZE - used) return undefined;
  memory ??= new Uint8Array(SIZE);
  const at = used;
  put(memory, bytes, at);
  used += length;
  copies++;
  return viewOf(memory, at, used);
}

/** A copy is not looked at any more. */
export function release() {
  if (--copies === 0) used = 0;
}

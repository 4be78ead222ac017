// What the calls of an Inspection and of a Recorder take, checked.
import { CLIENT_TO_SERVER, SERVER_TO_CLIENT } from '../../pkg/inspect/contract.js';
import * as check from '../base/arguments.js';

const MAX_U32 = 0xffff_ffff;

/** As much as goes into the module at a time: its memory for it is never more. */
const PIECE = 1024 * 1024;

export const directions = { c2s: CLIENT_TO_SERVER, s2c: SERVER_TO_CLIENT };

/** @param {unknown} value @param {string} name */
export const number = (value, name) => check.integer(value, name, 0, MAX_U32);

/** @param {unknown} value */
export const offset = (value, name = 'offset') =>
  check.integer(value, name, 0, Number.MAX_SAFE_INTEGER);

/** @param {unknown} value @param {string} name */
export function finite(value, name) {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw check.wrongType(name, value, 'a number of milliseconds');
  }
  return value;
}

/** @param {unknown} value @param {string} name */
export function endpoint(value, name) {
  const { address, port } = /** @type {Record<string, unknown>} */ (check.options(value, name));
  return {
    address: check.string(address, `${name}.address`),
    port: check.integer(port, `${name}.port`, 0, 65535),
  };
}

/** @param {Uint8Array} bytes */
export function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

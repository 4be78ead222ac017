// The options of permessage-deflate (RFC 7692), and how they cross into the engine.
import {
  DEFLATE_BITS_MASK,
  DEFLATE_CLIENT_BITS,
  DEFLATE_CLIENT_NO_TAKEOVER,
  DEFLATE_DEFAULT,
  DEFLATE_SERVER_BITS,
  DEFLATE_SERVER_NO_TAKEOVER,
  WINDOW_BITS_MAX,
  WINDOW_BITS_MIN,
} from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { anything, judged } from '../base/options.js';

/**
 * Which there are; each is judged with its default, below.
 * @type {import('../base/options.js').Shape}
 */
const DEFLATE = {
  serverNoContextTakeover: anything,
  clientNoContextTakeover: anything,
  serverMaxWindowBits: anything,
  clientMaxWindowBits: anything,
  level: anything,
  memLevel: anything,
  threshold: anything,
};

/**
 * The `deflate` option, checked and completed.
 * @typedef {{ parameters: number, level: number, memLevel: number, threshold: number }} Deflate
 */

/**
 * @param {unknown} value
 * @returns {Deflate | undefined} undefined for none
 */
export function deflateOption(value) {
  if (value === undefined || value === false) return undefined;
  if (value !== true && (typeof value !== 'object' || value === null)) {
    throw check.wrongType('deflate', value, 'true, false or an object');
  }
  const given = judged(value === true ? {} : value, DEFLATE, 'deflate');
  const flag = (/** @type {string} */ name) =>
    Number(check.flag(given[name] ?? false, `deflate.${name}`));
  const integer = (
    /** @type {string} */ name,
    /** @type {number} */ min,
    /** @type {number} */ max,
    /** @type {number} */ otherwise,
  ) =>
    given[name] === undefined
      ? otherwise
      : check.integer(given[name], `deflate.${name}`, min, max);
  const windowBits = (/** @type {string} */ name) =>
    integer(name, WINDOW_BITS_MIN, WINDOW_BITS_MAX, WINDOW_BITS_MAX);
  const parameters =
    (windowBits('serverMaxWindowBits') << DEFLATE_SERVER_BITS) |
    (windowBits('clientMaxWindowBits') << DEFLATE_CLIENT_BITS) |
    (flag('serverNoContextTakeover') << DEFLATE_SERVER_NO_TAKEOVER) |
    (flag('clientNoContextTakeover') << DEFLATE_CLIENT_NO_TAKEOVER);
  return {
    parameters,
    level: integer('level', 0, 9, DEFLATE_DEFAULT),
    memLevel: integer('memLevel', 1, 9, DEFLATE_DEFAULT),
    threshold: integer('threshold', 0, Number.MAX_SAFE_INTEGER, DEFLATE_DEFAULT),
  };
}

/**
 * What was agreed on, as users see it.
 * @param {number | undefined | null} parameters
 * @returns {import('../index.js').DeflateParameters | undefined}
 */
export function deflateParameters(parameters) {
  if (parameters === undefined || parameters === null) return undefined;
  return Object.freeze({
    serverNoContextTakeover: ((parameters >> DEFLATE_SERVER_NO_TAKEOVER) & 1) === 1,
    clientNoContextTakeover: ((parameters >> DEFLATE_CLIENT_NO_TAKEOVER) & 1) === 1,
    serverMaxWindowBits: (parameters >> DEFLATE_SERVER_BITS) & DEFLATE_BITS_MASK,
    clientMaxWindowBits: (parameters >> DEFLATE_CLIENT_BITS) & DEFLATE_BITS_MASK,
  });
}

/**
 * The `deflate` option of a stream whose handshake had `wanted` and agreed on `agreed`.
 * @param {any} wanted
 * @param {import('../index.js').DeflateParameters | undefined} agreed
 */
export function deflateOf(wanted, agreed) {
  return agreed ? { ...(wanted === true ? {} : wanted), ...agreed } : false;
}

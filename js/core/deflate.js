// The options of permessage-deflate (RFC 7692), and how they cross into the engine.
import * as check from '../base/arguments.js';

// The layout of `unpack` in src/wasm/stream.rs.
const CLIENT_BITS = 4;
const SERVER_TAKEOVER = 8;
const CLIENT_TAKEOVER = 9;

/** What the engine takes for its own default. */
const DEFAULT = -1;

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
  const given = /** @type {Record<string, unknown>} */ (value === true ? {} : value);
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
  const parameters =
    integer('serverMaxWindowBits', 8, 15, 15) |
    (integer('clientMaxWindowBits', 8, 15, 15) << CLIENT_BITS) |
    (flag('serverNoContextTakeover') << SERVER_TAKEOVER) |
    (flag('clientNoContextTakeover') << CLIENT_TAKEOVER);
  return {
    parameters,
    level: integer('level', 0, 9, DEFAULT),
    memLevel: integer('memLevel', 1, 9, DEFAULT),
    threshold: integer('threshold', 0, Number.MAX_SAFE_INTEGER, DEFAULT),
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
    serverNoContextTakeover: ((parameters >> SERVER_TAKEOVER) & 1) === 1,
    clientNoContextTakeover: ((parameters >> CLIENT_TAKEOVER) & 1) === 1,
    serverMaxWindowBits: parameters & 15,
    clientMaxWindowBits: (parameters >> CLIENT_BITS) & 15,
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

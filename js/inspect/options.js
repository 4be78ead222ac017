// What `new Inspection(...)` takes, checked and in the form that the module takes.
import { WINDOW_BITS_MAX, WINDOW_BITS_MIN } from '../../pkg/contract.js';
import {
  CLIENT_TO_SERVER,
  DEFAULT_MEMORY_LIMIT,
  SERVER_TO_CLIENT,
} from '../../pkg/inspect/contract.js';
import * as check from '../base/arguments.js';

/** The module's memory ends here, and it needs some besides. */
const MAX_MEMORY_LIMIT = 3.5 * 2 ** 30;
const MIN_MEMORY_LIMIT = 2 ** 20;

/** @param {unknown} value */
export function inspectionOptions(value) {
  const {
    memoryLimit = DEFAULT_MEMORY_LIMIT,
    live = false,
    deflate,
    sender,
    treat = [],
    limits,
  } = /** @type {Record<string, unknown>} */ (check.options(value));
  return {
    memoryLimit: check.integer(memoryLimit, 'memoryLimit', MIN_MEMORY_LIMIT, MAX_MEMORY_LIMIT),
    live: check.flag(live, 'live'),
    deflate: deflateOption(deflate),
    sender: oneOf(sender ?? 'auto', 'sender', {
      auto: undefined,
      client: CLIENT_TO_SERVER,
      server: SERVER_TO_CLIENT,
    }),
    treat: treatOption(treat),
    limits: limits === undefined ? undefined : limitsOption(limits),
  };
}

/** @param {unknown} value */
function deflateOption(value) {
  if (value === undefined || value === 'auto') return undefined;
  if (typeof value !== 'boolean' && (typeof value !== 'object' || value === null)) {
    throw check.wrongType('deflate', value, "'auto', a boolean, or an object");
  }
  const given = /** @type {Record<string, unknown>} */ (typeof value === 'object' ? value : {});
  const { serverNoContextTakeover = false, clientNoContextTakeover = false } = given;
  const { serverMaxWindowBits = WINDOW_BITS_MAX, clientMaxWindowBits = WINDOW_BITS_MAX } =
    given;
  const bits = (/** @type {unknown} */ value, /** @type {string} */ name) =>
    check.integer(value, name, WINDOW_BITS_MIN, WINDOW_BITS_MAX);
  return {
    on: value !== false,
    serverNoContextTakeover: check.flag(serverNoContextTakeover, 'serverNoContextTakeover'),
    clientNoContextTakeover: check.flag(clientNoContextTakeover, 'clientNoContextTakeover'),
    serverMaxWindowBits: bits(serverMaxWindowBits, 'serverMaxWindowBits'),
    clientMaxWindowBits: bits(clientMaxWindowBits, 'clientMaxWindowBits'),
  };
}

/** @param {unknown} value */
function treatOption(value) {
  if (!Array.isArray(value)) throw check.wrongType('treat', value, 'an array');
  return value.map((one) => {
    const { port, connection, as } = /** @type {Record<string, unknown>} */ (
      check.options(one, 'treat')
    );
    if ((port === undefined) === (connection === undefined)) {
      throw new TypeError('treat: each names a port or a connection, one of both');
    }
    return {
      port: port === undefined ? undefined : check.integer(port, 'port', 1, 0xffff),
      connection:
        connection === undefined
          ? undefined
          : check.integer(connection, 'connection', 0, 2 ** 32 - 1),
      websocket: oneOf(as ?? 'websocket', 'as', { websocket: true, other: false }),
    };
  });
}

/** @param {unknown} value */
function limitsOption(value) {
  const given = /** @type {Record<string, unknown>} */ (check.options(value, 'limits'));
  const size = (/** @type {string} */ name, most = Number.MAX_SAFE_INTEGER) =>
    given[name] === undefined ? undefined : check.integer(given[name], name, 0, most);
  return {
    maxFrameSize: size('maxFrameSize') ?? size('maxMessageSize'),
    maxMessageSize: size('maxMessageSize'),
    maxFragments: size('maxFragments', 2 ** 32 - 1),
  };
}

/**
 * What a word stands for.
 * @template T
 * @param {unknown} value
 * @param {string} name
 * @param {Record<string, T>} words
 * @returns {T}
 */
export function oneOf(value, name, words) {
  if (typeof value === 'string' && Object.hasOwn(words, value)) return words[value];
  const allowed = Object.keys(words).map((word) => `'${word}'`);
  throw check.wrongType(name, value, `one of ${allowed.join(', ')}`);
}

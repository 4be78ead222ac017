// Which options servers and clients have, and what each may be.
import * as check from '../base/arguments.js';
import { anything, CONNECTION } from '../base/options.js';
import { WebSocket } from '../connection/websocket.js';
import { CLIENT_HANDSHAKE, headerPairs, SERVER_HANDSHAKE } from '../core/handshake.js';
import { trustRule } from './forwarded.js';
import { ConnectionGroup, GROUP } from './group.js';
import { networksOf } from './networks.js';
import { originRule } from './origins.js';
import { healthPath } from './plain.js';

/** Milliseconds from the accepted socket to the 101, or from `connect` to the open connection. */
export const HANDSHAKE_TIMEOUT = 10_000;

/** @typedef {import('../base/options.js').Shape} Shape */

/** Options of a connection that its handshake decides. */
const { role, protocols, extensions, environ, head, ...SETTINGS } = CONNECTION;

/**
 * @param {unknown} value
 * @param {string} name
 */
function connectionClass(value, name) {
  if (typeof value === 'function') {
    if (value === WebSocket || value.prototype instanceof WebSocket) return;
    if (typeof value.prototype?.receivedMessage === 'function') {
      throw new TypeError(
        `${name} is a class of another copy of ws4wasm, which is installed twice, or is imported here and required there`,
      );
    }
  }
  throw check.wrongType(name, value, "ws4wasm's WebSocket or a class that extends it");
}

const handshakeTimeout = (/** @type {unknown} */ value, /** @type {string} */ name) =>
  check.integer(value, name, 1, check.MAX_DELAY);

/**
 * What may be switched off, too.
 * @param {(value: unknown, name: string) => unknown} judge
 * @returns {(value: unknown, name: string) => unknown}
 */
function orFalse(judge) {
  return (value, name) => value === false || judge(value, name);
}

/** @param {unknown} value @param {string} name */
const proxyProtocol = (value, name) => typeof value === 'boolean' || networksOf(value, name);

/**
 * Of all servers.
 * @type {Shape}
 */
const ANY_SERVER = {
  ...SETTINGS,
  ...SERVER_HANDSHAKE,
  WebSocket: connectionClass,
  handshakeTimeout,
  origins: originRule,
  trustProxy: orFalse(trustRule),
  verify: check.callable,
  onWebSocket: check.callable,
};

/** @param {unknown} value @param {string} name */
function connectionGroup(value, name) {
  if (!(value instanceof ConnectionGroup))
    throw check.wrongType(name, value, 'a ConnectionGroup');
}

/**
 * Of `upgrade` and `acceptConnect`.
 * @type {Shape}
 */
export const UPGRADE = { ...ANY_SERVER, group: connectionGroup };

/**
 * What of TLS stands beside the other options; `tls` has the rest.
 * @type {Shape}
 */
export const SERVER_TLS = {
  key: anything,
  cert: anything,
  ca: anything,
  pfx: anything,
  passphrase: anything,
  SNICallback: check.callable,
  requestCert: check.flag,
  rejectUnauthorized: check.flag,
};

/**
 * Of `createServer`.
 * @type {Shape}
 */
export const SERVER = {
  ...ANY_SERVER,
  ...SERVER_TLS,
  ...GROUP,
  health: healthPath,
  request: check.callable,
  net: check.options,
  tls: check.options,
  proxyProtocol,
};

/** @param {unknown} value @param {string} name */
function abortSignal(value, name) {
  if (!(value instanceof AbortSignal)) throw check.wrongType(name, value, 'an AbortSignal');
}

/** @param {unknown} value @param {string} name */
function httpAgent(value, name) {
  if (typeof (/** @type {any} */ (value)?.addRequest) !== 'function') {
    throw check.wrongType(name, value, 'an Agent of node:http or one that extends it');
  }
}

/** @param {unknown} value @param {string} name */
function proxyChoice(value, name) {
  if (typeof value === 'boolean') return;
  const text = value instanceof URL ? value.href : value;
  if (typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text)) return;
  // It may have a password in it, so that it is not shown.
  throw new TypeError(
    `${name} must be an http: or https: URL, or true for what the environment says; for SOCKS give an agent`,
  );
}

/**
 * Of `connectHttp2`.
 * @type {Shape}
 */
export const CONNECT_HTTP2 = {
  ...SETTINGS,
  ...CLIENT_HANDSHAKE,
  WebSocket: connectionClass,
  handshakeTimeout,
  signal: abortSignal,
};

/**
 * Of `connect`.
 * @type {Shape}
 */
export const CONNECT = {
  ...CONNECT_HTTP2,
  maxRedirects: (value, name) => check.integer(value, name, 0, 20),
  socketPath: check.string,
  net: check.options,
  tls: check.options,
  createConnection: check.callable,
  agent: httpAgent,
  proxy: proxyChoice,
};

/** Ways to the server that exclude each other. */
const WAYS = [
  ['createConnection', 'agent', 'proxy'],
  ['socketPath', 'agent', 'proxy'],
];

/** @param {Record<string, unknown>} given */
export function oneWay(given) {
  for (const ways of WAYS) {
    const [one, other] = ways.filter((way) => given[way] !== undefined && given[way] !== false);
    if (other) throw new TypeError(`${one} and ${other} are two ways to the server: give one`);
  }
}

/**
 * A client offers compression unless it is told not to, as browsers do; the server decides.
 * @param {Record<string, unknown>} given
 * @returns {any}
 */
export function clientOptions(given) {
  const { deflate = true, headers } = given;
  // Pairs may be of the kind that can be read only once, and redirects need them again.
  return { ...given, deflate, headers: headerPairs(headers) };
}

/**
 * @param {Record<string, unknown>} given
 * @returns {any}
 */
export function serverOptions(given) {
  const { headers, trustProxy } = given;
  const trust = trustProxy ? trustRule(trustProxy) : undefined;
  return { ...given, headers: headerPairs(headers), trust };
}

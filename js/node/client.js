// The client's way to a WebSocket over TCP, TLS or a Unix socket.
import { connect as connectNet, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as check from '../base/arguments.js';
import { HandshakeError } from '../base/exceptions.js';
import { CONNECTION, picked } from '../base/options.js';
import { begin, WebSocket } from '../connection/websocket.js';
import { deflateOf } from '../core/deflate.js';
import { ClientHandshake, webSocketUrl } from '../core/handshake.js';
import { ownsBytes } from './server.js';

export const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** So much of a refusal's body is read. */
const MAX_BODY = 64 * 1024;

/**
 * @param {string | URL} url
 * @param {import('../node.js').ConnectOptions} [options]
 * @returns {Promise<any>}
 */
export async function connect(url, options) {
  let given = withDefaults(options);
  const { maxRedirects = 0, signal } = given;
  const redirects = check.integer(maxRedirects, 'maxRedirects', 0, 20);
  let target = webSocketUrl(url);
  for (let left = redirects; ; left--) {
    signal?.throwIfAborted();
    try {
      return await attempt(target, given);
    } catch (error) {
      const next = left > 0 ? redirectOf(error, target) : undefined;
      if (!next) throw error;
      if (next.host !== target.host || next.protocol !== target.protocol) {
        given = withoutCredentials(given);
      }
      target = next;
    }
  }
}

/**
 * A client offers compression unless it is told not to, as browsers do; the server decides.
 * @param {unknown} options
 * @returns {any}
 */
export function withDefaults(options) {
  const given = check.options(options);
  return { ...given, deflate: given.deflate ?? true };
}

/**
 * @param {unknown} error
 * @param {URL} base
 */
function redirectOf(error, base) {
  if (!(error instanceof HandshakeError) || !REDIRECTS.has(error.status)) return undefined;
  const location = error.response?.headers.get('location');
  if (!location) return undefined;
  try {
    // A relative reference keeps the scheme; http and https stand for ws and wss.
    const next = new URL(location, base);
    next.hash = '';
    return webSocketUrl(next);
  } catch {
    // It leads nowhere: the answer is the refusal that it is.
    return undefined;
  }
}

/**
 * Credentials are for the host they were given for, and not for the open air.
 * @param {any} options
 */
function withoutCredentials({ headers, tls, ...rest }) {
  const { key, cert, pfx, passphrase, ...others } = tls ?? {};
  return { ...rest, tls: others };
}

/**
 * @param {URL} url
 * @param {any} options
 * @returns {Promise<any>}
 */
function attempt(url, options) {
  const { handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT, signal } = options;
  check.integer(handshakeTimeout, 'handshakeTimeout', 1, check.MAX_DELAY);
  const handshake = new ClientHandshake(url, options);
  const sock = socketTo(url, options);
  return new Promise((resolve, reject) => {
    /** @type {Refusal | undefined} */
    let refusal;
    const timer = setTimeout(() => giveUp(noAnswer(handshakeTimeout)), handshakeTimeout);
    const aborted = () => fail(signal.reason);
    const cleanUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      sock.removeListener('data', onData);
      sock.removeListener('end', onEnd);
      sock.removeListener('error', giveUp);
      handshake.free();
    };
    const fail = (/** @type {unknown} */ error) => {
      cleanUp();
      // A late error of a socket that nobody wants any more is nobody's.
      sock.on('error', () => {});
      sock.destroy();
      reject(error);
    };
    const giveUp = (/** @type {unknown} */ error) => fail(refusal?.finish() ?? error);
    const onEnd = () =>
      giveUp(failure('the server ended the connection before its answer was complete'));
    const onData = (/** @type {Uint8Array} */ bytes) => {
      if (refusal) {
        refusal.add(bytes);
        if (refusal.complete) giveUp(undefined);
        return;
      }
      try {
        const result = handshake.receive(bytes);
        if (!result) return;
        cleanUp();
        sock.pause();
        resolve(opened(sock, result, options));
      } catch (error) {
        if (isRefusal(error)) refusal = new Refusal(error);
        if (!refusal || refusal.complete) giveUp(error);
      }
    };
    sock.on('error', giveUp);
    sock.on('end', onEnd);
    sock.on('data', onData);
    signal?.addEventListener('abort', aborted);
    sock.write(handshake.request);
  });
}

/** @param {string} message */
export function failure(message) {
  return new HandshakeError(message, { status: 0 });
}

/** @param {number} timeout */
export const noAnswer = (timeout) => failure(`no answer within ${timeout} ms`);

/**
 * Whether the server meant to refuse: another status is no answer, and has no body to wait for.
 * @param {unknown} error
 * @returns {error is HandshakeError}
 */
export function isRefusal(error) {
  return error instanceof HandshakeError && error.status !== 0;
}

/** An answer that opens nothing; its body is read, as it may say why. */
export class Refusal {
  #error;
  /** @type {Uint8Array[]} */
  #body = [];
  #left;

  /** @param {HandshakeError} error that has a response */
  constructor(error) {
    this.#error = error;
    const { headers, body } = this.#response;
    const length = headers.get('content-length');
    // Without a length the body ends with the connection; chunks are more than we read.
    const unknown = headers.has('transfer-encoding') ? 0 : MAX_BODY;
    this.#left = length === null ? unknown : Math.min(Number(length) || 0, MAX_BODY);
    if (body) this.add(body);
  }

  get #response() {
    return /** @type {import('../index.js').HandshakeResponse} */ (this.#error.response);
  }

  get complete() {
    return this.#left <= 0;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#body.push(bytes);
    this.#left -= bytes.length;
  }

  /** The error, with as much of the body as came. */
  finish() {
    this.#error.response = { ...this.#response, body: Buffer.concat(this.#body) };
    return this.#error;
  }
}

/**
 * @param {import('node:stream').Duplex} sock
 * @param {import('../index.js').ClientHandshakeResult} result
 * @param {any} options
 */
export function opened(sock, { response, protocol, extensions, deflate, rest }, options) {
  const { WebSocket: Kind = WebSocket } = options;
  const ws = new Kind(sock, {
    ownsInput: ownsBytes(sock),
    ...picked(options, CONNECTION),
    role: 'client',
    protocols: protocol === undefined ? [] : [protocol],
    extensions,
    deflate: deflateOf(options.deflate, deflate),
    environ: response,
    head: rest,
  });
  begin(ws);
  return ws;
}

/**
 * @param {URL} url
 * @param {any} options
 * @returns {import('node:net').Socket}
 */
function socketTo({ protocol, hostname, port }, { socketPath, tls, net, createConnection }) {
  // A URL has IPv6 addresses in brackets; sockets have not.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = protocol === 'wss:';
  const address = socketPath
    ? { path: check.string(socketPath, 'socketPath') }
    : { host, port: Number(port) || (secure ? 443 : 80) };
  if (createConnection) return createConnection({ ...address, secure });
  if (!secure) return connectNet({ noDelay: true, ...net, ...address });
  const sock = connectTls({
    // Names go into SNI, addresses do not (RFC 6066 section 3).
    ...(isIP(host) ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
    ...net,
    ...tls,
    ...address,
  });
  return sock.setNoDelay(net?.noDelay ?? true);
}

// The client's way to a WebSocket over TCP, TLS or a Unix socket.
import { connect as connectNet } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as check from '../arguments.js';
import { HandshakeError } from '../exceptions.js';
import { ClientHandshake, webSocketUrl } from '../handshake.js';
import { WebSocket } from '../websocket.js';

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * @param {string | URL} url
 * @param {import('../node.js').ConnectOptions} [options]
 * @returns {Promise<any>}
 */
export async function connect(url, options) {
  const given = /** @type {any} */ (check.options(options));
  const { maxRedirects = 0, signal } = given;
  const redirects = check.integer(maxRedirects, 'maxRedirects', 0, 20);
  let target = webSocketUrl(url);
  let headers = given.headers;
  for (let left = redirects; ; left--) {
    signal?.throwIfAborted();
    try {
      return await attempt(target, { ...given, headers });
    } catch (error) {
      const next = left > 0 ? redirectOf(error, target) : undefined;
      if (!next) throw error;
      // Credentials are for the host they were given for, and not for the open air.
      if (next.host !== target.host || next.protocol !== target.protocol) headers = undefined;
      target = next;
    }
  }
}

/**
 * @param {unknown} error
 * @param {URL} base
 */
function redirectOf(error, base) {
  if (!(error instanceof HandshakeError) || !REDIRECTS.has(error.status)) return undefined;
  const location = /** @type {any} */ (error.response)?.headers.get('location');
  if (!location) return undefined;
  // A relative reference keeps the scheme; http and https stand for ws and wss.
  return webSocketUrl(new URL(location, base).href);
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
    const timer = setTimeout(
      () => fail(new HandshakeError(`no answer within ${handshakeTimeout} ms`, { status: 0 })),
      handshakeTimeout,
    );
    const aborted = () => fail(signal.reason);
    const cleanUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      sock.removeListener('data', onData);
      sock.removeListener('end', onEnd);
      sock.removeListener('error', fail);
      handshake.free();
    };
    const fail = (/** @type {unknown} */ error) => {
      cleanUp();
      // A late error of a socket that nobody wants any more is nobody's.
      sock.on('error', () => {});
      sock.destroy();
      reject(error);
    };
    const onEnd = () =>
      fail(new HandshakeError('the server ended the connection in the handshake', { status: 0 }));
    const onData = (/** @type {Uint8Array} */ bytes) => {
      try {
        const result = handshake.receive(bytes);
        if (!result) return;
        cleanUp();
        sock.pause();
        resolve(opened(sock, result, options));
      } catch (error) {
        fail(error);
      }
    };
    sock.on('error', fail);
    sock.on('end', onEnd);
    sock.on('data', onData);
    signal?.addEventListener('abort', aborted);
    sock.write(handshake.request);
  });
}

/**
 * @param {import('node:net').Socket} sock
 * @param {import('../index.js').ClientHandshakeResult} result
 * @param {any} options
 */
function opened(sock, { response, protocol, rest }, options) {
  const { WebSocket: Kind = WebSocket } = options;
  const ws = new Kind(sock, {
    ...options,
    role: 'client',
    protocols: protocol === undefined ? [] : [protocol],
    extensions: [],
    environ: response,
    head: rest,
  });
  void ws.run();
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
  // Names go into SNI, addresses do not (RFC 6066 section 3).
  const isAddress = /^[\d.]+$|:/.test(host);
  return connectTls({
    ...(isAddress ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
    ...net,
    ...tls,
    ...address,
  });
}

// Servers: on raw sockets, and on the upgrade event of Node's http.
import { createServer as createNetServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as check from '../base/arguments.js';
import { judged, picked } from '../base/options.js';
import { ClientHandshake, ServerHandshake } from '../core/handshake.js';
import { Arrival, HTTP1, judgedFor, takeOver } from './arrival.js';
import { headOf } from './head.js';
import { HANDSHAKE_TIMEOUT, SERVER, SERVER_TLS, serverOptions, UPGRADE } from './options.js';

/** Node's own limit of header fields; its parser has counted before we do. */
const NODE_MAX_HEADERS = 2000;

/**
 * @param {import('../node.js').ServerOptions | ((ws: any, request: any) => void)} [options]
 * @param {(ws: any, request: any) => void} [onWebSocket]
 */
export function createServer(options, onWebSocket) {
  if (typeof options === 'function') return createServer(undefined, options);
  const given = serverOptions(judged(options, SERVER, 'createServer'));
  if (onWebSocket !== undefined) given.onWebSocket = check.callable(onWebSocket, 'onWebSocket');
  rehearse(given);
  const secrets = { ...given.tls, ...picked(given, SERVER_TLS) };
  const { key, pfx, SNICallback } = secrets;
  return (key ?? pfx ?? SNICallback) !== undefined
    ? tlsServer(given, secrets)
    : createNetServer({ noDelay: true, ...given.net }, (sock) =>
        new Arrival(sock, given).start(),
      );
}

/**
 * A header that may not be sent is told where it is written, not at the first connection.
 * @param {{ headers: [string, string][] }} options
 */
function rehearse({ headers }) {
  new ServerHandshake({ headers }).receive(new ClientHandshake('ws://rehearsal/').request);
}

/**
 * @param {any} options
 * @param {import('node:tls').TlsOptions} secrets
 */
function tlsServer(options, secrets) {
  const { net, handshakeTimeout = HANDSHAKE_TIMEOUT } = options;
  /** When raw sockets were accepted. @type {WeakMap<object, number>} */
  const accepted = new WeakMap();
  const server = createTlsServer({ noDelay: true, ...net, ...secrets, handshakeTimeout });
  server.on('connection', (raw) => accepted.set(raw, performance.now()));
  // A handshake of TLS that failed or took too long is told to this event; tls leaves the socket
  // open then, unlike https.
  server.on('tlsClientError', (_error, sock) => sock.destroy());
  server.on('secureConnection', (sock) => {
    // Only Node's own property tells whose TLS this is. Without it, time begins anew here.
    const since = accepted.get(/** @type {any} */ (sock)._parent);
    new Arrival(sock, options, { since }).start();
  });
  return server;
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} socket
 * @param {Uint8Array} head
 * @param {import('../node.js').UpgradeOptions} [options]
 * @returns {Promise<any>}
 */
export async function upgrade(request, socket, head, options) {
  takeOver(socket, 'upgrade');
  const { method, url, httpVersion = '1.1', rawHeaders, headers } = request;
  const line = `${method} ${url} HTTP/${httpVersion}`;
  const bytes = judgedFor(socket, HTTP1, () => headOf(line, rawHeaders, headers));
  const limits = { maxHeaderSize: bytes.length, maxHeaders: NODE_MAX_HEADERS };
  const arrival = judgedFor(
    socket,
    HTTP1,
    () => new Arrival(socket, serverOptions(judged(options, UPGRADE, 'upgrade')), { limits }),
  );
  const parsed = arrival.read(bytes);
  if (!parsed) return arrival.refuse();
  arrival.read(head);
  /** @type {any} */ (socket).setNoDelay?.(true);
  /** @type {any} */ (socket).setTimeout?.(0);
  return arrival.open(parsed, request);
}

// Servers: on raw sockets, and on the upgrade event of Node's http.
import { createServer as createNetServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as check from '../base/arguments.js';
import { judged, picked } from '../base/options.js';
import { dropped } from '../connection/websocket.js';
import { ClientHandshake, ServerHandshake } from '../core/handshake.js';
import { HTTP1 } from './answer.js';
import { Arrival, judgedFor, refusedOf, takeOver } from './arrival.js';
import { ConnectionGroup, doorOf, GROUP, tellRefused } from './group.js';
import { headOf } from './head.js';
import { drainOptions } from './members.js';
import { HANDSHAKE_TIMEOUT, SERVER, SERVER_TLS, serverOptions, UPGRADE } from './options.js';
import { behindProxies } from './proxy-protocol.js';

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
  given.group = new ConnectionGroup(picked(given, GROUP));
  const sockets = new Sockets();
  const server =
    (key ?? pfx ?? SNICallback) !== undefined
      ? tlsServer(given, secrets, sockets)
      : createNetServer({ noDelay: true, ...given.net }, (sock) =>
          new Arrival(sock, given, sockets.arrival(sock)).start(),
        );
  const { proxyProtocol: from, handshakeTimeout: timeout, group } = given;
  if (from) {
    behindProxies(
      server,
      { from: from === true ? undefined : from, timeout },
      (sock, refusal) => tellRefused(doorOf(group), () => refusedOf(refusal, undefined, sock)),
    );
  }
  server.prependListener('connection', (sock) => sockets.add(sock));
  return withGroup(server, group, sockets);
}

/** The raw sockets of a server that are no connections yet, and when they were accepted. */
class Sockets {
  /** @type {Map<object, number>} */
  #since = new Map();

  /** @param {import('node:net').Socket} sock */
  add(sock) {
    this.#since.set(sock, performance.now());
    sock.on('close', this.#forget);
  }

  #forget = this.#forgetting();

  /** One for all sockets, which it has as `this`. */
  #forgetting() {
    const since = this.#since;
    /** @this {import('node:net').Socket} */
    return function () {
      since.delete(this);
    };
  }

  /**
   * What the handshake on a socket is told of it.
   * @param {any} sock of TLS the one beneath
   * @returns {{ since: number | undefined, joined: () => void }}
   */
  arrival(sock) {
    const joined = () => {
      this.#since.delete(sock);
      // An idle connection is spared a list of listeners.
      sock?.removeListener('close', this.#forget);
    };
    return { since: this.#since.get(sock), joined };
  }

  destroy() {
    for (const sock of this.#since.keys()) /** @type {any} */ (sock).destroy();
  }
}

/**
 * Gives a server what its group knows.
 * @param {import('node:net').Server} server
 * @param {ConnectionGroup} group
 * @param {Sockets} sockets
 */
function withGroup(server, group, sockets) {
  group.on('refused', (details) => server.emit('refused', details));
  /** @type {Promise<void> | undefined} */
  let drained;
  return Object.assign(server, {
    connections: group.connections,
    stats: () => group.stats(),
    /** @param {import('../node.js').DrainOptions} [options] */
    drain: (options) => {
      const begun = performance.now();
      const { timeout } = drainOptions(options);
      drained ??= group.drain(options).then(() =>
        closedServer(server, timeout + begun - performance.now(), () => {
          sockets.destroy();
          // Those whose class does something else when it is asked to close.
          for (const ws of group.connections) dropped(ws);
        }),
      );
      return drained;
    },
  });
}

/**
 * What may still be there are sockets that were refused, which are given some time to go.
 * @param {import('node:net').Server} server
 * @param {number} patience in milliseconds
 * @param {() => void} destroy what is there after that
 * @returns {Promise<void>}
 */
function closedServer(server, patience, destroy) {
  return new Promise((resolve) => {
    const timer = setTimeout(destroy, Math.max(0, patience));
    // One that does not listen is closed; that is an error for Node only.
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
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
 * @param {Sockets} sockets
 */
function tlsServer(options, secrets, sockets) {
  const { net, handshakeTimeout = HANDSHAKE_TIMEOUT } = options;
  const server = createTlsServer({ noDelay: true, ...net, ...secrets, handshakeTimeout });
  // Who has not finished TLS in time, or in a way that cannot be, is told to this event and then
  // left alone by tls, unlike by https.
  server.on('tlsClientError', (error, sock) => {
    const { remoteAddress, remotePort } = sock;
    sock.destroy();
    /** @type {import('./refusals.js').Refusal} */
    const refusal = { reason: 'tls', body: error.message, error };
    const peer = { remoteAddress, remotePort };
    tellRefused(doorOf(options.group), () => refusedOf(refusal, undefined, peer));
  });
  server.on('secureConnection', (sock) => {
    // Only Node's own property tells whose TLS this is. Without it, time begins anew here.
    new Arrival(sock, options, sockets.arrival(/** @type {any} */ (sock)._parent)).start();
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

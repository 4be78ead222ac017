// Servers: on raw sockets, and on the upgrade event of Node's http.
import { createServer as createNetServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as check from '../arguments.js';
import { HandshakeError } from '../exceptions.js';
import { ServerHandshake } from '../handshake.js';
import { WebSocket } from '../websocket.js';
import { decide } from './verify.js';

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;

/** Node's own limit of header fields; its parser has counted before we do. */
const NODE_MAX_HEADERS = 2000;

/**
 * @param {import('../node.js').ServerOptions | ((ws: any, request: any) => void)} [options]
 * @param {(ws: any, request: any) => void} [onWebSocket]
 */
export function createServer(options, onWebSocket) {
  if (typeof options === 'function') return createServer(undefined, options);
  const given = /** @type {any} */ (check.options(options));
  // Wrong options are told where they are written, not at the first connection.
  new ServerHandshake(given).free();
  const { handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT } = given;
  check.integer(handshakeTimeout, 'handshakeTimeout', 1, check.MAX_DELAY);
  const accept = (/** @type {import('node:net').Socket} */ sock) =>
    readHandshake(sock, given, handshakeTimeout, onWebSocket);
  const secure = given.key !== undefined || given.pfx !== undefined || given.SNICallback !== undefined;
  const server = secure
    ? createTlsServer(given, accept)
    : createNetServer({ noDelay: true, ...given.net }, accept);
  return server;
}

/**
 * @param {import('node:net').Socket} sock
 * @param {any} options
 * @param {number} timeout
 * @param {((ws: any, request: any) => void) | undefined} onWebSocket
 */
function readHandshake(sock, options, timeout, onWebSocket) {
  const handshake = new ServerHandshake(options);
  const drop = () => sock.destroy();
  // Drip-fed heads end here, whatever they feed.
  const timer = setTimeout(drop, timeout);
  const onError = () => drop();
  const cleanUp = () => {
    clearTimeout(timer);
    handshake.free();
  };
  const onData = (/** @type {Uint8Array} */ bytes) => {
    try {
      const request = handshake.readRequest(bytes);
      if (!request) return;
      sock.removeListener('data', onData);
      sock.removeListener('end', drop);
      sock.pause();
      void open(sock, handshake, request, options, onWebSocket).finally(cleanUp);
    } catch (error) {
      sock.removeListener('data', onData);
      cleanUp();
      refuse(sock, /** @type {any} */ (error).reply, options);
    }
  };
  sock.on('error', onError);
  sock.on('data', onData);
  sock.on('end', drop);
  sock.on('close', cleanUp);
}

/**
 * Asks the user, answers, and makes the WebSocket.
 * @param {import('node:stream').Duplex} sock
 * @param {ServerHandshake} handshake
 * @param {import('../index.js').HandshakeRequest} request
 * @param {any} options
 * @param {((ws: any, request: any) => void) | undefined} onWebSocket
 * @param {unknown} [environ]
 */
async function open(sock, handshake, request, options, onWebSocket, environ = request) {
  try {
    const decision = await decide(request, options);
    if (sock.destroyed) return undefined;
    if (decision.status !== undefined) {
      refuse(sock, ServerHandshake.reject(decision.status, decision), options);
      return undefined;
    }
    const { reply, protocol, rest } = handshake.accept(request, decision);
    sock.write(reply);
    const { WebSocket: Kind = WebSocket } = options;
    const ws = new Kind(sock, {
      ...options,
      role: 'server',
      protocols: protocol === undefined ? [] : [protocol],
      extensions: [],
      environ,
      head: rest,
    });
    onWebSocket?.(ws, request);
    void ws.run();
    return ws;
  } catch (error) {
    // The user's verify, selectProtocol or onWebSocket threw: an honest 500, and the reason
    // where its author can see it.
    console.error('ws4wasm: the handshake failed:', error);
    refuse(sock, ServerHandshake.reject(500, { body: 'The server failed to answer.' }), options);
    return undefined;
  }
}

/**
 * Sends an HTTP answer and ends; a peer that does not end too is dropped.
 * @param {import('node:stream').Duplex} sock
 * @param {Uint8Array | undefined} reply
 * @param {{ closeTimeout?: number }} options
 */
export function refuse(sock, reply, { closeTimeout = 10_000 }) {
  sock.on('error', () => sock.destroy());
  // What else the peer sends is read and dropped, so that it can read the answer.
  sock.resume();
  sock.end(reply);
  const timer = setTimeout(() => sock.destroy(), closeTimeout);
  timer.unref?.();
  sock.on('close', () => clearTimeout(timer));
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} socket
 * @param {Uint8Array} head
 * @param {import('../node.js').UpgradeOptions} [options]
 * @returns {Promise<any>}
 */
export async function upgrade(request, socket, head, options) {
  const given = /** @type {any} */ (check.options(options));
  const bytes = headOf(request);
  const handshake = new ServerHandshake({
    ...given,
    maxHeaderSize: bytes.length,
    maxHeaders: NODE_MAX_HEADERS,
  });
  socket.on('error', () => socket.destroy());
  try {
    const parsed = handshake.readRequest(bytes);
    if (!parsed) throw new HandshakeError('the request is not complete');
    handshake.readRequest(head);
    /** @type {any} */ (socket).setNoDelay?.(true);
    /** @type {any} */ (socket).setTimeout?.(0);
    return await open(socket, handshake, parsed, given, given.onWebSocket, request);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    refuse(socket, error.reply, given);
    return undefined;
  } finally {
    handshake.free();
  }
}

/**
 * The request's head as it came, so that one place judges all handshakes.
 * @param {import('node:http').IncomingMessage} request
 */
function headOf({ method, url, httpVersion, rawHeaders }) {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

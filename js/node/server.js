// Servers: on raw sockets, and on the upgrade event of Node's http.
import { createServer as createNetServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as check from '../base/arguments.js';
import { HandshakeError } from '../base/exceptions.js';
import { CONNECTION, picked } from '../base/options.js';
import { begin, guarded, WebSocket } from '../connection/websocket.js';
import { deflateOf } from '../core/deflate.js';
import { ServerHandshake } from '../core/handshake.js';
import { decide } from './verify.js';

/**
 * Nobody else has the bytes that came from the network; a stream of the user's own may hand the
 * same ones to others.
 * @param {import('node:stream').Duplex} sock
 */
export const ownsBytes = (sock) => sock instanceof Socket;

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;

/** Node's own limit of header fields; its parser has counted before we do. */
const NODE_MAX_HEADERS = 2000;

/**
 * @param {import('../node.js').ServerOptions | ((ws: any, request: any) => void)} [options]
 * @param {(ws: any, request: any) => void} [onWebSocket]
 */
export function createServer(options, onWebSocket) {
  if (typeof options === 'function') return createServer(undefined, options);
  const given = /** @type {any} */ ({ ...check.options(options) });
  given.onWebSocket = onWebSocket ?? given.onWebSocket;
  // Wrong options are told where they are written, not at the first connection.
  new ServerHandshake(given).free();
  const { handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT } = given;
  check.integer(handshakeTimeout, 'handshakeTimeout', 1, check.MAX_DELAY);
  const accept = (/** @type {import('node:net').Socket} */ sock) =>
    readHandshake(sock, given, handshakeTimeout);
  const { key, pfx, SNICallback } = given;
  return (key ?? pfx ?? SNICallback) !== undefined
    ? createTlsServer({ noDelay: true, ...given.net, ...given }, accept)
    : createNetServer({ noDelay: true, ...given.net }, accept);
}

/**
 * @param {import('node:net').Socket} sock
 * @param {any} options
 * @param {number} timeout
 */
function readHandshake(sock, options, timeout) {
  const handshake = new ServerHandshake(options);
  const drop = () => sock.destroy();
  const stop = () => {
    sock.removeListener('data', onData);
    sock.removeListener('end', drop);
  };
  const cleanUp = () => {
    clearTimeout(timer);
    handshake.free();
    // An open connection has listeners of its own, and these would keep all this alive.
    sock.removeListener('close', cleanUp);
    sock.removeListener('error', drop);
  };
  const turnDown = (/** @type {Uint8Array | undefined} */ reply) => {
    stop();
    cleanUp();
    refuse(sock, reply, options);
  };
  // Drip-fed heads end here, whatever they feed.
  const timer = setTimeout(() => turnDown(tooLate), timeout);
  const onData = (/** @type {Uint8Array} */ bytes) => {
    try {
      const request = handshake.readRequest(bytes);
      if (!request) return;
      stop();
      sock.pause();
      const toHttp = http1(sock, options);
      void open({ sock, handshake, request, options, ...toHttp }).finally(cleanUp);
    } catch (error) {
      turnDown(/** @type {any} */ (error).reply);
    }
  };
  sock.on('error', drop);
  sock.on('data', onData);
  sock.on('end', drop);
  sock.on('close', cleanUp);
}

const tooLate = ServerHandshake.reject(408, { body: 'The handshake took too long.' });

/**
 * Where answers go on HTTP/1.1.
 * @param {import('node:stream').Duplex} sock
 * @param {any} options
 */
function http1(sock, options) {
  return {
    answer: (/** @type {Uint8Array} */ reply) => void sock.write(reply),
    turnDown: (/** @type {Uint8Array} */ reply) => refuse(sock, reply, options),
  };
}

/**
 * Asks the user, answers, and makes the WebSocket.
 * @param {object} arrival
 * @param {import('node:stream').Duplex} arrival.sock
 * @param {ServerHandshake} arrival.handshake
 * @param {import('../index.js').HandshakeRequest} arrival.request
 * @param {any} arrival.options
 * @param {(reply: Uint8Array) => void} arrival.answer
 * @param {(reply: Uint8Array) => void} arrival.turnDown
 * @param {unknown} [arrival.environ]
 */
export async function open({ sock, handshake, request, options, answer, turnDown, environ }) {
  try {
    const decision = await decide(request, options);
    if (!sock.writable) return undefined;
    if (decision.status !== undefined) {
      turnDown(ServerHandshake.reject(decision.status, decision));
      return undefined;
    }
    const { reply, protocol, extensions, deflate, rest } = handshake.accept(request, decision);
    const { WebSocket: Kind = WebSocket, onWebSocket } = options;
    const ws = new Kind(sock, {
      ownsInput: ownsBytes(sock),
      ...picked(options, CONNECTION),
      role: 'server',
      protocols: protocol === undefined ? [] : [protocol],
      extensions,
      deflate: deflateOf(options.deflate, deflate),
      environ: environ ?? request,
      head: rest,
    });
    answer(reply);
    if (onWebSocket) guarded(ws, () => onWebSocket(ws, request));
    begin(ws);
    return ws;
  } catch (error) {
    // The user's verify, selectProtocol or class threw: an honest 500, and the reason where
    // its author can see it.
    console.error('ws4wasm: the handshake failed:', error);
    turnDown(ServerHandshake.reject(500, { body: 'The server failed to answer.' }));
    return undefined;
  }
}

/**
 * Sends an HTTP answer and ends; a peer that does not end too is dropped.
 * @param {import('node:stream').Duplex} sock
 * @param {Uint8Array | undefined} reply
 * @param {{ closeTimeout?: number }} options
 */
function refuse(sock, reply, { closeTimeout = 10_000 }) {
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
    return await open({
      sock: socket,
      handshake,
      request: parsed,
      options: given,
      environ: request,
      ...http1(socket, given),
    });
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
  for (let i = 0; i < rawHeaders.length; i += 2)
    head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

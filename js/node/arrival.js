// A request for a WebSocket, from the accepted socket to the 101 or the refusal.
import { Socket } from 'node:net';
import { HandshakeError } from '../base/exceptions.js';
import { CONNECTION, picked } from '../base/options.js';
import { begin, guarded, WebSocket } from '../connection/websocket.js';
import { deflateOf } from '../core/deflate.js';
import { SERVER_HANDSHAKE, ServerHandshake } from '../core/handshake.js';
import { HANDSHAKE_TIMEOUT } from './options.js';
import { decide } from './verify.js';

const DEFAULT_CLOSE_TIMEOUT = 10_000;

/** On a socket that has been answered, whichever copy of this package did it. */
const ANSWERED = Symbol.for('ws4wasm.answered');

/**
 * Nobody else has the bytes that came from the network; a stream of the user's own may hand the
 * same ones to others.
 * @param {import('node:stream').Duplex} sock
 */
export const ownsBytes = (sock) => sock instanceof Socket;

/**
 * How a version of HTTP carries answers.
 * @typedef {object} Wire
 * @property {(sock: any, reply: Uint8Array) => void} accept the reply that opens the WebSocket
 * @property {(sock: any, reply: Uint8Array) => void} refuse another one, and the end
 */

/** @type {Wire} */
export const HTTP1 = {
  accept: (sock, reply) => void sock.write(reply),
  refuse: (sock, reply) => void sock.end(reply),
};

const TOO_LATE = ServerHandshake.reject(408, { body: 'The handshake took too long.' });
const FAULT = ServerHandshake.reject(500, { body: 'The server failed to answer.' });

/** @param {any} sock */
export const isAnswered = (sock) => sock[ANSWERED] === true;

/**
 * Makes sure that a socket is answered once: a second answer would be read as frames.
 * @param {any} sock
 * @param {string} caller
 */
export function takeOver(sock, caller) {
  if (isAnswered(sock)) throw new TypeError(`${caller} was called before with the same socket`);
  sock[ANSWERED] = true;
}

/**
 * What `verify` may want to know besides the request. The address is noted, since a socket that
 * is gone has forgotten it; the socket itself is nothing to print.
 * @param {import('../index.js').HandshakeRequest} request
 * @param {any} socket
 * @returns {import('../node.js').ServerRequest}
 */
function withPeer(request, socket) {
  const { remoteAddress, remotePort } = socket ?? {};
  Object.assign(request, { remoteAddress, remotePort });
  return Object.defineProperty(/** @type {any} */ (request), 'socket', { value: socket });
}

/** The last resort, without anything that it would keep alive. @this {import('node:stream').Duplex} */
function drop() {
  this.destroy();
}

export class Arrival {
  #sock;
  #peer;
  #options;
  #wire;
  #handshake;
  #timer;
  /** It has been decided, or the peer has left. */
  #over = false;

  /**
   * @param {import('node:stream').Duplex} sock
   * @param {any} options
   * @param {object} how
   * @param {Wire} [how.wire]
   * @param {any} [how.peer] the socket that has the peer's address
   * @param {object} [how.limits] of the request's head, where the caller has kept its own
   * @param {number} [how.since] when the socket was accepted, by performance.now()
   */
  constructor(sock, options, { wire = HTTP1, peer = sock, limits, since } = {}) {
    this.#sock = sock;
    this.#peer = peer;
    this.#options = options;
    this.#wire = wire;
    this.#handshake = new ServerHandshake({ ...picked(options, SERVER_HANDSHAKE), ...limits });
    const spent = since === undefined ? 0 : performance.now() - since;
    // Drip-fed heads end here, whatever they feed, and so does a verify that never answers.
    this.#timer = setTimeout(
      () => this.refuse(TOO_LATE),
      Math.max(0, (options.handshakeTimeout ?? HANDSHAKE_TIMEOUT) - spent),
    );
    sock.on('error', drop);
    sock.on('close', this.#stop);
  }

  #stop = () => {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#handshake.free();
    this.#sock.removeListener('close', this.#stop);
    this.#stopReading();
  };

  /** Reads the request from the socket, and goes on from there. */
  start() {
    this.#sock.on('data', this.#take);
    this.#sock.on('end', drop);
  }

  #stopReading() {
    this.#sock.removeListener('data', this.#take);
    this.#sock.removeListener('end', drop);
  }

  #take = (/** @type {Uint8Array} */ bytes) => {
    const request = this.read(bytes);
    if (!request) return;
    this.#stopReading();
    this.#sock.pause();
    void this.open(request);
  };

  /**
   * Takes bytes of the request.
   * @param {Uint8Array} bytes
   * @returns {import('../index.js').HandshakeRequest | undefined} once it is complete
   */
  read(bytes) {
    if (this.#over) return undefined;
    try {
      return this.#handshake.readRequest(bytes);
    } catch (error) {
      if (error instanceof HandshakeError) {
        this.refuse(error.reply);
        return undefined;
      }
      this.refuse();
      throw error;
    }
  }

  /**
   * Asks the user, answers, and makes the WebSocket.
   * @param {import('../index.js').HandshakeRequest} raw
   * @param {unknown} [environ] default the request
   * @returns {Promise<any>} the connection, or undefined when there is none
   */
  async open(raw, environ) {
    const { WebSocket: Kind = WebSocket, onWebSocket } = this.#options;
    /** @type {import('../node.js').ServerRequest} */
    let request;
    /** @type {WebSocket} */
    let ws;
    try {
      request = withPeer(raw, this.#peer);
      const decision = await decide(request, this.#options);
      if (this.#over) return undefined;
      if (!this.#sock.writable) {
        this.#stop();
        return undefined;
      }
      if (decision.status !== undefined) {
        const { status, headers, body } = decision;
        return this.refuse(ServerHandshake.reject(status, { headers, body }));
      }
      const { reply, protocol, extensions, deflate, rest } = this.#handshake.accept(
        request,
        decision,
      );
      ws = new Kind(this.#sock, {
        ownsInput: ownsBytes(this.#sock),
        ...picked(this.#options, CONNECTION),
        role: 'server',
        protocols: protocol === undefined ? [] : [protocol],
        extensions,
        deflate: deflateOf(this.#options.deflate, deflate),
        environ: environ ?? request,
        head: rest,
      });
      // A constructor may return anything; what follows the 101 has to be a connection.
      guarded(ws, () => {});
      this.#wire.accept(this.#sock, reply);
    } catch (error) {
      // The user's verify, selectProtocol or class threw: an honest 500, and the reason where
      // its author can see it.
      console.error('ws4wasm: the handshake failed:', error);
      return this.refuse(FAULT);
    }
    // From here on nothing but frames is written, and the connection has listeners of its own.
    this.#stop();
    this.#sock.removeListener('error', drop);
    if (onWebSocket) guarded(ws, () => onWebSocket(ws, request));
    begin(ws);
    return ws;
  }

  /**
   * Sends an HTTP answer and ends.
   * @param {Uint8Array | undefined} [reply]
   */
  refuse(reply = FAULT) {
    if (this.#over) return;
    this.#stop();
    refuse(this.#sock, reply, this.#options, this.#wire);
  }
}

/**
 * Sends an HTTP answer and ends; a peer that does not end too is dropped.
 * @param {any} sock
 * @param {Uint8Array} reply
 * @param {{ closeTimeout?: number, handshakeTimeout?: number }} options
 * @param {Wire} wire
 */
function refuse(sock, reply, options, wire) {
  const { closeTimeout = DEFAULT_CLOSE_TIMEOUT, handshakeTimeout = HANDSHAKE_TIMEOUT } =
    options;
  sock.on('error', drop);
  // What else the peer sends is read and dropped, so that it can read the answer.
  sock.resume();
  wire.refuse(sock, reply);
  const timer = setTimeout(() => sock.destroy(), Math.min(closeTimeout, handshakeTimeout));
  timer.unref?.();
  sock.on('close', () => clearTimeout(timer));
}

/**
 * Judges what a caller handed over together with a socket. The socket is answered whatever
 * comes: nobody else will.
 * @template T
 * @param {any} sock
 * @param {Wire} wire
 * @param {() => T} judge
 * @returns {T}
 */
export function judgedFor(sock, wire, judge) {
  try {
    return judge();
  } catch (error) {
    refuse(sock, FAULT, {}, wire);
    throw error;
  }
}

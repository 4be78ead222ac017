// A request for a WebSocket, from the accepted socket to the 101 or the refusal.
import { Socket } from 'node:net';
import { HandshakeError } from '../base/exceptions.js';
import { CONNECTION, picked } from '../base/options.js';
import { begin, guarded, WebSocket } from '../connection/websocket.js';
import { deflateOf } from '../core/deflate.js';
import { SERVER_HANDSHAKE, ServerHandshake } from '../core/handshake.js';
import { answerAndEnd, drop, HTTP1 } from './answer.js';
import { publishOpened } from './channels.js';
import { doorOf, tellRefused } from './group.js';
import { HANDSHAKE_TIMEOUT } from './options.js';
import { FirstLine, isPlain, plainAnswer } from './plain.js';
import { FAULT, refusalOf, replyOf, TOO_LATE } from './refusals.js';
import { decide } from './verify.js';

/** @typedef {import('./refusals.js').Refusal} Refusal */

/** On a socket that has been answered, whichever copy of this package did it. */
const ANSWERED = Symbol.for('ws4wasm.answered');

/** Of subprotocols or extensions, as it mostly is. @type {readonly string[]} */
const NONE = Object.freeze([]);

/**
 * Nobody else has the bytes that came from the network; a stream of the user's own may hand the
 * same ones to others.
 * @param {import('node:stream').Duplex} sock
 */
export const ownsBytes = (sock) => sock instanceof Socket;

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
 * @param {import('./forwarded.js').TrustRule} [trust]
 * @returns {import('../node.js').ServerRequest}
 */
function withPeer(request, socket, trust) {
  const { remoteAddress, remotePort } = socket ?? {};
  const known = /** @type {import('../node.js').ServerRequest} */ (
    Object.assign(request, { remoteAddress, remotePort })
  );
  Object.defineProperty(known, 'socket', { value: socket });
  if (trust) {
    const { host, ...client } = trust(known);
    Object.assign(known, client);
    Object.defineProperty(known, 'host', { value: host });
  }
  return known;
}

/**
 * An IncomingMessage says who is there as a request of ours does.
 * @param {any} environ
 * @param {import('../node.js').ServerRequest} request
 */
function named(environ, { remoteAddress, remotePort }) {
  return Object.assign(environ, { remoteAddress, remotePort });
}

export class Arrival {
  #sock;
  #peer;
  #options;
  #wire;
  #handshake;
  #timer;
  /** @type {import('./group.js').Door | undefined} */
  #door;
  #joined;
  /** There where plain requests are answered. @type {FirstLine | undefined} */
  #line;
  /** As far as it is known. @type {import('../node.js').ServerRequest | undefined} */
  #request;
  /** @type {import('./places.js').Place | undefined} */
  #place;
  /** It has been decided, or the peer has left. */
  #over = false;

  /**
   * @param {import('node:stream').Duplex} sock
   * @param {any} options
   * @param {object} how
   * @param {import('./answer.js').Wire} [how.wire]
   * @param {any} [how.peer] the socket that has the peer's address
   * @param {object} [how.limits] of the request's head, where the caller has kept its own
   * @param {number} [how.since] when the socket was accepted, by performance.now()
   * @param {() => void} [how.joined] told when the connection belongs to the group
   */
  constructor(sock, options, { wire = HTTP1, peer = sock, limits, since, joined } = {}) {
    this.#sock = sock;
    this.#joined = joined;
    this.#peer = peer;
    this.#options = options;
    this.#wire = wire;
    this.#handshake = new ServerHandshake({ ...picked(options, SERVER_HANDSHAKE), ...limits });
    this.#door = options.group && doorOf(options.group);
    if (options.health ?? options.request) this.#line = new FirstLine();
    const spent = since === undefined ? 0 : performance.now() - since;
    // Drip-fed heads end here, whatever they feed, and so does a verify that never answers.
    this.#timer = setTimeout(
      () => this.refuse(TOO_LATE),
      Math.max(0, (options.handshakeTimeout ?? HANDSHAKE_TIMEOUT) - spent),
    );
    sock.on('error', drop);
    sock.on('close', this.#stop);
    const refusal = this.#door?.arrive(this);
    if (refusal) this.refuse(refusal);
  }

  #stop = () => {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#handshake.free();
    this.#sock.removeListener('close', this.#stop);
    this.#stopReading();
    this.#door?.over(this);
    if (this.#place) this.#door?.leavePlace(this.#place);
    this.#place = undefined;
  };

  /** Reads the request from the socket, and goes on from there. */
  start() {
    if (this.#over) return;
    this.#sock.on('data', this.#take);
    this.#sock.on('end', drop);
  }

  #stopReading() {
    this.#sock.removeListener('data', this.#take);
    this.#sock.removeListener('end', drop);
  }

  #take = (/** @type {Uint8Array} */ bytes) => {
    this.#line?.add(bytes);
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
      if (error instanceof HandshakeError) void this.#readNone(error);
      else {
        this.refuse({ ...FAULT, error });
        throw error;
      }
      return undefined;
    }
  }

  /**
   * What came is no handshake; it may be a plain request, which some want to answer.
   * @param {HandshakeError} error
   */
  async #readNone(error) {
    const refusal = refusalOf(error);
    const { request } = error;
    if (!this.#line || !isPlain(request, this.#line.isOld)) {
      if (request) this.#know(request);
      return this.refuse(refusal);
    }
    this.#stopReading();
    this.#sock.pause();
    try {
      const known = this.#know(request);
      const reply = known && (await plainAnswer(known, this.#options));
      if (!known || this.#over) return undefined;
      if (!reply) return this.refuse(refusal);
      this.#stop();
      return answerAndEnd(this.#sock, reply, this.#options, this.#wire);
    } catch (fault) {
      console.error('ws4wasm: a request could not be answered:', fault);
      return this.refuse({ ...FAULT, error: fault });
    }
  }

  /**
   * Finds out who asks; what a proxy says of that may be a reason to refuse.
   * @param {import('../index.js').HandshakeRequest} raw
   */
  #know(raw) {
    try {
      this.#request = withPeer(raw, this.#peer, this.#options.trust);
      return this.#request;
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      this.#request = withPeer(raw, this.#peer);
      this.refuse({ ...refusalOf(error), reason: 'proxy' });
      return undefined;
    }
  }

  /**
   * Asks the user, answers, and makes the WebSocket.
   * @param {import('../index.js').HandshakeRequest} raw
   * @param {object} [environ] default the request
   * @returns {Promise<any>} the connection, or undefined when there is none
   */
  async open(raw, environ) {
    const { WebSocket: Kind = WebSocket, onWebSocket } = this.#options;
    const request = this.#know(raw);
    if (!request || !this.#findPlace(request)) return undefined;
    /** @type {WebSocket} */
    let ws;
    try {
      const decision = await decide(request, this.#options);
      if (this.#over) return undefined;
      if (!this.#sock.writable) {
        this.#stop();
        return undefined;
      }
      if (decision.status !== undefined) {
        const { status, headers, body, reason = 'verify' } = decision;
        return this.refuse({ status, headers, body, reason });
      }
      const { reply, protocol, extensions, deflate, rest } = this.#handshake.accept(
        request,
        decision,
      );
      ws = new Kind(this.#sock, {
        ownsInput: ownsBytes(this.#sock),
        ...picked(this.#options, CONNECTION),
        role: 'server',
        protocols: protocol === undefined ? NONE : [protocol],
        extensions: extensions.length === 0 ? NONE : extensions,
        deflate: deflateOf(this.#options.deflate, deflate),
        environ: environ ? named(environ, request) : request,
        head: rest,
      });
      // A constructor may return anything; what follows the 101 has to be a connection.
      guarded(ws, () => {});
      this.#wire.accept(this.#sock, reply);
    } catch (error) {
      // The user's verify, selectProtocol or class threw: an honest 500, and the reason where
      // its author can see it.
      console.error('ws4wasm: the handshake failed:', error);
      return this.refuse({ ...FAULT, error });
    }
    // From here on nothing but frames is written, and the connection has listeners of its own.
    const place = this.#place;
    this.#place = undefined;
    this.#stop();
    this.#sock.removeListener('error', drop);
    if (place) this.#door?.join(ws, place);
    this.#joined?.();
    publishOpened(ws, { request });
    if (onWebSocket) guarded(ws, () => onWebSocket(ws, request));
    begin(ws);
    return ws;
  }

  /** @param {import('../node.js').ServerRequest} request */
  #findPlace({ remoteAddress }) {
    const found = this.#door?.takePlace(remoteAddress);
    if (found && 'reason' in found) this.refuse(found);
    else this.#place = found;
    return !this.#over;
  }

  /** @param {Refusal} refusal for which the group has reasons of its own */
  turnAway(refusal) {
    this.refuse(refusal);
  }

  /**
   * Sends an HTTP answer, ends, and tells of it.
   * @param {Refusal} [refusal]
   */
  refuse(refusal = FAULT) {
    if (this.#over) return;
    this.#stop();
    /** @type {Uint8Array} */
    let reply;
    try {
      reply = replyOf(refusal);
    } catch (error) {
      // What the user's verify gave may not be sent.
      console.error('ws4wasm: the handshake failed:', error);
      reply = replyOf(FAULT);
      refusal = { ...FAULT, error };
    }
    answerAndEnd(this.#sock, reply, this.#options, this.#wire);
    tellRefused(this.#door, () => refusedOf(refusal, this.#request, this.#peer));
  }
}

/**
 * @param {Refusal} refusal
 * @param {import('../node.js').ServerRequest | undefined} request
 * @param {any} peer
 * @returns {import('../node.js').Refused}
 */
export function refusedOf({ status, reason, body, error }, request, peer) {
  const { remoteAddress, remotePort } = request ?? peer ?? {};
  const message = typeof body === 'string' ? body : '';
  return { status, reason, message, remoteAddress, remotePort, request, error };
}

/**
 * Judges what a caller handed over together with a socket. The socket is answered whatever
 * comes: nobody else will.
 * @template T
 * @param {any} sock
 * @param {import('./answer.js').Wire} wire
 * @param {() => T} judge
 * @returns {T}
 */
export function judgedFor(sock, wire, judge) {
  try {
    return judge();
  } catch (error) {
    answerAndEnd(sock, replyOf(FAULT), {}, wire);
    throw error;
  }
}

// Answers that open nothing, and what becomes of their sockets.
import { HANDSHAKE_TIMEOUT } from './options.js';

const DEFAULT_CLOSE_TIMEOUT = 10_000;

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

/** The last resort, without anything that it would keep alive. @this {import('node:stream').Duplex} */
export function drop() {
  this.destroy();
}

/**
 * Sends an HTTP answer and ends; a peer that does not end too is dropped.
 * @param {any} sock
 * @param {Uint8Array} reply
 * @param {{ closeTimeout?: number, handshakeTimeout?: number }} options
 * @param {Wire} wire
 */
export function answerAndEnd(sock, reply, options, wire) {
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

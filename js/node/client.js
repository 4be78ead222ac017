// The client's way to a WebSocket over TCP, TLS or a Unix socket.
import { CONNECTION, judged, picked } from '../base/options.js';
import { begin, WebSocket } from '../connection/websocket.js';
import { deflateOf } from '../core/deflate.js';
import { CLIENT_HANDSHAKE, ClientHandshake, webSocketUrl } from '../core/handshake.js';
import { ownsBytes } from './arrival.js';
import { publishOpened } from './channels.js';
import { dial, discard, ignored } from './dial.js';
import { failure, isRefusal, Limit, within } from './limit.js';
import { CONNECT, clientOptions, oneWay } from './options.js';
import { followed, redirectOf } from './redirects.js';
import { readBody } from './refusal.js';

/**
 * @param {string | URL} url
 * @param {import('../node.js').ConnectOptions} [options]
 * @returns {Promise<any>}
 */
export async function connect(url, options) {
  const given = judged(options, CONNECT, 'connect');
  oneWay(given);
  let hop = { url: webSocketUrl(url), options: clientOptions(given) };
  const { maxRedirects = 0 } = hop.options;
  const limit = new Limit(given);
  try {
    for (let left = maxRedirects; ; left--) {
      const outcome = await attempt(hop, limit.signal, left > 0);
      if (!outcome.next) return outcome.ws;
      hop = followed(hop, outcome.next, outcome.redirect);
    }
  } finally {
    limit.end();
  }
}

/**
 * @param {{ url: URL, options: any }} hop
 * @param {AbortSignal} until
 * @param {boolean} follow whether a redirect is followed
 * @returns {Promise<any>} a connection `ws`, or `next`, the URL that a `redirect` leads to
 */
async function attempt({ url, options }, until, follow) {
  const handshake = new ClientHandshake(url, picked(options, CLIENT_HANDSHAKE));
  /** @type {import('node:stream').Duplex | undefined} */
  let sock;
  try {
    sock = await dial(url, options, until);
    sock.on('error', ignored);
    const outcome = await answered(sock, handshake, until);
    if ('result' in outcome) return { ws: opened(sock, outcome.result, options) };
    const { refusal } = outcome;
    const next = follow ? redirectOf(refusal, url) : undefined;
    if (!next) {
      await readBody(refusal, sock, until);
      options.signal?.throwIfAborted();
      throw refusal;
    }
    discard(sock);
    return { next, redirect: refusal };
  } catch (error) {
    if (sock) discard(sock);
    throw error;
  } finally {
    handshake.free();
  }
}

/**
 * Sends the request, and gives what its answer comes to.
 * @param {import('node:stream').Duplex} sock
 * @param {ClientHandshake} handshake
 * @param {AbortSignal} until
 * @returns {Promise<{ result: import('../index.js').ClientHandshakeResult } | { refusal: import('../base/exceptions.js').HandshakeError }>}
 */
async function answered(sock, handshake, until) {
  /** @type {[string, (value: any) => void][]} */
  let listeners = [];
  try {
    return await within(until, (resolve, reject) => {
      const ended = () =>
        reject(failure('the server ended the connection before its answer was complete'));
      const take = (/** @type {Uint8Array} */ bytes) => {
        try {
          const result = handshake.receive(bytes);
          if (!result) return;
          resolve({ result });
        } catch (error) {
          if (isRefusal(error)) resolve({ refusal: error });
          else reject(error);
        }
        // What else there is waits for the connection, or for the reader of a body.
        sock.pause();
      };
      listeners = [
        ['error', reject],
        // One that is destroyed says no more than this.
        ['close', ended],
        ['end', ended],
        ['data', take],
      ];
      for (const [type, listener] of listeners) sock.on(type, listener);
      if (sock.destroyed) ended();
      sock.resume();
      // One that only tells a proxy's refusal cannot be written to.
      if (sock.writable) sock.write(handshake.request);
    });
  } finally {
    for (const [type, listener] of listeners) sock.removeListener(type, listener);
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
  sock.removeListener('error', ignored);
  publishOpened(ws, { response });
  begin(ws);
  return ws;
}

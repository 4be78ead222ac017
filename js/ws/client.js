// The client's handshake over Node's http.request, which programs written for ws see: agents,
// finishRequest, the request and the response of what was refused. Who may go on, the engine judges.
// Modules as a whole: what instruments a program puts its own functions into them.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { ClientHandshake } from '../core/handshake.js';
import { headOf } from '../node/head.js';
import { LIMITS, refusalOf } from './head.js';
import { deflateOffer } from './options.js';
import { placeOf, sameHost } from './url.js';

const VERSIONS = [8, 13];

/**
 * What an attempt tells the WebSocket that it is for.
 * @typedef {object} Owner
 * @property {() => boolean} connecting whether it still wants to
 * @property {() => void} closing it will fail
 * @property {(error: Error) => void} failed
 * @property {(socket: any, head: Uint8Array, agreed: import('./websocket.js').Agreement) => void} opened
 */

export class Attempt {
  #ws;
  #owner;
  #protocols;
  #options;
  /** @type {import('./url.js').Place | undefined} */
  #first;
  #redirects = 0;
  /** Where it goes, at first and after each redirect. @type {string | undefined} */
  url;
  /** What is under way. @type {any} */
  request;

  /**
   * @param {import('./websocket.js').WebSocket} ws
   * @param {Owner} owner
   * @param {string[]} protocols
   * @param {any} options
   */
  constructor(ws, owner, protocols, options) {
    this.#ws = ws;
    this.#owner = owner;
    this.#protocols = protocols;
    this.#options = options;
    const { protocolVersion } = options;
    if (!VERSIONS.includes(protocolVersion)) {
      throw new RangeError(
        `Unsupported protocol version: ${protocolVersion} (supported versions: ${VERSIONS.join(', ')})`,
      );
    }
  }

  /** @param {string | URL} address */
  start(address) {
    this.#go(placeOf(address));
  }

  /**
   * @param {string} message
   * @param {any} [socket] what has come of the request
   */
  abort(message, socket) {
    const error = new Error(message);
    this.#owner.closing();
    const request = this.request;
    this.request = undefined;
    request?.destroy();
    // A request that was answered leaves its socket alone.
    request?.socket?.destroy();
    socket?.destroy();
    process.nextTick(() => this.#owner.failed(error));
  }

  /** @param {import('./url.js').Place} place */
  #go(place) {
    const options = this.#options;
    this.url = place.url.href;
    const handshake = this.#handshake();
    const { headers, auth } = this.#credentials(place);
    const { host, port, path, secure, socketPath } = place;
    const request = (secure ? https : http).request({
      createConnection: secure ? dialTls : dialNet,
      ...options,
      method: 'GET',
      protocol: undefined,
      protocols: undefined,
      hostname: undefined,
      host,
      port,
      path,
      socketPath,
      auth,
      defaultPort: options.defaultPort || (secure ? 443 : 80),
      timeout: options.handshakeTimeout,
      headers: { ...headers, ...ownHeaders(handshake, options, this.#protocols) },
    });
    this.request = request;
    if (this.#redirects > 0) this.#ws.emit('redirect', place.url.href, request);
    const current = () => this.request === request;
    request.on('timeout', () => {
      if (current()) this.abort('Opening handshake has timed out');
    });
    request.on('error', (/** @type {Error} */ error) => {
      if (!current()) return;
      this.request = undefined;
      this.#owner.failed(error);
    });
    request.on('response', (/** @type {any} */ response) => {
      if (current()) this.#answered(response, place);
    });
    request.on('upgrade', (/** @type {any} */ response, /** @type {any} */ socket, head) => {
      if (current()) this.#upgraded(handshake, response, socket, head);
    });
    if (options.finishRequest) options.finishRequest(request, this.#ws);
    else request.end();
  }

  /** It has the key that it will hold the answer against. */
  #handshake() {
    const { perMessageDeflate } = this.#options;
    try {
      return new ClientHandshake('ws://localhost/', {
        protocols: this.#protocols,
        deflate: deflateOffer(perMessageDeflate),
        ...LIMITS,
      });
    } catch (error) {
      if (!/protocol/.test(String(error))) throw error;
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
  }

  /**
   * Headers and credentials that go to a place: those that are meant for one host go to no other,
   * and from TLS to none without, unless there is a listener who sees to that.
   * @param {import('./url.js').Place} place
   * @returns {{ headers: Record<string, any>, auth: string | undefined }}
   */
  #credentials(place) {
    const options = this.#options;
    const auth = place.auth ?? options.auth;
    if (!options.followRedirects) return { headers: options.headers ?? {}, auth };
    const first = this.#first ?? place;
    if (!this.#first) {
      this.#first = place;
      const lowered = Object.entries(options.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]);
      this.#options = { ...options, headers: Object.fromEntries(lowered) };
    }
    const headers = { ...this.#options.headers };
    let goesAlong = auth;
    const same = sameHost(first, place);
    const leaves = !same || (first.secure && !place.secure);
    if (this.#redirects > 0 && leaves && this.#ws.listenerCount('redirect') === 0) {
      delete headers.authorization;
      delete headers.cookie;
      if (!same) delete headers.host;
      goesAlong = undefined;
    }
    // The first Authorization is the one of all that follow.
    if (goesAlong && !this.#options.headers.authorization) {
      const basic = `Basic ${Buffer.from(goesAlong).toString('base64')}`;
      this.#options.headers.authorization = basic;
      headers.authorization = basic;
    }
    return { headers, auth: goesAlong };
  }

  /**
   * @param {import('node:http').IncomingMessage} response
   * @param {import('./url.js').Place} place
   */
  #answered(response, place) {
    const { statusCode = 0, headers } = response;
    const redirected = statusCode >= 300 && statusCode < 400 && headers.location;
    if (redirected && this.#options.followRedirects) {
      this.#redirected(/** @type {string} */ (headers.location), place);
    } else if (!this.#ws.emit('unexpected-response', this.request, response)) {
      this.abort(`Unexpected server response: ${statusCode}`);
    }
  }

  /**
   * @param {string} location
   * @param {import('./url.js').Place} place
   */
  #redirected(location, place) {
    if (++this.#redirects > this.#options.maxRedirects) {
      this.abort('Maximum redirects exceeded');
      return;
    }
    const request = this.request;
    this.request = undefined;
    request.destroy();
    try {
      if (!URL.canParse(location, place.url)) throw new SyntaxError(`Invalid URL: ${location}`);
      this.#go(placeOf(new URL(location, place.url)));
    } catch (error) {
      this.#owner.failed(/** @type {Error} */ (error));
    }
  }

  /**
   * @param {ClientHandshake} handshake
   * @param {import('node:http').IncomingMessage} response
   * @param {any} socket
   * @param {Uint8Array} head
   */
  #upgraded(handshake, response, socket, head) {
    this.#ws.emit('upgrade', response);
    // A listener may have had enough.
    if (!this.#owner.connecting()) {
      socket.destroy();
      return;
    }
    this.request = undefined;
    try {
      const { statusCode, statusMessage, headers } = response;
      const result = handshake.receive(
        headOf(`HTTP/1.1 ${statusCode} ${statusMessage}`, undefined, headers),
      );
      if (!result) throw new Error('The answer is not complete');
      const { protocol, deflate } = result;
      if (this.#protocols.length > 0 && !protocol) {
        this.abort('Server sent no subprotocol', socket);
        return;
      }
      this.#owner.opened(socket, head, { protocol, deflate });
    } catch (error) {
      this.abort(refusalOf(error, this.#words()).message, socket);
    }
  }

  /** @returns {import('./head.js').Words} */
  #words() {
    const offered = Boolean(this.#options.perMessageDeflate);
    return [
      [/Upgrade header/, 'Invalid Upgrade header'],
      [/Sec-WebSocket-Accept/, 'Invalid Sec-WebSocket-Accept header'],
      [
        /Sec-WebSocket-Protocol/,
        this.#protocols.length > 0
          ? 'Server sent an invalid subprotocol'
          : 'Server sent a subprotocol but none was requested',
      ],
      ...(offered
        ? []
        : /** @type {import('./head.js').Words} */ ([
            [
              /Sec-WebSocket-Extensions/,
              'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
            ],
          ])),
      [/grammar|permessage-deflate has/, 'Invalid Sec-WebSocket-Extensions header'],
      [/Sec-WebSocket-Extensions/, 'Server indicated an extension that was not requested'],
    ];
  }
}

/**
 * The headers of the handshake, which are nobody's else.
 * @param {ClientHandshake} handshake
 * @param {any} options
 * @param {string[]} protocols
 */
function ownHeaders(handshake, { protocolVersion, origin }, protocols) {
  const lines = new Map(
    Buffer.from(handshake.request)
      .toString('latin1')
      .split('\r\n')
      .map((line) => /** @type {[string, string]} */ (line.split(': ', 2))),
  );
  const extensions = lines.get('Sec-WebSocket-Extensions');
  return {
    'Sec-WebSocket-Version': protocolVersion,
    'Sec-WebSocket-Key': lines.get('Sec-WebSocket-Key'),
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    ...(extensions ? { 'Sec-WebSocket-Extensions': extensions } : {}),
    ...(protocols.length > 0 ? { 'Sec-WebSocket-Protocol': protocols.join(',') } : {}),
    ...(origin ? { [protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin']: origin } : {}),
  };
}

/** @param {any} options */
const dialNet = (options) => net.connect({ ...options, path: options.socketPath });

/** @param {any} options */
function dialTls(options) {
  const { servername, host } = options;
  // Names go into SNI, addresses do not (RFC 6066 section 3).
  const named = servername || servername === '' ? servername : net.isIP(host) ? '' : host;
  return tls.connect({ ...options, path: undefined, servername: named });
}

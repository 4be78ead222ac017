// The server with ws's names: a handshake on the upgrade of an HTTP server, and the connections that
// came of it.
import { EventEmitter } from 'node:events';
import { createServer, STATUS_CODES } from 'node:http';
import { ServerHandshake } from '../core/handshake.js';
import { isAnswered, takeOver } from '../node/arrival.js';
import { headOf } from '../node/head.js';
import { LIMITS, offersDeflate, REQUEST_WORDS, refusalOf, UNACCEPTABLE } from './head.js';
import { DEFAULTS, deflateOffer } from './options.js';
import { attach, WebSocket } from './websocket.js';

const VERSIONS = ['13', '8'];

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

const TWICE =
  'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration';

/** The peer is gone, or wrote what nobody can read. @this {import('node:stream').Duplex} */
function drop() {
  this.destroy();
}

export class WebSocketServer extends EventEmitter {
  #state = RUNNING;
  /** @type {any} */
  #server = null;
  /** Ends the listening to the server. @type {() => void} */
  #leave = () => {};
  /** The last connection that ends is the end. */
  #waits = false;
  /** One for all clients: as a closure of each it would take 110 bytes. */
  #onClientClose = this.#forgetting();

  /**
   * @param {any} options
   * @param {() => void} [callback]
   */
  constructor(options, callback) {
    super();
    const given = {
      ...DEFAULTS,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      verifyClient: null,
      noServer: false,
      backlog: null,
      server: null,
      host: null,
      path: null,
      port: null,
      WebSocket,
      ...options,
    };
    const { port, server, noServer, host, backlog } = given;
    if (
      [port ?? undefined, server || undefined, noServer || undefined].filter(
        (one) => one !== undefined,
      ).length !== 1
    ) {
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    }
    if (given.perMessageDeflate === true) given.perMessageDeflate = {};
    this.options = given;
    /** @type {Set<WebSocket> | undefined} */
    this.clients = given.clientTracking ? new Set() : undefined;
    if (!given.clientTracking) delete this.clients;
    if (port !== null && port !== undefined) {
      this.#server = createServer(upgradeOnly);
      this.#server.listen(port, host, backlog, callback);
    } else if (server) {
      this.#server = server;
    }
    if (this.#server) this.#listen(this.#server);
  }

  /** @param {any} server */
  #listen(server) {
    /** @type {Record<string, (...args: any[]) => void>} */
    const listeners = {
      listening: () => this.emit('listening'),
      error: (error) => this.emit('error', error),
      upgrade: (request, socket, head) => {
        this.handleUpgrade(request, socket, head, (ws, it) => this.emit('connection', ws, it));
      },
    };
    for (const [type, listener] of Object.entries(listeners)) server.on(type, listener);
    this.#leave = () => {
      for (const [type, listener] of Object.entries(listeners)) {
        server.removeListener(type, listener);
      }
    };
  }

  /** Not documented by ws, and used all the same. */
  get _server() {
    return this.#server;
  }

  address() {
    if (this.options.noServer) {
      throw new Error('The server is operating in "noServer" mode');
    }
    return this.#server ? this.#server.address() : null;
  }

  /** @param {(error?: Error) => void} [callback] */
  close(callback) {
    if (this.#state === CLOSED) {
      if (callback) this.once('close', () => callback(new Error('The server is not running')));
      process.nextTick(() => this.#closed());
      return;
    }
    if (callback) this.once('close', callback);
    if (this.#state === CLOSING) return;
    this.#state = CLOSING;
    const server = this.#server;
    this.#leave();
    this.#server = null;
    if (!this.options.noServer && !this.options.server) {
      server.close(() => this.#closed());
    } else if (this.clients?.size) {
      this.#waits = true;
    } else {
      process.nextTick(() => this.#closed());
    }
  }

  #closed() {
    this.#state = CLOSED;
    this.emit('close');
  }

  /**
   * @param {any} request
   * @returns {boolean}
   */
  shouldHandle(request) {
    const { path } = this.options;
    return !path || request.url.split('?', 1)[0] === path;
  }

  /**
   * @param {any} request
   * @param {any} socket
   * @param {Uint8Array} head
   * @param {(ws: any, request: any) => void} callback
   */
  handleUpgrade(request, socket, head, callback) {
    socket.on('error', drop);
    const upgrade = { request, socket, head, callback };
    const { perMessageDeflate, verifyClient } = this.options;
    const handshake = new ServerHandshake({
      deflate: deflateOffer(perMessageDeflate),
      ...LIMITS,
    });
    const parsed = this.#judged(handshake, upgrade);
    if (!parsed) return;
    const refused = (
      /** @type {number} */ status,
      /** @type {string} */ message,
      /** @type {object} */ headers,
    ) => {
      handshake.free();
      refuse(socket, status, message, headers);
    };
    if (!this.shouldHandle(request)) return refused(400, '', {});
    if (!verifyClient) return this.#complete(handshake, parsed, upgrade);
    const info = {
      origin: request.headers[versionOf(request) === '8' ? 'sec-websocket-origin' : 'origin'],
      secure: Boolean(request.socket.authorized || request.socket.encrypted),
      req: request,
    };
    if (verifyClient.length !== 2) {
      if (verifyClient(info)) this.#complete(handshake, parsed, upgrade);
      else refused(401, '', {});
      return;
    }
    verifyClient(
      info,
      (/** @type {any} */ verified, status = 401, message = '', headers = {}) => {
        if (verified) this.#complete(handshake, parsed, upgrade);
        else refused(status || 401, message, headers);
      },
    );
  }

  /**
   * The request, if it is one for a WebSocket; else it is answered.
   * @param {ServerHandshake} handshake
   * @param {{ request: any, socket: any }} upgrade
   */
  #judged(handshake, upgrade) {
    const { method, url, headers } = upgrade.request;
    try {
      // Frameworks make requests up that lack what Node's own always have, and version 8 differs from
      // 13 in the name of the origin only.
      const made = { host: 'localhost', connection: 'Upgrade' };
      const head = { ...made, ...headers, 'sec-websocket-version': '13' };
      const parsed = handshake.readRequest(
        headOf(`${method} ${url} HTTP/1.1`, undefined, head),
      );
      if (parsed && VERSIONS.includes(versionOf(upgrade.request))) return parsed;
      handshake.free();
    } catch (error) {
      const { message, status } = refusalOf(error, REQUEST_WORDS);
      this.#mistaken(upgrade, status, message);
      return undefined;
    }
    const supported = { 'Sec-WebSocket-Version': VERSIONS.join(', ') };
    this.#mistaken(upgrade, 400, 'Missing or invalid Sec-WebSocket-Version header', supported);
    return undefined;
  }

  /**
   * It is the listener's, if there is one, who then answers.
   * @param {{ request: any, socket: any }} upgrade
   * @param {number} status
   * @param {string} message
   * @param {object} [headers]
   */
  #mistaken({ request, socket }, status, message, headers) {
    if (this.listenerCount('wsClientError') > 0) {
      this.emit('wsClientError', new Error(message), socket, request);
    } else {
      refuse(socket, status, message, headers);
    }
  }

  /**
   * @param {ServerHandshake} handshake
   * @param {import('../index.js').HandshakeRequest} parsed
   * @param {{ request: any, socket: any, head: Uint8Array, callback: (ws: any, request: any) => void }} upgrade
   */
  #complete(handshake, parsed, { request, socket, head, callback }) {
    if (!socket.readable || !socket.writable) {
      handshake.free();
      socket.destroy();
      return;
    }
    if (isAnswered(socket)) {
      handshake.free();
      throw new Error(TWICE);
    }
    if (this.#state > RUNNING) {
      handshake.free();
      refuse(socket, 503);
      return;
    }
    const { handleProtocols, WebSocket: Kind } = this.options;
    const offered = new Set(parsed.protocols);
    const [first] = offered;
    const chosen = offered.size && handleProtocols ? handleProtocols(offered, request) : first;
    const known = offered.has(chosen);
    const { reply, deflate } = handshake.accept(parsed, known ? { protocol: chosen } : {});
    // The engine declines what it cannot meet (RFC 7692 section 5.1); ws refuses the handshake.
    if (this.options.perMessageDeflate && !deflate && offersDeflate(request)) {
      this.#mistaken({ request, socket }, 400, UNACCEPTABLE);
      return;
    }
    takeOver(socket, 'handleUpgrade');
    const ws = new Kind(null, undefined, this.options);
    const lines = reply.toString().split('\r\n').slice(0, -2);
    // One that nobody offered is the program's to answer for; the client will not have it.
    if (chosen && !known) lines.push(protocolLine(chosen));
    this.emit('headers', lines, request);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.removeListener('error', drop);
    attach(ws, socket, head, { protocol: chosen, deflate }, this.options, 'server');
    this.#track(ws);
    callback(ws, request);
  }

  /** @param {WebSocket} ws */
  #track(ws) {
    const { clients } = this;
    if (!clients) return;
    clients.add(ws);
    ws.on('close', this.#onClientClose);
  }

  #forgetting() {
    const server = this;
    /** @this {WebSocket} */
    return function forget() {
      server.clients?.delete(this);
      if (server.#waits && server.clients?.size === 0) process.nextTick(() => server.#closed());
    };
  }
}

/** A subprotocol's name (RFC 6455 section 4.1, point 10). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** @param {unknown} protocol */
function protocolLine(protocol) {
  if (typeof protocol === 'string' && TOKEN.test(protocol)) {
    return `Sec-WebSocket-Protocol: ${protocol}`;
  }
  throw new TypeError('handleProtocols must give the name of a subprotocol, or false');
}

/** @param {any} request */
const versionOf = (request) => String(request.headers['sec-websocket-version']);

/**
 * @param {import('node:http').IncomingMessage} _request
 * @param {import('node:http').ServerResponse} response
 */
function upgradeOnly(_request, response) {
  const body = /** @type {string} */ (STATUS_CODES[426]);
  response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' });
  response.end(body);
}

/**
 * @param {any} socket
 * @param {number} status
 * @param {string} [message]
 * @param {object} [headers]
 */
function refuse(socket, status, message, headers = {}) {
  const own = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const body = message || STATUS_CODES[status];
  socket.once('finish', socket.destroy);
  socket.end(ServerHandshake.reject(status, { headers: /** @type {any} */ (own), body }));
}

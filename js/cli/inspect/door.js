// The listening side of the proxy: of each connection, its first bytes tell what it is. A request
// for a WebSocket is passed on byte by byte (connection.js); all else is a plain request, which
// Node's own server reads, and passing.js passes on.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { headOf } from '../../node/head.js';
import { inHttp1 } from '../../node/http2.js';
import { Connection } from './connection.js';
import { Passing } from './passing.js';
import { replyOf, sayGoodbye } from './reply.js';
import { headEnd, MAX_HEAD, wantsWebSocket } from './request.js';
import { ClientStream } from './streams.js';

/** In milliseconds. */
const HEAD_TIMEOUT = 10_000;

/** What HTTP/2 begins with (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {import('./connection.js').Log} Log */

export class Door {
  #setting;
  #newLog;
  #http1;
  #http2 = createHttp2({ settings: { enableConnectProtocol: true } });
  /** @type {Set<Socket>} */
  #sockets = new Set();
  /** @type {Set<Connection>} */
  #connections = new Set();
  /** WebSockets so far. */
  count = 0;

  /**
   * @param {import('./connection.js').Setting} setting
   * @param {{ log: () => Log, note: (text: string) => void }} say a log for a connection, and lines
   *   about plain requests
   */
  constructor(setting, { log, note }) {
    this.#setting = setting;
    this.#newLog = log;
    const passing = new Passing(setting, note);
    // An upload may take as long as it takes.
    this.#http1 = createServer({ maxHeaderSize: MAX_HEAD, requestTimeout: 0 });
    passing.serve(this.#http1);
    // A WebSocket on a connection that has had other requests.
    this.#http1.on('upgrade', ({ method, url, httpVersion, rawHeaders }, socket, rest) => {
      const line = `${method} ${url} HTTP/${httpVersion}`;
      const head = headOf(line, rawHeaders, {}).toString('latin1');
      const client = /** @type {Socket} */ (socket);
      client.setTimeout(0);
      if (wantsWebSocket(head)) this.#open(client, head, rest);
      else this.#passPlain(client, Buffer.concat([plain(head), rest]));
    });
    this.#http1.on('connect', (_, socket) =>
      sayGoodbye(
        /** @type {Socket} */ (socket),
        replyOf(405, 'This proxy leads to its targets only, and makes no tunnels.'),
      ),
    );
    passing.serve(this.#http2);
    this.#http2.on('connect', ({ stream, headers }) => {
      if (headers[':protocol'] === 'websocket') {
        const head = inHttp1(headers, randomBytes(16).toString('base64'));
        const client = /** @type {any} */ (new ClientStream(stream));
        this.#open(client, head.toString('latin1'), Buffer.alloc(0));
      } else {
        // RFC 9220 section 3, RFC 9110 section 15.5.6
        const status = headers[':protocol'] ? 501 : 405;
        stream.respond({ ':status': status }, { endStream: true });
      }
    });
  }

  /** @param {Socket | import('node:tls').TLSSocket} socket that has been accepted */
  take = (socket) => {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
      this.#begin2(socket);
    } else this.#peek(socket);
  };

  /** @param {Socket} socket */
  #begin2(socket) {
    // A session ends with its connection. Half open, it would stay for ever.
    socket.allowHalfOpen = false;
    this.#http2.emit('connection', socket);
  }

  /** @param {Socket} socket */
  #peek(socket) {
    let bytes = Buffer.alloc(0);
    const refuse = (/** @type {number} */ status, /** @type {string} */ why) => {
      decided();
      this.#newLog().problem(`${status} ${why}`);
      sayGoodbye(socket, replyOf(status, why));
    };
    const timer = setTimeout(() => refuse(408, 'No whole request came in time.'), HEAD_TIMEOUT);
    const take = (/** @type {Buffer} */ more) => {
      bytes = Buffer.concat([bytes, more]);
      const known = Math.min(bytes.length, PREFACE.length);
      if (bytes.compare(PREFACE, 0, known, 0, known) === 0) {
        if (known < PREFACE.length) return;
        decided();
        socket.unshift(bytes);
        this.#begin2(socket);
        return;
      }
      const end = headEnd(bytes);
      if (end === undefined) {
        if (bytes.length > MAX_HEAD) refuse(431, 'The head of the request is too long.');
        return;
      }
      decided();
      const head = bytes.toString('latin1', 0, end);
      if (wantsWebSocket(head)) this.#open(socket, head, bytes.subarray(end));
      else this.#passPlain(socket, bytes);
    };
    const gone = () => clearTimeout(timer);
    const ended = () => socket.end();
    const decided = () => {
      clearTimeout(timer);
      socket.off('data', take).off('end', ended).off('close', gone).pause();
    };
    socket.on('data', take).on('end', ended).on('close', gone);
  }

  /**
   * @param {Socket} client
   * @param {string} head
   * @param {Buffer} rest
   */
  #open(client, head, rest) {
    this.count++;
    const request = { head, rest };
    const connection = new Connection(client, request, this.#setting, this.#newLog());
    this.#connections.add(connection);
    client.on('close', () => this.#connections.delete(connection));
  }

  /**
   * @param {Socket} socket
   * @param {Buffer} bytes of it that were read already
   */
  #passPlain(socket, bytes) {
    socket.unshift(bytes);
    this.#http1.emit('connection', socket);
    // It was paused, and a server takes it for a new one, which is not.
    socket.resume();
  }

  /** Ends all that is there. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * The same request without its wish for another protocol, which it may be refused (RFC 9110
 * section 7.8): Node would give it to the upgrade's listener again.
 * @param {string} head
 */
const plain = (head) => Buffer.from(head.replace(/\r\nupgrade:[^\r\n]*/gi, ''), 'latin1');

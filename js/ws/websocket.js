// The connection with ws's names: an emitter of Node's events over the engine's connection.
import { EventEmitter } from 'node:events';
import { StreamClosed } from '../base/exceptions.js';
import { Connection } from '../connection/connection.js';
import { CloseControlMessage } from '../core/messages.js';
import { Attempt } from './client.js';
import { overtakenError, violationError, violationStatus } from './errors.js';
import { addEventTarget } from './events.js';
import { CLIENT_DEFAULTS, connectionOptions, DEFAULTS } from './options.js';
import { BINARY_TYPES, controlPayload, EMPTY, isBlob, lengthOf, payloadOf } from './payload.js';
import { CLOSED, CLOSING, CONNECTING, OPEN, STATES } from './states.js';

/** How a connection ended that had no close frame. */
const NOT_CLEAN = { code: 1006, reason: EMPTY, wasClean: false };

/**
 * What a handshake has come to.
 * @typedef {object} Agreement
 * @property {string} [protocol]
 * @property {import('../index.js').DeflateParameters} [deflate]
 */

/**
 * Gives a WebSocket the socket that a handshake was done on.
 * @type {(ws: WebSocket, socket: any, head: Uint8Array, agreed: Agreement, options: any, role: 'server' | 'client') => void}
 */
export let attach;

/** @param {unknown} error */
function rethrow(error) {
  throw error;
}

/** @typedef {import('../connection/connection.js').Face} Face */

/**
 * What a WebSocket keeps, and what its connection tells.
 * @implements {Face}
 */
class Inside {
  #ws;
  #errorTold = false;
  /** The callback of a send is told of what is wrong with it, so the event need not. */
  hasCallback = false;
  state = CONNECTING;
  /** @type {any} */
  socket = null;
  /** @type {Connection | undefined} */
  connection;
  protocol = '';
  /** @type {keyof typeof BINARY_TYPES} */
  binaryType = 'nodebuffer';
  /** A message was begun with fin: false. */
  unfinished = false;
  /** Blobs that have not been sent. */
  blobs = 0;
  /** Bytes that were sent too late; they are never less (WHATWG). */
  lost = 0;
  /** It was terminated while ws would have been compressing what was sent. */
  overtaken = false;
  /** How the connection ended, once it has. @type {{ code: number, reason: Buffer, wasClean: boolean } | undefined} */
  ending;
  /** ws waits for that. */
  #transportClosed = false;
  /** To connect. @type {Attempt | undefined} */
  attempt;

  /** @param {WebSocket} ws */
  constructor(ws) {
    this.#ws = ws;
  }

  get extensions() {
    return this.connection?.endpoint.deflate === undefined ? '' : 'permessage-deflate';
  }

  // Of the connection. What a listener throws is nobody's to catch, and no reason to lose what came
  // behind.

  /**
   * @param {string} type
   * @param {any} [first]
   * @param {any} [second]
   */
  emit(type, first, second) {
    try {
      this.#ws.emit(type, first, second);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
  }

  // `attach` tells of it.
  opened() {}

  /** @param {Uint8Array} bytes */
  process(bytes) {
    this.connection?.process(bytes);
  }

  // Without a listener a message is lost, as with any emitter.
  wants() {
    return true;
  }

  /** @param {any} message */
  handle({ data, isBinary }) {
    const { connection } = this;
    const bytes = data.length === 0 ? EMPTY : data;
    this.emit('message', isBinary ? BINARY_TYPES[this.binaryType](bytes) : bytes, isBinary);
    if (connection && !connection.concurrentHandlers) setImmediate(connection.wait());
  }

  /** @param {any} ping */
  pinged({ data }) {
    this.emit('ping', data);
  }

  /** @param {any} pong */
  ponged({ data }) {
    this.emit('pong', data);
  }

  framed() {}

  /** @param {any} violation */
  answer({ error }) {
    return new CloseControlMessage(violationStatus(error));
  }

  /** @param {any} violation */
  violated({ error }) {
    this.failed(violationError(error));
  }

  /** @param {any} error of a send, or of the engine */
  tell(error) {
    if (!this.hasCallback) this.failed(error);
  }

  /**
   * @param {import('../connection/closing.js').Ending} ending
   * @param {boolean} wasClean
   */
  closed({ code, reason }, wasClean) {
    this.ending = wasClean
      ? { code, reason: reason === '' ? EMPTY : Buffer.from(reason), wasClean }
      : NOT_CLEAN;
    this.#endTogether();
  }

  transportClosed() {
    this.#transportClosed = true;
    this.#endTogether();
  }

  #endTogether() {
    if (this.ending && this.#transportClosed) this.end();
  }

  /** The connection ends early: told of once. @param {Error} error */
  failed(error) {
    if (this.#errorTold) return;
    this.#errorTold = true;
    this.emit('error', error);
  }

  end() {
    const { code, reason } = this.ending ?? NOT_CLEAN;
    this.state = CLOSED;
    this.emit('close', code, reason);
  }

  /** @param {Promise<void>} sent */
  countBlob(sent) {
    this.blobs++;
    sent.then(
      () => {
        this.blobs--;
      },
      () => {},
    );
  }

  /**
   * What a callback throws is nobody's to catch.
   * @param {Promise<void>} sent
   * @param {(error?: Error) => void} callback
   */
  tellWhenSent(sent, callback) {
    sent.then(
      () => {
        if (this.overtaken) process.nextTick(callback, this.#overtakenError());
        else process.nextTick(callback);
      },
      (error) => {
        const overtaken = error instanceof StreamClosed && error.cause === undefined;
        process.nextTick(callback, overtaken ? this.#overtakenError() : (error.cause ?? error));
      },
    );
  }

  #overtakenError() {
    return overtakenError(this.blobs > 0, this.extensions !== '');
  }

  /** @param {number} length */
  sentTooLate(length) {
    this.lost += length;
  }
}

export class WebSocket extends EventEmitter {
  static {
    attach = (ws, socket, head, { protocol, deflate }, options, role) => {
      const inside = ws.#inside;
      inside.protocol = protocol ?? '';
      inside.socket = socket;
      socket.setTimeout?.(0);
      socket.setNoDelay?.();
      // It comes as all else does, when those who got this WebSocket had the time to listen.
      if (head.length > 0) socket.unshift(head);
      inside.connection = new Connection(
        inside,
        socket,
        connectionOptions(options, socket, role, deflate),
      );
      inside.state = OPEN;
      // First, so that listeners which the program gives the socket come after it, as with ws.
      inside.connection.begin();
      inside.emit('open');
    };
    for (const [value, name] of STATES.entries()) {
      const constant = { value, enumerable: true };
      Object.defineProperty(WebSocket, name, constant);
      Object.defineProperty(WebSocket.prototype, name, constant);
    }
    addEventTarget(WebSocket, (ws) => ws.#inside.ending?.wasClean ?? false);
  }

  #inside = new Inside(this);

  /**
   * @param {string | URL | null} address null for one that a server makes
   * @param {any} [protocols]
   * @param {any} [options]
   */
  constructor(address, protocols, options) {
    super();
    if (address === null) return;
    const named =
      typeof protocols !== 'object' || protocols === null || Array.isArray(protocols);
    const given = { ...CLIENT_DEFAULTS, ...(named ? options : protocols) };
    const wanted = named && protocols !== undefined ? protocols : (given.protocols ?? []);
    const inside = this.#inside;
    const attempt = new Attempt(
      this,
      {
        connecting: () => inside.state === CONNECTING,
        closing: () => {
          inside.state = CLOSING;
        },
        failed: (error) => {
          inside.state = CLOSING;
          inside.failed(error);
          inside.end();
        },
        opened: (socket, head, agreed) => {
          attach(this, socket, head, agreed, given, 'client');
        },
      },
      Array.isArray(wanted) ? wanted : [wanted],
      given,
    );
    inside.attempt = attempt;
    attempt.start(address);
  }

  get binaryType() {
    return this.#inside.binaryType;
  }

  set binaryType(type) {
    if (!Object.hasOwn(BINARY_TYPES, type)) return;
    this.#inside.binaryType = type;
  }

  get bufferedAmount() {
    const { connection, socket, lost } = this.#inside;
    if (!connection) return lost;
    // As with ws: what the system has taken at once does not count.
    connection.flush();
    return lost + connection.unwritten + socket.writableLength;
  }

  get extensions() {
    return this.#inside.extensions;
  }

  get isPaused() {
    return this.#inside.connection?.paused ?? false;
  }

  get protocol() {
    return this.#inside.protocol;
  }

  get readyState() {
    const { state, connection } = this.#inside;
    // It is closed when that has been told.
    return state === OPEN ? Math.min(connection?.readyState ?? CLOSING, CLOSING) : state;
  }

  get url() {
    return this.#inside.attempt?.url;
  }

  /** Not documented by ws, and used all the same: the request under way. */
  get _req() {
    return this.#inside.attempt?.request ?? null;
  }

  /** Likewise, for addresses and certificates. */
  get _socket() {
    return this.#inside.socket;
  }

  /**
   * Not documented by ws, and used all the same: tests of servers make an end of a pair of streams
   * a client by it, with `_isServer` set to false.
   * @param {import('node:stream').Duplex} socket on which the handshake is done
   * @param {Uint8Array} head
   * @param {object} [options]
   */
  setSocket(socket, head, options) {
    const client = /** @type {any} */ (this)._isServer === false;
    attach(this, socket, head, {}, { ...DEFAULTS, ...options }, client ? 'client' : 'server');
  }

  pause() {
    const { readyState } = this;
    if (readyState === CONNECTING || readyState === CLOSED) return;
    this.#inside.connection?.pause();
  }

  resume() {
    const { readyState } = this;
    if (readyState === CONNECTING || readyState === CLOSED) return;
    this.#inside.connection?.resume();
  }

  /**
   * @param {any} data
   * @param {any} [options]
   * @param {(error?: Error) => void} [callback]
   */
  send(data, options, callback) {
    if (typeof options === 'function') {
      callback = options;
      options = undefined;
    }
    const connection = this.#ready(data, callback);
    if (connection === undefined) return;
    const payload = payloadOf(data);
    const inside = this.#inside;
    const isText = typeof data === 'string' || typeof data === 'number';
    const { binary = !isText, fin = true, compress } = options ?? {};
    const asItIs = compress === false ? false : undefined;
    inside.hasCallback = callback !== undefined;
    let sent;
    if (fin && !inside.unfinished) {
      const other = binary === (typeof payload !== 'string') ? undefined : Boolean(binary);
      sent = connection.send(payload, other, asItIs);
    } else {
      if (isBlob(payload)) throw new TypeError('A Blob cannot be a fragment of a message');
      sent = connection.sendFragment(payload, {
        first: !inside.unfinished,
        fin: Boolean(fin),
        binary: Boolean(binary),
        compress: asItIs,
      });
      inside.unfinished = !fin;
    }
    inside.hasCallback = false;
    if (isBlob(payload)) inside.countBlob(sent.promise);
    if (callback !== undefined) inside.tellWhenSent(sent.promise, callback);
  }

  /**
   * @param {any} [data]
   * @param {any} [mask]
   * @param {(error?: Error) => void} [callback]
   */
  ping(data, mask, callback) {
    this.#control('ping', data, mask, callback);
  }

  /**
   * @param {any} [data]
   * @param {any} [mask]
   * @param {(error?: Error) => void} [callback]
   */
  pong(data, mask, callback) {
    this.#control('pong', data, mask, callback);
  }

  /**
   * @param {'ping' | 'pong'} kind
   * @param {any} data
   * @param {any} mask
   * @param {any} callback
   */
  #control(kind, data, mask, callback) {
    const told = [data, mask, callback].find((one) => typeof one === 'function');
    const given = typeof data === 'function' ? undefined : data;
    const connection = this.#ready(given, told);
    if (connection === undefined) return;
    const sent = connection[kind](controlPayload(given));
    if (told) this.#inside.tellWhenSent(sent.promise, told);
  }

  /**
   * The connection, if something can be sent.
   * @param {any} data
   * @param {((error?: Error) => void) | undefined} callback
   */
  #ready(data, callback) {
    const { readyState } = this;
    if (readyState === OPEN) return this.#inside.connection;
    const error = new Error(
      `WebSocket is not open: readyState ${readyState} (${STATES[readyState]})`,
    );
    if (readyState === CONNECTING) throw error;
    if (data) this.#inside.sentTooLate(lengthOf(data));
    if (callback) process.nextTick(callback, error);
    return undefined;
  }

  /**
   * @param {number} [code]
   * @param {string | Buffer} [reason]
   */
  close(code, reason) {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#giveUp();
    if (readyState !== OPEN) return;
    this.#inside.connection?.close(closeMessage(code, reason));
  }

  terminate() {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#giveUp();
    if (readyState === CONNECTING || readyState === CLOSED) return;
    const { connection } = this.#inside;
    // With ws all that was sent is the system's by now, unless it is being compressed.
    this.#inside.overtaken = this.#inside.extensions !== '';
    connection?.flush();
    connection?.drop();
  }

  #giveUp() {
    this.#inside.attempt?.abort('WebSocket was closed before the connection was established');
  }
}

for (const name of [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}

/**
 * @param {number | undefined} code
 * @param {string | Buffer | undefined} reason
 */
function closeMessage(code, reason) {
  if (code === undefined) return new CloseControlMessage(null);
  const text = reason === undefined ? '' : reason.toString();
  if (Buffer.byteLength(text) > 123) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }
  try {
    return new CloseControlMessage(code, text);
  } catch {
    throw new TypeError('First argument must be a valid error code number');
  }
}

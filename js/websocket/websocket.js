// WHATWG's WebSocket (https://websockets.spec.whatwg.org) on Node's sockets. The protocol is the
// connection's; here is what the interface adds: states, events and the types of arguments.
import { judged } from '../base/options.js';
import { WebSocket as Connection } from '../connection/websocket.js';
import { connect } from '../node/client.js';
import { CONNECT, oneWay } from '../node/options.js';
import { bufferOf, codeOf, payloadOf, protocolsOf, reasonOf, urlOf } from './convert.js';
import { CloseEvent, FailureEvent, Handlers } from './events.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const ABNORMAL = 1006;

/** Those that the interface decides. */
const { WebSocket: _class, protocols: _protocols, signal: _signal, ...OPTIONS } = CONNECT;

export class WebSocket extends EventTarget {
  #url;
  #state = CONNECTING;
  /** @type {any} */
  #connection;
  #giveUp = new AbortController();
  #handlers = new Handlers(this);
  /** @type {'blob' | 'arraybuffer'} */
  #binaryType = 'blob';
  #bufferedAmount = 0;
  #protocol = '';
  #extensions = '';
  /** Why it failed, if it did. @type {unknown} */
  #failure;

  /**
   * @param {string | URL} url
   * @param {string | Iterable<string>} [protocols]
   * @param {import('../websocket.js').WebSocketInit} [options]
   */
  constructor(url, protocols = undefined, options = undefined) {
    super();
    // biome-ignore lint/complexity/noArguments: an argument that is undefined is one (WebIDL)
    if (arguments.length === 0) throw new TypeError('WebSocket needs a URL');
    const parsed = urlOf(url);
    const wanted = protocolsOf(protocols);
    const given = judged(options, OPTIONS, 'WebSocket');
    oneWay(given);
    this.#url = parsed;
    this.#open(wanted, given);
  }

  /**
   * @param {string[]} protocols
   * @param {Record<string, unknown>} options
   */
  async #open(protocols, options) {
    const self = this;
    class Socket extends Connection {
      opened() {
        self.#opened(this);
      }

      /** @param {any} message */
      receivedMessage({ data }) {
        self.#received(data);
      }

      /** @param {unknown} error */
      violated(error) {
        self.#failure ??= error;
      }
    }
    try {
      await connect(this.#url, {
        ...options,
        protocols,
        WebSocket: /** @type {any} */ (Socket),
        signal: this.#giveUp.signal,
      });
    } catch (error) {
      this.#failure ??= error;
      this.#ended(ABNORMAL, '', false);
    }
  }

  /** @param {any} connection */
  #opened(connection) {
    this.#connection = connection;
    connection.addEventListener('close', (/** @type {any} */ { code, reason, wasClean }) => {
      const failed = this.#failure !== undefined || !wasClean;
      this.#ended(failed ? ABNORMAL : code, failed ? '' : reason, !failed);
    });
    // What is sent too much ends a connection that is full.
    connection.addEventListener('error', (/** @type {any} */ { error }) => {
      this.#failure ??= error;
    });
    if (this.#state !== CONNECTING) {
      connection.closeConnection();
      return;
    }
    this.#state = OPEN;
    this.#protocol = connection.protocol;
    this.#extensions = connection.extensions?.join(', ') ?? '';
    this.dispatchEvent(new Event('open'));
  }

  /** @param {string | Uint8Array} data */
  #received(data) {
    if (this.readyState !== OPEN) return;
    let shown;
    if (typeof data === 'string') shown = data;
    else if (this.#binaryType === 'blob') shown = new Blob([bufferOf(data)]);
    else shown = bufferOf(data);
    this.dispatchEvent(new MessageEvent('message', { data: shown, origin: this.#url.origin }));
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} wasClean
   */
  #ended(code, reason, wasClean) {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    if (this.#failure !== undefined) this.dispatchEvent(new FailureEvent(this.#failure));
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
  }

  get url() {
    return this.#url.href;
  }

  get readyState() {
    const closing = this.#state === OPEN && this.#connection?.readyState !== OPEN;
    return closing ? CLOSING : this.#state;
  }

  get bufferedAmount() {
    return this.#bufferedAmount;
  }

  get extensions() {
    return this.#extensions;
  }

  get protocol() {
    return this.#protocol;
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(value) {
    // What is not of the enumeration is ignored (WebIDL).
    const text = String(value);
    if (text === 'blob' || text === 'arraybuffer') this.#binaryType = text;
  }

  /** @param {unknown} data */
  send(data) {
    // biome-ignore lint/complexity/noArguments: as above
    if (arguments.length === 0) throw new TypeError('send needs data');
    const { payload, size } = payloadOf(data);
    const state = this.readyState;
    if (state === CONNECTING) {
      throw new DOMException('the WebSocket is not open yet', 'InvalidStateError');
    }
    this.#bufferedAmount += size;
    // Once it is closing nothing more is taken, and the amount says so.
    if (state !== OPEN) return;
    const taken = () => {
      this.#bufferedAmount -= size;
    };
    // Why it failed, the events tell.
    this.#connection?.send(payload).then(taken, () => {});
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code = undefined, reason = undefined) {
    const own = code === undefined ? undefined : codeOf(code);
    const text = reason === undefined ? '' : reasonOf(reason);
    const state = this.readyState;
    if (state === CLOSING || state === CLOSED) return;
    this.#state = CLOSING;
    if (state === CONNECTING) {
      this.#failure = new Error('the WebSocket was closed before it was open');
      this.#giveUp.abort(this.#failure);
    } else {
      // A reason needs a code (RFC 6455 section 5.5.1).
      this.#connection?.close(own ?? (text ? 1000 : null), text);
    }
  }

  static {
    const constants = { CONNECTING, OPEN, CLOSING, CLOSED };
    for (const [name, value] of Object.entries(constants)) {
      const constant = { value, enumerable: true };
      Object.defineProperty(WebSocket, name, constant);
      Object.defineProperty(WebSocket.prototype, name, constant);
    }
    for (const type of ['open', 'error', 'close', 'message']) {
      Object.defineProperty(WebSocket.prototype, `on${type}`, {
        configurable: true,
        enumerable: true,
        /** @this {WebSocket} */
        get() {
          return this.#handlers.get(type);
        },
        /** @this {WebSocket} @param {unknown} handler */
        set(handler) {
          this.#handlers.set(type, handler);
        },
      });
    }
    // Attributes and methods of an interface are enumerable (WebIDL).
    for (const name of Object.getOwnPropertyNames(WebSocket.prototype)) {
      if (name === 'constructor') continue;
      Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
    }
    Object.defineProperty(WebSocket.prototype, Symbol.toStringTag, {
      configurable: true,
      value: 'WebSocket',
    });
  }
}

// A WebSocket connection over any transport (ws4py's websocket module).
import { counted, INSPECT, shownProtocol } from '../base/inspect.js';
import { CONNECTION, judged } from '../base/options.js';
import {
  CloseControlMessage,
  Message,
  PingControlMessage,
  PongControlMessage,
} from '../core/messages.js';
import { Connection } from './connection.js';
import { Listeners } from './listeners.js';
import { Settled } from './outbox.js';
import { UserCode } from './user-code.js';

/** When more waits to be taken, a handler that gives its own send's promise is waited for. */
const OUTPUT_HIGH = 1024 * 1024;

/**
 * Runs the user's code on behalf of a connection.
 * @type {(ws: WebSocket, call: () => unknown) => void}
 */
export let guarded;

/**
 * Starts a connection for a caller that does not wait for its end.
 * @type {(ws: WebSocket) => void}
 */
export let begin;

/**
 * Drops a connection, whatever its class does when it is asked to.
 * @type {(ws: WebSocket) => void}
 */
export let dropped;

/**
 * What came and went on a connection so far.
 * @type {(ws: WebSocket) => import('../node.js').ConnectionCounts}
 */
export let countsOf;

/**
 * Has `f` called when a connection is over and its user has been told. What `f` needs to know is
 * given beside it, so that all connections of a server can share one function.
 * @type {<T>(ws: WebSocket, f: (ws: WebSocket, about: T) => void, about: T) => void}
 */
export let whenEnded;

/** @typedef {{ f: (ws: WebSocket, about: any) => void, about: unknown, next: AtEnd | undefined }} AtEnd */

/**
 * What the connection and the user's code ask of it: one object for both.
 * @typedef {import('./connection.js').Face & import('./user-code.js').Host} Inside
 * @type {new (ws: WebSocket) => Inside}
 */
let Inside;

export class WebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  static {
    guarded = (ws, call) => ws.#code.run(call);
    begin = (ws) => {
      // A promise that nobody will ask for is not made, unless run() is the user's own.
      if (ws.run === WebSocket.prototype.run) ws.#connection.begin();
      else ws.#code.run(() => ws.run());
    };
    dropped = (ws) => ws.#connection.drop();
    countsOf = (ws) => ws.#connection.counts;
    whenEnded = (ws, f, about) => {
      ws.#atEnd = { f, about, next: ws.#atEnd };
    };
    /** @implements {Inside} */
    Inside = class {
      /** @param {WebSocket} ws */
      constructor(ws) {
        this.ws = ws;
      }

      // Of the connection.

      opened() {
        const { ws } = this;
        ws.#code.run(() => ws.opened());
        ws.#listeners?.dispatch('open', {});
      }

      /** @param {Uint8Array} bytes */
      process(bytes) {
        this.ws.process(bytes);
      }

      /** @param {any} event */
      wants({ type }) {
        return type === 'fragment' || this.ws.#overridden || this.ws.#listening;
      }

      /** @param {any} event */
      handle(event) {
        this.ws.#deliver(event);
      }

      /** @param {any} ping */
      pinged(ping) {
        const { ws } = this;
        ws.#code.run(() => ws.pinged(ping));
        ws.#listeners?.dispatch('ping', { data: ping.data });
      }

      /** @param {any} pong */
      ponged(pong) {
        const { ws } = this;
        ws.#code.run(() => ws.ponged(pong));
        ws.#listeners?.dispatch('pong', { data: pong.data });
      }

      /** @param {any} violation */
      answer({ close }) {
        return close;
      }

      /** @param {any} violation */
      violated({ error }) {
        const { ws } = this;
        ws.#code.run(() => ws.violated(error));
        ws.#listeners?.dispatch('violation', { error });
      }

      /** @param {any} frame */
      framed(frame) {
        this.ws.#listeners?.dispatch(frame.type, { frame });
      }

      /** @param {unknown} error */
      tell(error) {
        this.ws.#code.tell(error);
      }

      /**
       * @param {import('./closing.js').Ending} ending
       * @param {boolean} wasClean
       */
      closed({ code, reason }, wasClean) {
        const { ws } = this;
        try {
          // Whatever closed() does, the others hear of it.
          ws.#code.run(() => ws.closed(code, reason));
          ws.#listeners?.dispatch('close', { code, reason, wasClean });
        } finally {
          ws.#run?.resolve();
          for (let each = ws.#atEnd; each; each = each.next) each.f(ws, each.about);
        }
      }

      transportClosed() {}

      // Of the user's code.

      /** @param {unknown} error */
      told(error) {
        return this.ws.#listeners?.tell(error) ?? false;
      }

      fail() {
        this.ws.#connection.fail('internal error');
      }

      wait() {
        return this.ws.#connection.wait();
      }

      /** @param {unknown} promise */
      sent(promise) {
        return promise === this.ws.#sent;
      }

      crowded() {
        return this.ws.bufferedAmount > OUTPUT_HIGH;
      }
    };
    // onopen and the like.
    for (const type of ['open', 'message', 'close', 'error']) {
      Object.defineProperty(WebSocket.prototype, `on${type}`, {
        configurable: true,
        enumerable: true,
        /** @this {WebSocket} */
        get() {
          return this.#events.handler(type);
        },
        /** @this {WebSocket} @param {unknown} listener */
        set(listener) {
          this.#events.setHandler(type, listener);
          this.#listenersChanged(type);
        },
      });
    }
  }

  #connection;
  #code;
  /** @type {Listeners | undefined} */
  #listeners;
  /** @type {AtEnd | undefined} */
  #atEnd;
  /** Once somebody asks for it, which few do. @type {import('../core/stream.js').Stream | undefined} */
  #stream;
  /** There once run() was called. @type {Settled<void> | undefined} */
  #run;
  /** What the last send gave. @type {Promise<void> | undefined} */
  #sent;

  /**
   * @param {any} sock
   * @param {import('../index.js').WebSocketOptions} [options]
   */
  constructor(sock, options) {
    const given = /** @type {any} */ (judged(options, CONNECTION, 'WebSocket'));
    const { protocols = null, extensions = null, environ = null } = given;
    const inside = new Inside(this);
    this.#code = new UserCode(inside, given.uncaughtErrors ?? false);
    this.#connection = new Connection(inside, sock, given);
    this.sock = sock;
    this.protocols = /** @type {readonly string[] | null} */ (protocols);
    this.extensions = extensions;
    this.environ = environ;
  }

  // The methods to override.

  opened() {}

  /** @param {any} _message */
  receivedMessage(_message) {}

  /** @param {any} _fragment */
  receivedFragment(_fragment) {}

  /** @param {any} _ping */
  pinged(_ping) {}

  /** @param {any} _pong */
  ponged(_pong) {}

  /** @param {any} _error */
  violated(_error) {}

  /**
   * @param {number} _code
   * @param {string} [_reason]
   */
  closed(_code, _reason) {}

  // What is known of the connection.

  get stream() {
    this.#stream ??= this.#connection.newStream();
    return this.#stream;
  }

  set stream(stream) {
    this.#stream = stream;
  }

  get clientTerminated() {
    return this.#connection.peerTerminated;
  }

  get serverTerminated() {
    return this.#connection.ownTerminated;
  }

  get terminated() {
    return this.clientTerminated && this.serverTerminated;
  }

  get readyState() {
    return this.#connection.readyState;
  }

  /** The subprotocol in use, or the empty string. */
  get protocol() {
    return this.protocols?.[0] ?? '';
  }

  get readingBufferSize() {
    return this.#connection.over ? 0 : this.#connection.endpoint.wants;
  }

  get bufferedAmount() {
    return this.#connection.bufferedAmount;
  }

  get closeCode() {
    return this.#connection.ending?.code;
  }

  get closeReason() {
    return this.#connection.ending?.reason;
  }

  /** One line, without what the handshake said. */
  [INSPECT](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {Function} */ inspect,
  ) {
    const { counts, state, ending } = this.#connection;
    const { messagesReceived, messagesSent, bytesReceived, bytesSent } = counts;
    const { remoteAddress = '', remotePort = '' } = /** @type {any} */ (
      this.environ?.remoteAddress ? this.environ : (this.sock ?? {})
    );
    const parts = [
      ending
        ? `closed ${ending.code} ${ending.reason && inspect(ending.reason, options)}`.trimEnd()
        : state,
      ...(remoteAddress ? [`${remoteAddress} ${remotePort}`.trimEnd()] : []),
      ...(this.protocol ? [`protocol ${inspect(shownProtocol(this.protocol), options)}`] : []),
      `received ${counted(messagesReceived, 'message')} (${counted(bytesReceived, 'byte')})`,
      `sent ${counted(messagesSent, 'message')} (${counted(bytesSent, 'byte')})`,
    ];
    return `${this.constructor.name} { ${parts.join(', ')} }`;
  }

  get roundTripTime() {
    return this.#connection.roundTripTime;
  }

  // Receiving.

  run() {
    this.#connection.begin();
    if (!this.#run) {
      this.#run = new Settled();
      if (this.#connection.over) this.#run.resolve();
    }
    return this.#run.promise;
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {boolean}
   */
  process(bytes) {
    return this.#connection.process(bytes);
  }

  get #overridden() {
    return this.receivedMessage !== WebSocket.prototype.receivedMessage;
  }

  get #listening() {
    return this.#listeners?.has('message') ?? false;
  }

  /** @param {any} event a message, or a fragment of one */
  #deliver(event) {
    if (event.type === 'fragment') {
      this.#code.run(() => this.receivedFragment(event), 'fragment');
      this.#listeners?.dispatch('fragment', { fragment: event });
      return;
    }
    if (this.#overridden) this.#code.run(() => this.receivedMessage(event), 'message');
    if (this.#listening)
      this.#listeners?.dispatch('message', { data: event.data, message: event });
  }

  [Symbol.asyncIterator]() {
    const messages = this.#connection.iterate();
    let done = false;
    /** @type {AsyncIterableIterator<any>} */
    const iterator = {
      next: () => (done ? Promise.resolve({ value: undefined, done }) : messages.next()),
      return: (value) => {
        if (!done) this.#connection.leave();
        done = true;
        return Promise.resolve({ value, done });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  pause() {
    this.#connection.pause();
  }

  resume() {
    this.#connection.resume();
  }

  ref() {
    this.#connection.ref();
    return this;
  }

  unref() {
    this.#connection.unref();
    return this;
  }

  // Sending.

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {{ compress?: boolean }} [options]
   * @returns {Promise<void>}
   */
  send(payload, binary, options) {
    this.#sent = this.#send(payload, binary, options?.compress);
    return this.#sent;
  }

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #send(payload, binary, compress) {
    const connection = this.#connection;
    // Bytes are told apart first: looking through all their prototypes takes as long as a short copy.
    if (ArrayBuffer.isView(payload) || !(payload instanceof Message)) {
      return connection.send(payload, binary, compress).promise;
    }
    if (payload instanceof PingControlMessage) return connection.ping(payload.data).promise;
    if (payload instanceof PongControlMessage) return connection.pong(payload.data).promise;
    if (!(payload instanceof CloseControlMessage)) {
      return connection.send(payload.data, payload.isBinary, compress).promise;
    }
    connection.close(payload);
    return Promise.resolve();
  }

  /**
   * @param {string | Uint8Array | ArrayBuffer} data
   * @param {import('../index.js').EncodeOptions} [options]
   * @returns {Promise<void>}
   */
  sendFragment(data, options) {
    this.#sent = this.#connection.sendFragment(data, options).promise;
    return this.#sent;
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#connection.ping(data).promise;
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#connection.pong(data).promise;
  }

  // Closing.

  /**
   * @param {number | null} [code]
   * @param {string} [reason]
   */
  close(code = 1000, reason = '') {
    // Made first: a wrong code is a mistake even when the connection is closed.
    this.#connection.close(new CloseControlMessage(code, reason));
  }

  closeConnection() {
    this.#connection.drop();
  }

  // As browsers have it.

  get #events() {
    this.#listeners ??= new Listeners(this, this.#code);
    return this.#listeners;
  }

  /**
   * @param {string} type
   * @param {any} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    this.#events.add(type, listener, options);
    this.#listenersChanged(type);
  }

  /**
   * @param {string} type
   * @param {any} listener
   */
  removeEventListener(type, listener) {
    this.#events.remove(type, listener);
  }

  /** @param {string} type */
  #listenersChanged(type) {
    if (type === 'message') this.#connection.consumersChanged();
  }
}

export class EchoWebSocket extends WebSocket {
  /** @param {any} message */
  receivedMessage(message) {
    return this.send(message);
  }
}

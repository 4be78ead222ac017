// A WebSocket connection over any transport (ws4py's websocket module).
import * as check from '../base/arguments.js';
import { CONNECTION, judged, picked, STREAM } from '../base/options.js';
import { Endpoint } from '../core/endpoint.js';
import {
  CloseControlMessage,
  Message,
  PingControlMessage,
  PongControlMessage,
} from '../core/messages.js';
import { Stream } from '../core/stream.js';
import { whenRetired } from '../engine/instance.js';
import { Closing } from './closing.js';
import { Delivery } from './delivery.js';
import { Input } from './input.js';
import { Keepalive } from './keepalive.js';
import { Listeners } from './listeners.js';
import { Outbox, Settled } from './outbox.js';
import { Reading } from './reading.js';
import { Sender } from './sender.js';
import { transportOf } from './transports.js';
import { UserCode } from './user-code.js';

const DEFAULT_CLOSE_TIMEOUT = 10_000;
const DEFAULT_MAX_BUFFERED = 64 * 1024 * 1024;

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
 * What the parts of a connection ask of it: one object for all of them.
 * @typedef {import('./user-code.js').Host & import('./delivery.js').Consumer &
 *   import('./closing.js').ClosingHost & import('./input.js').Decoding & { readonly size: number }} Host
 * @type {new (ws: WebSocket, role: 'server' | 'client', closeTimeout: number) => Host}
 */
let Host;

export class WebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  static {
    guarded = (ws, call) => ws.#code.run(call);
    begin = (ws) => {
      // A promise that nobody will ask for is not made, unless run() is the user's own.
      if (ws.run === WebSocket.prototype.run) ws.#begin();
      else ws.#code.run(() => ws.run());
    };
    /** @implements {Host} */
    Host = class {
      /**
       * @param {WebSocket} ws
       * @param {'server' | 'client'} role
       * @param {number} closeTimeout
       */
      constructor(ws, role, closeTimeout) {
        this.ws = ws;
        this.role = role;
        this.closeTimeout = closeTimeout;
      }

      // Of the user's code.

      /** @param {unknown} error */
      told(error) {
        return this.ws.#listeners?.tell(error) ?? false;
      }

      fail() {
        this.ws.#closing.fail('internal error');
      }

      wait() {
        return this.ws.#delivery.wait();
      }

      /** @param {unknown} promise */
      sent(promise) {
        return promise === this.ws.#sent;
      }

      crowded() {
        return this.ws.bufferedAmount > OUTPUT_HIGH;
      }

      // Of the delivery.

      /** @param {any} event */
      wants({ type }) {
        return type === 'fragment' || this.ws.#overridden || this.ws.#listening;
      }

      /** @param {any} event */
      handle(event) {
        this.ws.#deliver(event);
      }

      fullChanged() {
        this.ws.#updateReading();
      }

      waiting() {
        this.ws.#outbox.flush();
      }

      // Of the reading.

      get size() {
        return this.ws.#waiting;
      }

      // Of the input.

      hasRoom() {
        return !this.ws.#closing.ended && !this.ws.#full;
      }

      /** @param {any[]} events */
      decoded(events) {
        this.ws.#handleAll(events);
      }

      /** @param {unknown} error */
      stopped(error) {
        this.ws.#stopped(error);
      }

      // Of the closing.

      closingChanged() {
        this.ws.#closingChanged();
      }

      ended() {
        this.ws.#ended();
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

  #endpoint;
  #transport;
  #outbox;
  #sender;
  #closing;
  #options;
  /** @type {Keepalive | undefined} */
  #keepalive;
  /** @type {Listeners | undefined} */
  #listeners;
  #code;
  #delivery;
  #reading;
  /** Where there is compression. @type {Input | undefined} */
  #input;
  #begun = false;
  #userPaused = false;
  /** There once run() was called. @type {Settled<void> | undefined} */
  #run;
  /** @type {(() => void) | undefined} */
  #unwatch;
  /** What the last send gave. @type {Promise<void> | undefined} */
  #sent;
  #received = 0;
  /** When peers that have ended are no longer answered. @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {Uint8Array | undefined} */
  #head;

  /**
   * @param {any} sock
   * @param {import('../index.js').WebSocketOptions} [options]
   */
  constructor(sock, options) {
    const given = /** @type {any} */ (judged(options, CONNECTION, 'WebSocket'));
    const { role = 'server', protocols = null, extensions = null, environ = null } = given;
    const { closeTimeout = DEFAULT_CLOSE_TIMEOUT, maxBufferedAmount = DEFAULT_MAX_BUFFERED } =
      given;
    const { concurrentHandlers = false, uncaughtErrors = false, head } = given;
    this.#options = { closeTimeout, ...keepaliveOptions(given), ...behaviour(given) };
    this.#head = head === undefined ? undefined : check.bytes(head, 'head');
    this.#endpoint = new Endpoint(picked(given, STREAM));
    /** @type {Stream} */
    this.stream = new Stream(this.#endpoint);
    this.sock = sock;
    this.protocols = /** @type {readonly string[] | null} */ (protocols);
    this.extensions = extensions;
    this.environ = environ;
    // Last, because it takes hold of the streams.
    this.#transport = transportOf(sock);
    this.#outbox = new Outbox(this.#transport);
    const host = new Host(this, role, closeTimeout);
    this.#code = new UserCode(host, uncaughtErrors);
    const tell = (/** @type {unknown} */ error) => this.#code.tell(error);
    this.#sender = new Sender(
      this.#endpoint,
      this.#outbox,
      maxBufferedAmount,
      (reason, error) => {
        if (error) tell(error);
        this.#closing.fail(reason);
      },
      tell,
    );
    this.#delivery = new Delivery(host, concurrentHandlers);
    this.#reading = new Reading(this.#transport, closeTimeout, host);
    if (this.#endpoint.deflate !== undefined) this.#input = new Input(this.#endpoint, host);
    this.#closing = new Closing(
      {
        stream: this.stream,
        sender: this.#sender,
        outbox: this.#outbox,
        transport: this.#transport,
      },
      host,
    );
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

  get clientTerminated() {
    return this.#closing.peerTerminated;
  }

  get serverTerminated() {
    return this.#closing.ownTerminated;
  }

  get terminated() {
    return this.clientTerminated && this.serverTerminated;
  }

  get readyState() {
    return this.#closing.readyState;
  }

  /** The subprotocol in use, or the empty string. */
  get protocol() {
    return this.protocols?.[0] ?? '';
  }

  get readingBufferSize() {
    return this.#closing.ended ? 0 : this.stream.wants;
  }

  get bufferedAmount() {
    return this.#sender.length;
  }

  get closeCode() {
    return this.#closing.ended ? this.#closing.ending.code : undefined;
  }

  get closeReason() {
    return this.#closing.ended ? this.#closing.ending.reason : undefined;
  }

  get roundTripTime() {
    return this.#keepalive?.roundTripTime;
  }

  // Receiving.

  run() {
    this.#begin();
    if (!this.#run) {
      this.#run = new Settled();
      if (this.#closing.ended) this.#run.resolve();
    }
    return this.#run.promise;
  }

  #begin() {
    if (this.#begun || this.#closing.ended) return;
    this.#begun = true;
    const { engine } = this.#endpoint;
    if (engine) this.#unwatch = whenRetired(engine, (error) => this.#stopped(error));
    this.#keepalive = this.#startKeepalive();
    this.#code.run(() => this.opened());
    this.#listeners?.dispatch('open', {});
    this.#transport.start({
      bytes: (bytes) => void this.process(bytes),
      end: () => this.#peerEnded(),
      lost: (error) => this.#closing.lost(error),
    });
    this.#reading.start();
    const head = this.#head;
    this.#head = undefined;
    if (head?.length) this.process(head);
  }

  #startKeepalive() {
    const { pingInterval, idleTimeout } = this.#options;
    if (!pingInterval && !idleTimeout) return undefined;
    return new Keepalive(this.#options, {
      ping: (payload) => this.#sender.ping(payload),
      moved: () => this.#received + this.#transport.taken,
      visible: () => this.#reading.visible,
      peek: () => this.#reading.peek(),
      dead: () => this.#closing.lost(new Error('no answer to a ping')),
      idle: () => this.close(1001, 'idle for too long'),
    });
  }

  /** The peer will send no more: what it asked for is answered, for a while, and then it is over. */
  #peerEnded() {
    this.#keepalive?.stop();
    const end = () => {
      clearTimeout(this.#answerTimer);
      this.#closing.peerEnded();
    };
    this.#answerTimer = setTimeout(end, this.#options.closeTimeout);
    const decoded = () => this.#delivery.whenIdle(end);
    if (this.#input) this.#input.whenEmpty(decoded);
    else decoded();
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {boolean}
   */
  process(bytes) {
    const closing = this.#closing;
    if (closing.ended) return false;
    // Not every transport can be stopped: Deno's TLS sockets go on.
    const stopped = this.#full;
    this.#reading.came();
    this.#received += bytes.byteLength;
    if (this.#input) {
      // What stands behind others cannot be looked at, and may be the answer to a ping.
      if (this.#input.length > 0) this.#keepalive?.seen(true);
      this.#input.take(check.bytes(bytes, 'bytes'));
    } else {
      this.#handleAll(this.#receive(bytes));
    }
    if (stopped && this.#waiting > 2 * this.#endpoint.maxMessageSize) {
      closing.fail('the transport does not pause, and too much waits');
    }
    return !closing.done;
  }

  /** @param {any[]} events */
  #handleAll(events) {
    this.#keepalive?.seen(events.length > 0);
    for (const event of events) {
      this.#handle(event);
      // A handler may have dropped the connection; what is left of it is not for anybody.
      if (this.#closing.ended) return;
    }
    this.#outbox.answered();
  }

  /** @param {Uint8Array | ArrayBuffer} bytes */
  #receive(bytes) {
    try {
      return this.#endpoint.receive(check.bytes(bytes, 'bytes'));
    } catch (error) {
      this.#stopped(error);
      return [];
    }
  }

  /**
   * Without the engine the connection can go on no more than without its transport; what else
   * was thrown is the caller's to know.
   * @param {unknown} error
   */
  #stopped(error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    this.#code.tell(error);
    this.#closing.lost(error);
  }

  /** @param {any} event */
  #handle(event) {
    switch (event.type) {
      case 'text':
      case 'binary':
      case 'fragment':
        // As in browsers: after close() no message is delivered.
        if (!this.#closing.deaf || this.#options.deliverWhileClosing) {
          this.#delivery.take(event);
        }
        break;
      case 'ping':
        if (this.#options.autoPong) this.#sender.answer(event.data);
        this.#code.run(() => this.pinged(event));
        this.#listeners?.dispatch('ping', { data: event.data });
        break;
      case 'pong':
        this.#keepalive?.pong(event.data);
        this.#code.run(() => this.ponged(event));
        this.#listeners?.dispatch('pong', { data: event.data });
        break;
      case 'close':
        this.#closing.received(event);
        break;
      case 'error':
        this.#closing.violated(event);
        this.#code.run(() => this.violated(event.error));
        this.#listeners?.dispatch('violation', { error: event.error });
        break;
      default:
        this.#listeners?.dispatch(event.type, { frame: event });
    }
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
    const messages = this.#delivery.iterate();
    if (this.#closing.ended) this.#delivery.end();
    else this.#begin();
    let done = false;
    /** @type {AsyncIterableIterator<any>} */
    const iterator = {
      next: () => (done ? Promise.resolve({ value: undefined, done }) : messages.next()),
      return: (value) => {
        if (!done) this.#delivery.leave();
        done = true;
        return Promise.resolve({ value, done });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  pause() {
    this.#userPaused = true;
    this.#delivery.pause();
    this.#updateReading();
  }

  resume() {
    this.#userPaused = false;
    this.#delivery.resume();
    this.#updateReading();
  }

  /** Bytes or characters that wait for a consumer. */
  get #waiting() {
    return this.#delivery.size + (this.#input?.length ?? 0);
  }

  /** No more should be read. Once this side is done only the peer's close and the end count. */
  get #full() {
    return this.#closing.open && (this.#userPaused || this.#delivery.full);
  }

  #updateReading() {
    const stopped = this.#full;
    const { visible } = this.#reading;
    if (this.#reading.stop(stopped) && !stopped && !visible) this.#keepalive?.resumed();
    if (!stopped) this.#input?.decode();
  }

  ref() {
    this.#transport.ref();
    this.#closing.ref(true);
    return this;
  }

  unref() {
    this.#transport.unref();
    this.#closing.ref(false);
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
    if (!(payload instanceof Message)) return this.#sender.send(payload, binary, compress);
    if (payload instanceof PingControlMessage) return this.#sender.ping(payload.data);
    if (payload instanceof PongControlMessage) return this.#sender.pong(payload.data);
    if (!(payload instanceof CloseControlMessage)) {
      return this.#sender.send(payload.data, undefined, compress);
    }
    this.#closing.close(payload);
    return Promise.resolve();
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#sender.ping(data);
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#sender.pong(data);
  }

  // Closing.

  /**
   * @param {number | null} [code]
   * @param {string} [reason]
   */
  close(code = 1000, reason = '') {
    // Made first: a wrong code is a mistake even when the connection is closed.
    this.#closing.close(new CloseControlMessage(code, reason));
  }

  closeConnection() {
    this.#closing.drop();
  }

  #closingChanged() {
    const { open, deaf } = this.#closing;
    // From here on the closing timer sees to it that this ends.
    if (!open) this.#keepalive?.stop();
    if (deaf && !this.#options.deliverWhileClosing) this.#delivery.deafen();
    this.#updateReading();
  }

  #ended() {
    this.#unwatch?.();
    clearTimeout(this.#answerTimer);
    this.#input?.clear();
    this.#reading.end();
    // What came before the end is delivered before it, if its handlers get on with it.
    this.#delivery.finish(this.#options.closeTimeout, () => this.#report());
  }

  #report() {
    this.#delivery.end();
    const { wasClean, ending } = this.#closing;
    const { code, reason } = ending;
    try {
      // Whatever closed() does, the others hear of it.
      this.#code.run(() => this.closed(code, reason));
      this.#listeners?.dispatch('close', { code, reason, wasClean });
    } finally {
      this.#run?.resolve();
    }
  }

  // As browsers have it.

  get #events() {
    this.#listeners ??= new Listeners(this, (call, type) => this.#code.run(call, type));
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
    if (type === 'message' && this.#delivery.size > 0) {
      queueMicrotask(() => this.#delivery.consumersChanged());
    }
  }
}

/**
 * Those of keepalive; 0 is none.
 * @param {any} given
 */
function keepaliveOptions({ pingInterval, pingTimeout, idleTimeout }) {
  return {
    pingInterval: pingInterval || undefined,
    pingTimeout: pingTimeout || undefined,
    idleTimeout: idleTimeout || undefined,
  };
}

/** @param {any} given */
function behaviour({ autoPong = true, deliverWhileClosing = false }) {
  return { autoPong, deliverWhileClosing };
}

export class EchoWebSocket extends WebSocket {
  /** @param {any} message */
  receivedMessage(message) {
    return this.send(message);
  }
}

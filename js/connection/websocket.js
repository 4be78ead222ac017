// A WebSocket connection over any transport (the seed's websocket module).
import * as check from '../base/arguments.js';
import { StreamClosed } from '../base/exceptions.js';
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
import { Backlog } from './backlog.js';
import { Closing } from './closing.js';
import { Keepalive } from './keepalive.js';
import { Listeners } from './listeners.js';
import { Outbox, quiet, Settled } from './outbox.js';
import { Sender } from './sender.js';
import { transportOf } from './transports.js';

const DEFAULT_CLOSE_TIMEOUT = 10_000;
const DEFAULT_MAX_BUFFERED = 64 * 1024 * 1024;
/**
 * Runs the user's code on behalf of a connection.
 * @type {(ws: WebSocket, call: () => unknown) => void}
 */
export let guarded;

/**
 * Starts a connection for those who do not wait for its end.
 * @type {(ws: WebSocket) => void}
 */
export let begin;

export class WebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  static {
    guarded = (ws, call) => ws.#guard(call);
    begin = (ws) => {
      // A promise that nobody will ask for is not made, unless run() is the user's own.
      if (ws.run === WebSocket.prototype.run) ws.#begin();
      else ws.#guard(() => ws.run());
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
          this.#drainSoon(type);
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
  /** @type {Backlog | undefined} */
  #backlog;
  #iterators = 0;
  #begun = false;
  /** There once run() was called. @type {Settled<void> | undefined} */
  #run;
  /** @type {(() => void) | undefined} */
  #unwatch;
  /** The last promise that a handler gave. @type {Promise<unknown> | undefined} */
  #watched;
  #userPaused = false;
  #paused = false;
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
    const { pingInterval, pingTimeout, idleTimeout, head } = given;
    // 0 is none.
    this.#options = {
      pingInterval: pingInterval || undefined,
      pingTimeout: pingTimeout || undefined,
      idleTimeout: idleTimeout || undefined,
    };
    this.#head = head === undefined ? undefined : check.bytes(head, 'head');
    this.#endpoint = new Endpoint(picked(given, STREAM));
    const stream = new Stream(this.#endpoint);
    /** @type {Stream} */
    this.stream = stream;
    this.sock = sock;
    this.protocols = /** @type {readonly string[] | null} */ (protocols);
    this.extensions = extensions;
    this.environ = environ;
    // Last, because it takes hold of the streams.
    this.#transport = transportOf(sock);
    this.#outbox = new Outbox(this.#transport);
    this.#sender = new Sender(
      this.#endpoint,
      this.#outbox,
      maxBufferedAmount,
      (reason, error) => {
        if (error) this.#tell(error);
        this.#closing.fail(reason);
      },
    );
    this.#closing = new Closing(
      { stream, sender: this.#sender, outbox: this.#outbox, transport: this.#transport },
      {
        role,
        closeTimeout,
        changed: () => this.#closingChanged(),
        ended: () => this.#ended(),
      },
    );
  }

  // The methods to override.

  opened() {}

  /** @param {any} _message */
  receivedMessage(_message) {}

  /** @param {any} _fragment */
  receivedFragment(_fragment) {}

  /** @param {any} _pong */
  ponged(_pong) {}

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
    this.#guard(() => this.opened());
    this.#listeners?.dispatch('open', {});
    this.#transport.start({
      bytes: (bytes) => void this.process(bytes),
      end: () => this.#closing.peerEnded(),
      lost: (error) => this.#closing.lost(error),
    });
    if (this.#paused) this.#transport.pause();
    const head = this.#head;
    this.#head = undefined;
    if (head?.length) this.process(head);
  }

  #startKeepalive() {
    const { pingInterval, idleTimeout } = this.#options;
    if (!pingInterval && !idleTimeout) return undefined;
    return new Keepalive(this.#options, {
      ping: (payload) => void quiet(this.ping(payload)),
      reading: () => !this.#paused,
      dead: () => this.#closing.lost(new Error('no answer to a ping')),
      idle: () => this.close(1001, 'idle for too long'),
    });
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {boolean}
   */
  process(bytes) {
    const closing = this.#closing;
    if (closing.ended) return false;
    this.#keepalive?.seen();
    for (const event of this.#received(bytes)) {
      this.#handle(event);
      // A handler may have dropped the connection; what is left of it is not for anybody.
      if (closing.ended) return false;
    }
    this.#outbox.answered();
    return !closing.done;
  }

  /** @param {Uint8Array | ArrayBuffer} bytes */
  #received(bytes) {
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
    this.#tell(error);
    this.#closing.lost(error);
  }

  /** @param {any} event */
  #handle(event) {
    switch (event.type) {
      case 'text':
      case 'binary':
        this.#deliver(event);
        break;
      case 'ping':
        this.#sender.answer(event.data);
        break;
      case 'pong':
        this.#keepalive?.pong(event.data);
        this.#guard(() => this.ponged(event));
        this.#listeners?.dispatch('pong', { data: event.data });
        break;
      case 'close':
        this.#closing.received(event);
        break;
      case 'error':
        this.#closing.violated(event);
        break;
      case 'fragment':
        if (!this.#closing.open) break;
        this.#guard(() => this.receivedFragment(event));
        this.#listeners?.dispatch('fragment', { fragment: event });
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

  /** A message goes to the method, to the listeners and to the iterator; or it waits. */
  #deliver(/** @type {any} */ message) {
    // As in browsers: who has called close() hears no more.
    if (!this.#closing.open) return;
    const listening = this.#listening;
    if (this.#iterators > 0 || !(this.#overridden || listening)) this.#inbox.push(message);
    else if (this.#backlog) this.#drainBacklog();
    if (this.#overridden) this.#guard(() => this.receivedMessage(message));
    if (listening) this.#listeners?.dispatch('message', { data: message.data, message });
  }

  get #inbox() {
    this.#backlog ??= new Backlog(() => this.#updatePause());
    return this.#backlog;
  }

  [Symbol.asyncIterator]() {
    const inbox = this.#inbox;
    this.#iterators++;
    if (this.#closing.ended) inbox.end();
    else this.#begin();
    let done = false;
    /** @type {AsyncIterableIterator<any>} */
    const iterator = {
      next: () => (done ? Promise.resolve({ value: undefined, done }) : inbox.next()),
      return: (value) => {
        if (!done) this.#iterators--;
        done = true;
        // What the others have had already does not wait for a next iterator.
        if (!this.#iterators && (this.#overridden || this.#listening)) inbox.clear();
        return Promise.resolve({ value, done });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  pause() {
    this.#userPaused = true;
    this.#updatePause();
  }

  resume() {
    this.#userPaused = false;
    this.#updatePause();
  }

  #updatePause() {
    // Once this side is done only the peer's close and the end are of interest.
    const wanted = this.#closing.open && (this.#userPaused || (this.#backlog?.full ?? false));
    if (wanted === this.#paused) return;
    this.#paused = wanted;
    if (!this.#begun) return;
    if (wanted) {
      this.#transport.pause();
    } else {
      this.#keepalive?.seen();
      this.#transport.resume();
    }
  }

  // Sending.

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {{ compress?: boolean }} [options]
   * @returns {Promise<void>}
   */
  send(payload, binary, options) {
    const compress = options?.compress;
    if (!(payload instanceof Message)) return this.#sender.send(payload, binary, compress);
    if (payload instanceof PingControlMessage) return this.ping(payload.data);
    if (payload instanceof PongControlMessage) return this.pong(payload.data);
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
    this.#closing.lost();
  }

  #closingChanged() {
    // From here on the closing timer sees to it that this ends.
    this.#keepalive?.stop();
    this.#updatePause();
  }

  #ended() {
    this.#unwatch?.();
    this.#backlog?.end();
    const { wasClean, ending } = this.#closing;
    const { code, reason } = ending;
    try {
      // Whatever closed() does, the others hear of it.
      this.#guard(() => this.closed(code, reason));
      this.#listeners?.dispatch('close', { code, reason, wasClean });
    } finally {
      this.#run?.resolve();
    }
  }

  /**
   * Runs the user's code. What it throws is reported, and closes with 1011.
   * @param {() => unknown} call
   * @param {string} [type] of the event that is listened to
   */
  #guard(call, type) {
    try {
      const result = call();
      // The sends of one turn share a promise, and a handler may well return it.
      if (!(result instanceof Promise) || result === this.#watched) return;
      this.#watched = result;
      result.catch((error) => this.#handlerFailed(error, type));
    } catch (error) {
      this.#handlerFailed(error, type);
    }
  }

  /**
   * @param {unknown} error
   * @param {string} [type]
   */
  #handlerFailed(error, type) {
    // A send that was in the way of the close is the connection's end, not a fault.
    if (error instanceof StreamClosed) return;
    this.#tell(error, type);
    this.#closing.fail('internal error');
  }

  /**
   * Tells of an error on this side: those who listen, else the console.
   * @param {unknown} error
   * @param {string} [type] of the event whose listener failed
   */
  #tell(error, type) {
    // Who listens to errors may fail too; that is not told to itself.
    if (type !== 'error' && this.#listeners?.has('error')) {
      this.#listeners.dispatch('error', { error });
    } else {
      console.error('ws4wasm: an error on a connection:', error);
    }
  }

  // As browsers have it.

  get #events() {
    this.#listeners ??= new Listeners(this, (call, type) => this.#guard(call, type));
    return this.#listeners;
  }

  /**
   * @param {string} type
   * @param {any} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    this.#events.add(type, listener, options);
    this.#drainSoon(type);
  }

  /**
   * @param {string} type
   * @param {any} listener
   */
  removeEventListener(type, listener) {
    this.#events.remove(type, listener);
  }

  /** @param {string} type */
  #drainSoon(type) {
    if (type === 'message' && this.#backlog) queueMicrotask(() => this.#drainBacklog());
  }

  /** Messages that came before the first listener did. */
  #drainBacklog() {
    const backlog = this.#backlog;
    if (!backlog || this.#iterators > 0) return;
    while (!backlog.empty && this.#listening) {
      const message = backlog.shift();
      this.#listeners?.dispatch('message', { data: message.data, message });
    }
  }
}

/** When so much waits to be taken, an echo stops reading until it is. */
const ECHO_HIGH = 1024 * 1024;

export class EchoWebSocket extends WebSocket {
  /** @param {any} message */
  receivedMessage(message) {
    const sent = this.send(message);
    if (this.bufferedAmount > ECHO_HIGH) {
      // A peer that does not read is not read from either, so that nothing piles up here.
      this.pause();
      const resume = () => this.resume();
      sent.then(resume, resume);
    }
    return sent;
  }
}

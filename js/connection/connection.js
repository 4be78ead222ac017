// What a connection is, whatever it looks like to its user: what comes in goes to a face, what the
// user wants goes out, and both end together. WebSocket is one face, that of 'ws4wasm/ws' another.
import * as check from '../base/arguments.js';
import { picked, STREAM } from '../base/options.js';
import { Endpoint } from '../core/endpoint.js';
import { CloseControlMessage } from '../core/messages.js';
import { unwatch, watch } from '../engine/instance.js';
import { Closing } from './closing.js';
import { Delivery } from './delivery.js';
import { Input } from './input.js';
import { Keepalive } from './keepalive.js';
import { MessageRate } from './message-rate.js';
import { Outbox } from './outbox.js';
import { Reading } from './reading.js';
import { Sender } from './sender.js';
import { transportOf } from './transports.js';

const DEFAULT_CLOSE_TIMEOUT = 10_000;
const DEFAULT_MAX_BUFFERED = 64 * 1024 * 1024;

/**
 * What a connection tells. Nothing of it may throw: what the user's code throws is the face's to
 * deal with.
 * @typedef {object} Face
 * @property {() => void} opened
 * @property {(bytes: Uint8Array) => void} process is given what came, to hand it to the connection
 * @property {(event: any) => boolean} wants whether somebody would take a message or a fragment
 * @property {(event: any) => void} handle has them take it; what is to be waited for is told by
 *   `wait` of the connection
 * @property {(ping: any) => void} pinged
 * @property {(pong: any) => void} ponged
 * @property {(violation: any) => CloseControlMessage} answer what the peer is told of it
 * @property {(violation: any) => void} violated
 * @property {(frame: any) => void} framed
 * @property {(error: unknown) => void} tell told of an error on this side
 * @property {(ending: import('./closing.js').Ending, wasClean: boolean) => void} closed called once
 */

export class Connection {
  #face;
  #transport;
  #outbox;
  #sender;
  #closing;
  #options;
  /** @type {Keepalive | undefined} */
  #keepalive;
  #delivery;
  /** Once reading was to be stopped. @type {Reading | undefined} */
  #reading;
  /** Where there is compression. @type {Input | undefined} */
  #input;
  #begun = false;
  /** The transport is read, unless that is stopped. */
  #started = false;
  #userPaused = false;
  /** @type {MessageRate | undefined} */
  #rate;
  /** There as long as the peer has to wait for its rate. @type {ReturnType<typeof setTimeout> | undefined} */
  #holdTimer;
  /** The instance whose end it is to be told of. @type {import('../engine/instance.js').Engine | undefined} */
  #engine;
  /** Bytes, messages and pings that came so far. */
  #received = 0;
  #messages = 0;
  #pings = 0;
  /** When peers that have ended are no longer answered. @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {Uint8Array | undefined} */
  #head;

  /**
   * @param {Face} face
   * @param {any} sock
   * @param {any} given options of a connection, which were judged
   */
  constructor(face, sock, given) {
    const { role = 'server', head, concurrentHandlers = false } = given;
    const { closeTimeout = DEFAULT_CLOSE_TIMEOUT, maxBufferedAmount = DEFAULT_MAX_BUFFERED } =
      given;
    /** @type {'server' | 'client'} */
    this.role = role;
    /** @type {number} */
    this.closeTimeout = closeTimeout;
    this.#face = face;
    this.#options = own(given);
    this.#head = head === undefined ? undefined : check.bytes(head, 'head');
    this.endpoint = new Endpoint(picked(given, STREAM));
    if (given.messageRate !== undefined) this.#rate = new MessageRate(given.messageRate);
    // Last, because it takes hold of the streams.
    this.#transport = transportOf(sock);
    this.#outbox = new Outbox(this.#transport);
    this.#sender = new Sender(this.endpoint, this.#outbox, maxBufferedAmount, this);
    this.#delivery = new Delivery(face, this, concurrentHandlers);
    if (this.endpoint.deflate !== undefined) this.#input = new Input(this.endpoint, this);
    this.#closing = new Closing(
      {
        endpoint: this.endpoint,
        sender: this.#sender,
        outbox: this.#outbox,
        transport: this.#transport,
      },
      this,
    );
  }

  // What is known of it.

  get peerTerminated() {
    return this.#closing.peerTerminated;
  }

  get ownTerminated() {
    return this.#closing.ownTerminated;
  }

  get over() {
    return this.#closing.ended;
  }

  get readyState() {
    return this.#closing.readyState;
  }

  get bufferedAmount() {
    return this.#sender.length;
  }

  /** The part of it that was not handed to the transport yet. */
  get unwritten() {
    return this.#sender.length - this.#outbox.stuck;
  }

  /** How it ended, once it has. */
  get ending() {
    return this.#closing.ended ? this.#closing.ending : undefined;
  }

  get state() {
    return this.#closing.state;
  }

  /** What came and went so far. */
  get counts() {
    return {
      messagesReceived: this.#messages,
      messagesSent: this.#sender.messages,
      bytesReceived: this.#received,
      bytesSent: this.#outbox.total,
      pingsReceived: this.#pings,
      pingsSent: this.#sender.pings,
    };
  }

  get roundTripTime() {
    return this.#keepalive?.roundTripTime;
  }

  // Receiving.

  begin() {
    if (this.#begun || this.#closing.ended) return;
    this.#begun = true;
    const { engine } = this.endpoint;
    if (engine) watch(engine, this);
    this.#engine = engine ?? undefined;
    this.#keepalive = this.#startKeepalive();
    this.#face.opened();
    this.#transport.start(this);
    this.#started = true;
    this.#reading?.start();
    const head = this.#head;
    this.#head = undefined;
    if (head?.length) this.#face.process(head);
  }

  #startKeepalive() {
    const { pingInterval, idleTimeout } = this.#options;
    if (!pingInterval && !idleTimeout) return undefined;
    return new Keepalive(this.#options, {
      ping: (payload) => this.#sender.ping(payload),
      moved: () => this.#received + this.#transport.taken,
      visible: () => this.#reading?.visible ?? true,
      peek: () => this.#reading?.peek(),
      dead: () => this.#closing.lost(new Error('no answer to a ping')),
      idle: () => this.close(new CloseControlMessage(1001, 'idle for too long')),
    });
  }

  /** @param {Uint8Array} bytes that came */
  bytes(bytes) {
    this.#face.process(bytes);
  }

  /** The peer will send no more: what it asked for is answered, for a while, and then it is over. */
  end() {
    this.#keepalive?.stop();
    const end = () => {
      clearTimeout(this.#answerTimer);
      this.#closing.peerEnded();
    };
    this.#answerTimer = setTimeout(end, this.closeTimeout);
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
    // Nothing counts what is refused here.
    const given = check.bytes(bytes, 'bytes');
    // Not every transport can be stopped: Deno's TLS sockets go on.
    const stopped = this.#full;
    this.#reading?.came();
    this.#received += given.length;
    if (this.#input) {
      // What stands behind others cannot be looked at, and may be the answer to a ping.
      if (this.#input.length > 0) this.#keepalive?.seen(true);
      this.#input.take(given);
    } else {
      this.#handleAll(this.#receive(given));
    }
    if (stopped) this.overread(0);
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

  /** @param {Uint8Array} bytes */
  #receive(bytes) {
    try {
      return this.endpoint.receive(bytes);
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
    this.#face.tell(error);
    this.#closing.lost(error);
  }

  /** @param {any} event */
  #handle(event) {
    switch (event.type) {
      case 'text':
      case 'binary':
      case 'fragment':
        if (event.type !== 'fragment' || event.last) this.#messages++;
        if (this.#rate?.closes && begins(event) && !this.#rate.take()) {
          this.close(new CloseControlMessage(1008, 'too many messages'));
        }
        // As in browsers: after close() no message is delivered.
        if (!this.#closing.deaf || this.#options.deliverWhileClosing) {
          this.#delivery.take(event);
        }
        break;
      case 'ping':
        this.#pings++;
        if (this.#options.autoPong) this.#sender.answer(event.data);
        this.#face.pinged(event);
        break;
      case 'pong':
        this.#keepalive?.pong(event.data);
        this.#face.ponged(event);
        break;
      case 'close':
        this.#closing.received(event);
        break;
      case 'error':
        this.#closing.violated(event.error, this.#face.answer(event));
        this.#face.violated(event);
        break;
      default:
        this.#face.framed(event);
    }
  }

  /** Somebody may want messages who did not before. */
  consumersChanged() {
    if (this.#delivery.size > 0) queueMicrotask(() => this.#delivery.consumersChanged());
  }

  /** A handler is under way; what this gives is to be called when it is done. */
  wait() {
    return this.#delivery.wait();
  }

  /** What iterators take from. */
  iterate() {
    const messages = this.#delivery.iterate();
    if (this.#closing.ended) this.#delivery.end();
    else this.begin();
    return messages;
  }

  /** An iterator leaves. */
  leave() {
    this.#delivery.leave();
  }

  pause() {
    this.#userPaused = true;
    this.#delivery.pause();
    this.#updateReading();
  }

  resume() {
    this.#userPaused = false;
    this.#goOn();
  }

  /**
   * A message is delivered; the next one waits until its time has come.
   * @param {any} event
   */
  delivering(event) {
    const rate = this.#rate;
    if (!rate || rate.closes || this.#closing.ended || !begins(event)) return;
    const wait = rate.spend();
    if (wait === 0) return;
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#goOn();
    }, wait);
    this.#holdTimer.unref?.();
    this.#delivery.pause();
    this.#updateReading();
  }

  /** The connection ends: what came is delivered, late or not. */
  #unhold() {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    this.#goOn();
  }

  #goOn() {
    if (this.#userPaused || this.#holdTimer !== undefined) return;
    this.#delivery.resume();
    this.#updateReading();
  }

  /** Bytes or characters that wait for a consumer. */
  get #waiting() {
    return this.#delivery.size + (this.#input?.length ?? 0);
  }

  /** No more should be read. Once this side is done only the peer's close and the end count. */
  get #full() {
    const paused = this.#userPaused || this.#holdTimer !== undefined;
    return this.#closing.open && (paused || this.#delivery.full);
  }

  #updateReading() {
    const stopped = this.#full;
    if (stopped) this.#reading ??= this.#newReading();
    const reading = this.#reading;
    const visible = reading?.visible ?? true;
    if (reading?.stop(stopped) && !stopped && !visible) this.#keepalive?.resumed();
    if (!stopped) this.#input?.decode();
  }

  #newReading() {
    const reading = new Reading(this.#transport, this.closeTimeout, this);
    if (this.#started) reading.start();
    return reading;
  }

  // What its parts ask of it.

  /** The transport is gone. @param {unknown} [error] */
  lost(error) {
    this.#closing.lost(error);
  }

  /**
   * @param {string} reason
   * @param {unknown} [error]
   */
  sendFailed(reason, error) {
    if (error) this.#face.tell(error);
    this.#closing.fail(reason);
  }

  /** @param {unknown} error */
  tell(error) {
    this.#face.tell(error);
  }

  fullChanged() {
    this.#updateReading();
  }

  waiting() {
    this.#outbox.flush();
  }

  get size() {
    return this.#waiting;
  }

  /** @param {number} unread bytes that the transport holds besides, although it was stopped */
  overread(unread) {
    if (this.#waiting + unread <= 2 * this.endpoint.maxMessageSize) return;
    this.#closing.fail('the transport does not pause, and too much waits');
  }

  hasRoom() {
    return !this.#closing.ended && !this.#full;
  }

  /** @param {any[]} events */
  decoded(events) {
    this.#handleAll(events);
  }

  /** @param {unknown} error */
  stopped(error) {
    this.#stopped(error);
  }

  ref() {
    this.#transport.ref();
    this.#closing.ref(true);
  }

  unref() {
    this.#transport.unref();
    this.#closing.ref(false);
  }

  // Sending; each promise is kept when the transport took it.

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   * @returns {Promise<void>}
   */
  send(payload, binary, compress) {
    return this.#sender.send(payload, binary, compress);
  }

  /**
   * One frame of a message.
   * @param {any} data
   * @param {import('../index.js').EncodeOptions} [options]
   * @returns {Promise<void>}
   */
  sendFragment(data, options) {
    return this.#sender.sendFragment(data, options);
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

  /** @param {CloseControlMessage} message */
  close(message) {
    this.#closing.close(message);
  }

  /** Closes for a fault of this side. @param {string} reason */
  fail(reason) {
    this.#closing.fail(reason);
  }

  /** What was sent is handed to the transport. */
  flush() {
    this.#outbox.flush();
  }

  /** Drops the transport. */
  drop() {
    this.#closing.drop();
  }

  closingChanged() {
    const { open, deaf } = this.#closing;
    // From here on the closing timer sees to it that this ends.
    if (!open) {
      this.#keepalive?.stop();
      this.#delivery.endAnswers();
    }
    if (deaf && !this.#options.deliverWhileClosing) this.#delivery.deafen();
    this.#updateReading();
  }

  ended() {
    if (this.#engine) unwatch(this.#engine, this);
    this.#engine = undefined;
    clearTimeout(this.#answerTimer);
    this.#unhold();
    this.#input?.clear();
    this.#reading?.end();
    // What came before the end is delivered before it, if its handlers get on with it.
    this.#delivery.finish(this.closeTimeout, () => {
      this.#delivery.end();
      this.#face.closed(this.#closing.ending, this.#closing.wasClean);
    });
  }
}

/**
 * Whether a message begins with it.
 * @param {any} event
 */
const begins = (event) => event.type !== 'fragment' || event.first;

/**
 * Options that a connection looks at later; of keepalive 0 is none. Written in one go: an object that
 * is put together of others has a hidden class of its own in V8, 220 bytes a connection.
 * @param {any} given
 */
function own({
  pingInterval,
  pingTimeout,
  idleTimeout,
  autoPong = true,
  deliverWhileClosing = false,
}) {
  return {
    pingInterval: pingInterval || undefined,
    pingTimeout: pingTimeout || undefined,
    idleTimeout: idleTimeout || undefined,
    autoPong,
    deliverWhileClosing,
  };
}

// What a connection is, whatever it looks like to its user: what comes in goes to a face, what the
// user wants goes out, and both end together. WebSocket is one face, that of 'ws4wasm/ws' another.
import * as check from '../base/arguments.js';
import { picked, STREAM } from '../base/options.js';
import { Endpoint } from '../core/endpoint.js';
import { CloseControlMessage } from '../core/messages.js';
import { Stream } from '../core/stream.js';
import { unwatch, watch } from '../engine/instance.js';
import { Closing, OPEN } from './closing.js';
import { Delivery } from './delivery.js';
import { Input } from './input.js';
import { Keepalive } from './keepalive.js';
import { MessageRate } from './message-rate.js';
import { Reading } from './reading.js';
import { Sender } from './sender.js';
import { settingsOf } from './settings.js';
import { transportOf } from './transports.js';
import { hearing } from './turn.js';

const ignore = () => {};

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
 * @property {() => void} transportClosed called once, when the transport is gone: mostly after
 *   `closed`, but handlers that are waited for may be later
 */

/**
 * Connections that are forgotten before they begin give their memory back; from then on the engine
 * knows them, and they are there until they end.
 */
const forgotten = new FinalizationRegistry((/** @type {Endpoint} */ endpoint) => {
  endpoint.free();
});

/** Most connections are idle: what an idle one does not need is made when it is first needed. */

export class Connection {
  #face;
  #transport;
  #settings;
  /** Once something is sent. @type {Sender | undefined} */
  #sender;
  /** Once it ends, in whatever way. @type {Closing | undefined} */
  #closing;
  /** @type {Keepalive | undefined} */
  #keepalive;
  /** Once something was held back; until then all goes straight to the face. @type {Delivery | undefined} */
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
   * @param {import('./settings.js').Given} given
   */
  constructor(face, sock, given) {
    const { head, messageRate } = given;
    this.#face = face;
    this.#settings = settingsOf(given);
    this.#head = head === undefined ? undefined : check.bytes(head, 'head');
    this.endpoint = new Endpoint(picked(given, STREAM));
    forgotten.register(this, this.endpoint, this.endpoint);
    if (messageRate !== undefined) this.#rate = new MessageRate(messageRate);
    // Last, because it takes hold of the streams.
    this.#transport = transportOf(sock);
    if (this.endpoint.deflate !== undefined) this.#input = new Input(this.endpoint, this);
  }

  // Its parts that an idle one does not have.

  get #sending() {
    this.#sender ??= new Sender(this.endpoint, this.#transport, this);
    return this.#sender;
  }

  get #ends() {
    this.#closing ??= new Closing(this.#sending, this.#transport, this);
    return this.#closing;
  }

  get #held() {
    this.#delivery ??= this.#newDelivery();
    return this.#delivery;
  }

  #newDelivery() {
    const delivery = new Delivery(this.#face, this);
    if (!this.#open) delivery.endAnswers();
    return delivery;
  }

  // What is known of it.

  /** @returns {'server' | 'client'} */
  get role() {
    return this.#settings.role;
  }

  /** In milliseconds. @returns {number} */
  get closeTimeout() {
    return this.#settings.closeTimeout;
  }

  get maxBufferedAmount() {
    return this.#settings.maxBufferedAmount;
  }

  /** Handlers are not waited for. */
  get concurrentHandlers() {
    return this.#settings.concurrentHandlers;
  }

  get paused() {
    return this.#userPaused;
  }

  get peerTerminated() {
    return this.#closing?.peerTerminated ?? false;
  }

  get ownTerminated() {
    return this.#closing?.ownTerminated ?? false;
  }

  get over() {
    return this.#closing?.ended ?? false;
  }

  /** Messages flow. */
  get #open() {
    return this.#closing?.open ?? true;
  }

  get readyState() {
    return this.#closing?.readyState ?? OPEN;
  }

  get bufferedAmount() {
    return this.#sender?.length ?? 0;
  }

  /** The part of it that was not handed to the transport yet. */
  get unwritten() {
    return this.#sender?.unwritten ?? 0;
  }

  /** How it ended, once it has. */
  get ending() {
    return this.over ? this.#closing?.ending : undefined;
  }

  /** @returns {import('./closing.js').State} */
  get state() {
    return this.#closing?.state ?? 'open';
  }

  /** What came and went so far. */
  get counts() {
    return {
      messagesReceived: this.#messages,
      messagesSent: this.#sender?.messages ?? 0,
      bytesReceived: this.#received,
      bytesSent: this.#sender?.written ?? 0,
      pingsReceived: this.#pings,
      pingsSent: this.#sender?.pings ?? 0,
    };
  }

  get roundTripTime() {
    return this.#keepalive?.roundTripTime;
  }

  /** What it is made of, for its user, who may keep it for longer than the connection. */
  newStream() {
    forgotten.unregister(this.endpoint);
    return new Stream(this.endpoint);
  }

  // Receiving.

  begin() {
    if (this.#begun || this.over) return;
    this.#begun = true;
    const { engine, handle } = this.endpoint;
    if (engine) watch(engine, handle, this);
    forgotten.unregister(this.endpoint);
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
    const { pingInterval, idleTimeout } = this.#settings;
    if (!pingInterval && !idleTimeout) return undefined;
    return new Keepalive(this.#settings, {
      ping: (payload) => this.ping(payload).promise,
      moved: () => this.#received + this.#transport.taken,
      visible: () => this.#reading?.visible ?? true,
      peek: () => this.#reading?.peek(),
      dead: () => this.#ends.lost(new Error('no answer to a ping')),
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
      this.#ends.peerEnded();
    };
    this.#answerTimer = setTimeout(end, this.closeTimeout);
    const decoded = () => {
      if (this.#delivery) this.#delivery.whenIdle(end);
      else end();
    };
    if (this.#input) this.#input.whenEmpty(decoded);
    else decoded();
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {boolean}
   */
  process(bytes) {
    if (this.over) return false;
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
    return !(this.#closing?.done ?? false);
  }

  /** @param {any[]} events */
  #handleAll(events) {
    this.#keepalive?.seen(events.length > 0);
    const before = hearing(this.#transport);
    try {
      for (const event of events) {
        this.#handle(event);
        // A handler may have dropped the connection; what is left of it is not for anybody.
        if (this.over) break;
      }
    } finally {
      this.#sender?.answered();
      hearing(before);
    }
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
    if (this.over) return;
    this.#face.tell(error);
    this.#ends.lost(error);
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
        if (!this.#closing?.deaf || this.#settings.deliverWhileClosing) this.#deliver(event);
        break;
      case 'ping':
        this.#pings++;
        if (this.#settings.autoPong) this.#sending.answer(event.data);
        this.#face.pinged(event);
        break;
      case 'pong':
        this.#keepalive?.pong(event.data);
        this.#face.ponged(event);
        break;
      case 'close':
        this.#ends.received(event);
        break;
      case 'error':
        this.#ends.violated(event.error, this.#face.answer(event));
        this.#face.violated(event);
        break;
      default:
        this.#face.framed(event);
    }
  }

  /** @param {any} event a message or a fragment */
  #deliver(event) {
    if (this.#delivery !== undefined || !this.#face.wants(event)) {
      this.#held.take(event);
      return;
    }
    this.delivering(event);
    this.#face.handle(event);
  }

  /** Somebody may want messages who did not before. */
  consumersChanged() {
    const delivery = this.#delivery;
    if (delivery && delivery.size > 0) queueMicrotask(() => delivery.consumersChanged());
  }

  /** A handler is under way; what this gives is to be called when it is done. */
  wait() {
    return this.concurrentHandlers ? ignore : this.#held.wait();
  }

  /** What iterators take from. */
  iterate() {
    const messages = this.#held.iterate();
    if (this.over) this.#held.end();
    else this.begin();
    return messages;
  }

  /** An iterator leaves. */
  leave() {
    this.#delivery?.leave();
  }

  pause() {
    this.#userPaused = true;
    this.#held.pause();
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
    if (!rate || rate.closes || this.over || !begins(event)) return;
    const wait = rate.spend();
    if (wait === 0) return;
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#goOn();
    }, wait);
    this.#holdTimer.unref?.();
    this.#held.pause();
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
    this.#delivery?.resume();
    this.#updateReading();
  }

  /** Bytes or characters that wait for a consumer. */
  get #waiting() {
    return (this.#delivery?.size ?? 0) + (this.#input?.length ?? 0);
  }

  /** No more should be read. Once this side is done only the peer's close and the end count. */
  get #full() {
    const paused = this.#userPaused || this.#holdTimer !== undefined;
    return this.#open && (paused || (this.#delivery?.full ?? false));
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
    this.#ends.lost(error);
    this.#face.transportClosed();
  }

  /**
   * @param {string} reason
   * @param {unknown} [error]
   */
  sendFailed(reason, error) {
    if (error) this.#face.tell(error);
    this.#ends.fail(reason);
  }

  /** @param {unknown} error */
  tell(error) {
    this.#face.tell(error);
  }

  fullChanged() {
    this.#updateReading();
  }

  waiting() {
    this.flush();
  }

  get size() {
    return this.#waiting;
  }

  /** @param {number} unread bytes that the transport holds besides, although it was stopped */
  overread(unread) {
    if (this.#waiting + unread <= 2 * this.endpoint.maxMessageSize) return;
    this.#ends.fail('the transport does not pause, and too much waits');
  }

  hasRoom() {
    return !this.over && !this.#full;
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
    this.#closing?.ref(true);
  }

  unref() {
    this.#transport.unref();
    this.#ends.ref(false);
  }

  // Sending; the promise of each is kept when the transport took it.

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   * @returns {import('./outbox.js').Sent}
   */
  send(payload, binary, compress) {
    return this.#sending.send(payload, binary, compress);
  }

  /**
   * One frame of a message.
   * @param {any} data
   * @param {import('../index.js').EncodeOptions} [options]
   * @returns {import('./outbox.js').Sent}
   */
  sendFragment(data, options) {
    return this.#sending.sendFragment(data, options);
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#sending.ping(data);
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#sending.pong(data);
  }

  // Closing.

  /** @param {CloseControlMessage} message */
  close(message) {
    this.#ends.close(message);
  }

  /** Closes for a fault of this side. @param {string} reason */
  fail(reason) {
    this.#ends.fail(reason);
  }

  /** What was sent is handed to the transport. */
  flush() {
    this.#sender?.flush();
  }

  /** Drops the transport. */
  drop() {
    this.#ends.drop();
  }

  closingChanged() {
    const { open, deaf } = this.#ends;
    // From here on the closing timer sees to it that this ends.
    if (!open) {
      this.#keepalive?.stop();
      this.#delivery?.endAnswers();
    }
    if (deaf && !this.#settings.deliverWhileClosing) this.#delivery?.deafen();
    this.#updateReading();
  }

  ended() {
    unwatch(this.endpoint.handle, this);
    this.endpoint.free();
    clearTimeout(this.#answerTimer);
    this.#unhold();
    this.#input?.clear();
    this.#reading?.end();
    const { ending, wasClean } = this.#ends;
    const told = () => {
      this.#delivery?.end();
      this.#face.closed(ending, wasClean);
    };
    // What came before the end is delivered before it, if its handlers get on with it.
    if (this.#delivery) this.#delivery.finish(this.closeTimeout, told);
    else told();
  }
}

/**
 * Whether a message begins with it.
 * @param {any} event
 */
const begins = (event) => event.type !== 'fragment' || event.first;

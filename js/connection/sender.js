// What goes out: messages, in order, and the control frames that pass between them.
import * as check from '../base/arguments.js';
import { utf8Bytes } from '../base/bytes.js';
import { StreamClosed } from '../base/exceptions.js';
import { choice, wholeMessage } from '../core/endpoint.js';
import {
  isPrepared,
  OPCODE_CLOSE,
  OPCODE_PING,
  OPCODE_PONG,
  PingControlMessage,
  PongControlMessage,
} from '../core/messages.js';
import { gone, Outbox, refused } from './outbox.js';
import { BORROWED, Outgoing, PREPARED } from './outgoing.js';
import { kept, SendQueue } from './send-queue.js';

/** When this much is stuck, or waits at all, only the newest ping is remembered. */
const PONG_STUCK = 16 * 1024;
const PONG_LIMIT = 1024 * 1024;

/** @typedef {import('./outbox.js').Sent} Sent */

/**
 * @typedef {object} SenderHost
 * @property {import('./closing.js').State} state
 * @property {number} maxBufferedAmount limit of `length`
 * @property {(reason: string, error?: unknown) => void} sendFailed called when a message will not
 *   arrive, or not all of it: nothing may go on without it
 * @property {(error: unknown) => void} tell told of what is wrong with a send, once
 */

export class Sender {
  #endpoint;
  #outbox;
  #outgoing;
  #host;
  /** There once a message was sent that takes its time. @type {SendQueue | undefined} */
  #queue;
  /** A message was begun by `sendFragment`, and not ended. */
  #unfinished = false;
  /** @type {Uint8Array | undefined} */
  #owedPong;

  /** Messages so far. */
  messages = 0;
  /** Pings so far. */
  pings = 0;

  /**
   * @param {import('../core/endpoint.js').Endpoint} endpoint
   * @param {import('./transports.js').Transport} transport
   * @param {SenderHost} host
   */
  constructor(endpoint, transport, host) {
    this.#endpoint = endpoint;
    this.#outbox = new Outbox(transport);
    this.#outgoing = new Outgoing(endpoint, this.#outbox, this);
    this.#host = host;
  }

  /** Bytes that were sent and that the transport has not taken yet. */
  get length() {
    return this.#outbox.length + (this.#queue?.waitingLength ?? 0);
  }

  /** The part of it that was not handed to the transport yet. */
  get unwritten() {
    return this.length - this.#outbox.stuck;
  }

  /** Bytes that were handed to the transport so far. */
  get written() {
    return this.#outbox.total;
  }

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   * @returns {Sent}
   */
  send(payload, binary, compress) {
    try {
      const isText = typeof payload === 'string';
      if (!isText && !check.isBinary(payload)) {
        return isBlob(payload)
          ? this.#sendBlob(payload, binary, compress)
          : this.#sendItems(payload, binary, compress);
      }
      this.#checkFree();
      const queue = this.#queue;
      if (queue && !queue.idle) {
        const later = isPrepared(payload) ? payload : kept(payload);
        return queue.add(
          () => this.#message(later, binary, compress),
          this.#admit(later.length),
        );
      }
      return this.#message(payload, binary, compress);
    } catch (error) {
      return this.#rejected(error);
    }
  }

  /** Throws when no other message may begin. */
  #checkFree() {
    if (this.#host.state !== 'open') throw gone();
    if (this.#unfinished) {
      throw new RangeError(
        'a message is being sent in fragments: end it first, by sendFragment with fin: true',
      );
    }
  }

  /**
   * One frame of a message.
   * @param {any} data
   * @param {import('../index.js').EncodeOptions} [options]
   * @returns {Sent}
   */
  sendFragment(data, options) {
    try {
      if (typeof data !== 'string' && !check.isBinary(data)) {
        throw check.wrongType('data', data, 'a string or bytes');
      }
      const { first = true, fin = true } = check.options(options);
      if (check.flag(first, 'first')) this.#checkFree();
      else if (this.#host.state !== 'open') throw gone();
      else if (!this.#unfinished) {
        throw new RangeError('first is false; there is no fragmented message to continue');
      }
      if (first) this.messages++;
      const unfinished = !check.flag(fin, 'fin');
      const queue = this.#queue;
      const sent =
        queue && !queue.idle
          ? this.#fragmentLater(queue, kept(data), options)
          : this.#fragment(data, options);
      this.#unfinished = unfinished;
      return sent;
    } catch (error) {
      return this.#rejected(error);
    }
  }

  /**
   * @param {SendQueue} queue
   * @param {string | Uint8Array} data
   * @param {import('../index.js').EncodeOptions} [options]
   */
  #fragmentLater(queue, data, options) {
    return queue.add(() => this.#fragment(data, options), this.#admit(data.length));
  }

  /**
   * @param {any} data
   * @param {import('../index.js').EncodeOptions} [options]
   */
  #fragment(data, options = {}) {
    const payload = typeof data === 'string' ? data : check.binary(data, 'data');
    return this.#push(payload, this.#endpoint.judge(payload, options));
  }

  /**
   * A whole message in one frame.
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #message(payload, binary, compress) {
    const isText = typeof payload === 'string';
    this.messages++;
    if (isPrepared(payload)) return this.#prepared(payload);
    const data = isText ? payload : ownBytes(payload);
    if (binary === undefined || binary === !isText) {
      return this.#push(data, wholeMessage(data) | choice(compress));
    }
    const other =
      typeof data === 'string' && check.flag(binary, 'binary') ? utf8Bytes(data) : data;
    return this.#push(other, this.#endpoint.judge(other, { binary, compress }));
  }

  /** @param {Uint8Array} frame */
  #prepared(frame) {
    if (this.#endpoint.alwaysMask) {
      throw new TypeError('payload is a prepared frame; those are for server connections');
    }
    return this.#outgoing.add(frame, PREPARED, this.#admit(frame.length));
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame what the engine is told of it
   */
  #push(data, frame) {
    this.#endpoint.live();
    const length = this.#admit(this.#outgoing.frameLength(data.length));
    return this.#outgoing.add(data, frame, length);
  }

  /**
   * Takes a message in, unless it would pass the limit: that is an error, not a reason to hold ever
   * more. A message that is alone may have any length, because its sender holds it anyway.
   *
   * The messages after one that was refused must not arrive as if there had been none, so the
   * connection closes, and tells why; a rejection alone would be overheard, or bring the process
   * down where nobody waits for it.
   * @param {number} more
   */
  #admit(more) {
    if (this.length + more <= this.#host.maxBufferedAmount) return more;
    const refused = this.#overflow(more);
    if (!refused) return more;
    this.#host.sendFailed('more was sent than the peer has taken', refused);
    throw refused;
  }

  /** @param {number} more */
  #overflow(more) {
    const held = this.length;
    const length = held + more;
    const { maxBufferedAmount } = this.#host;
    if (held === 0 || length <= maxBufferedAmount) return undefined;
    return new Overflow(
      `bufferedAmount would be ${length}; maxBufferedAmount is ${maxBufferedAmount}: wait for what send() returns`,
    );
  }

  /**
   * Messages that were accepted cannot be sent; without them nothing may go on.
   * @param {unknown} error
   */
  lost(error) {
    // The end of the stream and that of its engine are told of elsewhere.
    if (error instanceof StreamClosed || error instanceof WebAssembly.RuntimeError) return;
    this.#host.sendFailed('a message could not be sent', error);
  }

  /**
   * @param {any} items
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #sendItems(items, binary, compress) {
    const later = items?.[Symbol.asyncIterator];
    const begin = later ?? items?.[Symbol.iterator];
    if (typeof begin !== 'function') {
      throw check.wrongType(
        'payload',
        items,
        'a string, bytes (an ArrayBuffer, a typed array, a DataView), a Blob, a Message or an iterable of strings or bytes',
      );
    }
    this.#checkFree();
    /** @type {(data: any, first: boolean, fin: boolean) => Sent} */
    const encode = (data, first, fin) => {
      const options = { binary: binary ?? typeof data !== 'string', first, fin, compress };
      const payload = typeof data === 'string' ? data : check.binary(data, 'data');
      return this.#push(payload, this.#endpoint.judge(payload, options));
    };
    this.#queue ??= new SendQueue(this.#outbox, this);
    this.messages++;
    const failed = () => this.#host.sendFailed('a message could not be completed');
    return this.#queue.addItems(begin.call(items), later === undefined, encode, failed);
  }

  /**
   * Its bytes come later, and what is sent meanwhile waits for them.
   * @param {Blob} blob
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #sendBlob(blob, binary, compress) {
    this.#checkFree();
    this.#queue ??= new SendQueue(this.#outbox, this);
    return this.#queue.addLater(
      () => blob.arrayBuffer(),
      (bytes) => this.#message(bytes, binary, compress),
      this.#admit(blob.size),
      () => this.#host.sendFailed('a message could not be read'),
    );
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#control(OPCODE_PING, () => new PingControlMessage(data));
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#control(OPCODE_PONG, () => new PongControlMessage(data));
  }

  /**
   * Control frames may pass between the fragments of a message, so they never wait.
   * @param {number} opcode
   * @param {() => PingControlMessage | PongControlMessage} message
   */
  #control(opcode, message) {
    try {
      const { state } = this.#host;
      if (state !== 'open' && state !== 'finishing') throw gone();
      const { data } = message();
      // Nobody misses a ping.
      const refused = this.#overflow(this.#outgoing.frameLength(data.length));
      if (refused) throw refused;
      if (opcode === OPCODE_PING) this.pings++;
      return this.#push(data, opcode);
    } catch (error) {
      return this.#rejected(error);
    }
  }

  /**
   * The close frame, behind all that was sent; nothing may follow it.
   * @param {Uint8Array} payload
   */
  close(payload) {
    this.#outgoing.add(payload, OPCODE_CLOSE, this.#outgoing.frameLength(payload.length));
  }

  /**
   * Answers a ping; while the peer does not read, only the newest is remembered.
   * @param {Uint8Array} data
   */
  answer(data) {
    const { stuck, length } = this.#outbox;
    if (stuck < PONG_STUCK && length < PONG_LIMIT) {
      this.pong(data);
      return;
    }
    // Not when all is taken: under a steady stream of messages that would be never.
    if (this.#owedPong === undefined) this.#outbox.whenTaken(() => this.#payPong());
    this.#owedPong = data;
  }

  #payPong() {
    const data = this.#owedPong;
    this.#owedPong = undefined;
    if (data) this.pong(data);
  }

  /**
   * Calls `f` when no message is under way.
   * @param {() => void} f
   */
  whenIdle(f) {
    if (this.#queue) this.#queue.whenIdle(f);
    else f();
  }

  /**
   * What a call threw, as a rejection that nobody has to look at: a mistake must not bring the
   * process down, and is told of elsewhere.
   * @param {unknown} error
   */
  #rejected(error) {
    this.mistaken(error);
    return refused(error);
  }

  /** @param {unknown} error that a send has failed with; the end is told by closed() */
  mistaken(error) {
    if (!isToldElsewhere(error)) this.#host.tell(error);
  }

  /** Messages under way and those that wait are given up. */
  stop() {
    this.#queue?.stop();
  }

  /** What was sent is handed to the transport. */
  flush() {
    this.#outbox.flush();
  }

  /** What was received is dealt with: answers to it need not wait. */
  answered() {
    this.#outbox.answered();
  }

  /** The transport is gone: what was not taken will not be. */
  break() {
    this.#outbox.break();
  }
}

class Overflow extends RangeError {}

/**
 * The end of the connection, an overflow, and the end of the engine.
 * @param {unknown} error
 */
const isToldElsewhere = (error) =>
  error instanceof StreamClosed ||
  error instanceof Overflow ||
  error instanceof WebAssembly.RuntimeError;

/**
 * @param {unknown} value
 * @returns {value is Blob}
 */
const isBlob = (value) => typeof Blob === 'function' && value instanceof Blob;

/**
 * The bytes of a payload; those that are copied may be anybody else's, too.
 * @param {any} payload
 */
const ownBytes = (payload) =>
  check.isPlain(payload) && payload.length < BORROWED
    ? payload
    : check.binary(payload, 'payload');

// What goes out: messages, in order, and the control frames that pass between them.
import * as check from '../base/arguments.js';
import { utf8Bytes } from '../base/bytes.js';
import { StreamClosed } from '../base/exceptions.js';
import { isPrepared } from '../core/messages.js';
import { discard, framePieces, plainHeader } from '../core/stream.js';
import { gone, quiet } from './outbox.js';
import { kept, SendQueue } from './send-queue.js';

/** Longest payload, in bytes or UTF-16 units, whose frame is not worth a copy of its own. */
const SHORT = 4096;

/** When so much is stuck, or waits at all, only the newest ping is remembered. */
const PONG_STUCK = 16 * 1024;
const PONG_LIMIT = 1024 * 1024;

export class Sender {
  #stream;
  #outbox;
  /** Bytes of so many leave as they are. */
  #direct;
  #limit;
  #failed;
  #tell;
  /** The overflow was told of, and not all was taken since. */
  #told = false;
  /** There once a message was sent in fragments. @type {SendQueue | undefined} */
  #queue;
  /** @type {Uint8Array | undefined} */
  #owedPong;

  /** The connection's. @type {import('./closing.js').State} */
  state = 'open';

  /**
   * @param {import('../core/stream.js').Stream} stream
   * @param {import('./outbox.js').Outbox} outbox
   * @param {number} limit of `length`
   * @param {() => void} failed called when a message was begun and cannot be completed
   * @param {(error: Error) => void} tell told of what is wrong with a send, once
   */
  constructor(stream, outbox, limit, failed, tell) {
    this.#stream = stream;
    this.#outbox = outbox;
    this.#direct = outbox.direct;
    this.#limit = limit;
    this.#failed = failed;
    this.#tell = tell;
  }

  /** Bytes that were sent and that the transport has not taken yet. */
  get length() {
    return this.#outbox.length + (this.#queue?.waitingLength ?? 0);
  }

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   * @returns {Promise<void>}
   */
  send(payload, binary, compress) {
    try {
      if (typeof payload !== 'string' && !check.isBytes(payload)) {
        return this.#sendItems(payload, binary, compress);
      }
      this.#checkOpen();
      const queue = this.#queue;
      if (!queue || queue.idle) return this.#sendNow(payload, binary, compress);
      const later = isPrepared(payload) ? payload : kept(payload);
      return queue.add(
        () => this.#push(this.#frame(later, binary, compress)),
        this.#admit(later.length),
      );
    } catch (error) {
      return this.#rejected(error);
    }
  }

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   * @returns {Promise<void>}
   */
  #sendNow(payload, binary, compress) {
    const asItIs = binary === undefined || binary === (typeof payload !== 'string');
    if (asItIs && !isPrepared(payload)) {
      const data = typeof payload === 'string' ? payload : check.bytes(payload, 'payload');
      const { length } = data;
      const sent =
        (length >= this.#direct && this.#pushDirect(data, compress)) ||
        (length <= SHORT && this.#pushShort(data, compress)) ||
        (this.#outbox.borrows && this.#pushPieces(data, compress));
      if (sent) return sent;
    }
    return this.#push(this.#frame(payload, binary, compress));
  }

  /**
   * @param {string | Uint8Array} data
   * @param {boolean} [compress]
   * @returns {Promise<void> | undefined}
   */
  #pushShort(data, compress) {
    const length = this.#outbox.queue(this.#stream, data, compress);
    if (length === undefined) return undefined;
    try {
      this.#admitFrame(length);
    } catch (error) {
      this.#outbox.dropQueued(length);
      throw error;
    }
    return this.#outbox.pushQueued(length);
  }

  /**
   * @param {string | Uint8Array} data
   * @param {boolean} [compress]
   * @returns {Promise<void>}
   */
  #pushPieces(data, compress) {
    const pieces = framePieces(this.#stream, data, compress, this.#outbox.prompt);
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.#admitFrame(length);
    return this.#outbox.pushPieces(pieces, length);
  }

  /**
   * Large bytes of a server leave as they are, behind their header: copying them would cost more
   * than all else.
   * @param {string | Uint8Array} bytes
   * @param {boolean} [compress]
   * @returns {Promise<void> | undefined}
   */
  #pushDirect(bytes, compress) {
    if (typeof bytes === 'string') return undefined;
    const header = plainHeader(this.#stream, bytes.length, compress);
    if (!header) return undefined;
    const length = header.length + bytes.length;
    this.#admit(length);
    return this.#outbox.pushPieces([header, bytes], length);
  }

  #checkOpen() {
    if (this.state !== 'open') throw gone();
  }

  /**
   * @param {any} payload
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #frame(payload, binary, compress) {
    const stream = this.#stream;
    if (isPrepared(payload)) {
      if (stream.alwaysMask) {
        throw new TypeError('payload is a prepared frame; those are for server connections');
      }
      stream.checkSendable();
      return payload;
    }
    if (binary === undefined && compress === undefined) return stream.encode(payload);
    const data = binary && typeof payload === 'string' ? utf8Bytes(payload) : payload;
    return stream.encode(data, { binary, compress });
  }

  /**
   * A limit that is passed is an error, not a reason to hold ever more. It is told of once
   * until the peer has caught up, because a rejection alone is either overheard or, where
   * nobody waits for it, brings the process down: no peer may have that power.
   * @param {number} more
   */
  #admit(more) {
    const held = this.length;
    const length = held + more;
    if (held === 0) this.#told = false;
    if (length <= this.#limit) return more;
    const error = new Overflow(
      `bufferedAmount would be ${length}; maxBufferedAmount is ${this.#limit}: wait for what send() returns`,
    );
    if (!this.#told) {
      this.#told = true;
      this.#tell(error);
    }
    throw error;
  }

  /** @param {number} length of a frame that the stream has just made */
  #admitFrame(length) {
    try {
      this.#admit(length);
    } catch (error) {
      // How long a compressed message is shows only when it is part of the window.
      discard(this.#stream);
      throw error;
    }
  }

  /** @param {Uint8Array} frame */
  #push(frame) {
    this.#admitFrame(frame.length);
    return this.#outbox.push(frame);
  }

  /**
   * @param {any} items
   * @param {boolean} [binary]
   * @param {boolean} [compress]
   */
  #sendItems(items, binary, compress) {
    // The elements of other typed arrays are numbers, and nobody means to send those.
    const source = ArrayBuffer.isView(items) ? undefined : items;
    const begin = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator];
    if (typeof begin !== 'function') {
      throw check.wrongType(
        'payload',
        items,
        'a string, a Uint8Array, an ArrayBuffer, a Message or an iterable of strings or bytes',
      );
    }
    this.#checkOpen();
    /** @type {(data: any, first: boolean, fin: boolean) => Promise<void>} */
    const encode = (data, first, fin) => {
      const options = { binary: binary ?? typeof data !== 'string', first, fin, compress };
      return this.#push(this.#stream.encode(data, options));
    };
    this.#queue ??= new SendQueue(this.#outbox, this.#mistaken);
    return this.#queue.addItems(begin.call(source), encode, this.#failed);
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#control(() => this.#stream.ping(data));
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#control(() => this.#stream.pong(data));
  }

  /**
   * Control frames may pass between the fragments of a message, so they never wait.
   * @param {() => Uint8Array} frame
   */
  #control(frame) {
    try {
      if (this.state !== 'open' && this.state !== 'finishing') throw gone();
      return this.#push(frame());
    } catch (error) {
      return this.#rejected(error);
    }
  }

  /**
   * Answers a ping; while the peer does not read, only the newest is remembered.
   * @param {Uint8Array} data
   */
  answer(data) {
    const { stuck, length } = this.#outbox;
    if (stuck < PONG_STUCK && length < PONG_LIMIT) {
      void quiet(this.pong(data));
      return;
    }
    // Not when all is taken: under a steady stream of messages that would be never.
    if (this.#owedPong === undefined) this.#outbox.whenTaken(() => this.#payPong());
    this.#owedPong = data;
  }

  #payPong() {
    const data = this.#owedPong;
    this.#owedPong = undefined;
    if (data) void quiet(this.pong(data));
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
   * @returns {Promise<never>}
   */
  #rejected(error) {
    this.#mistaken(error);
    return quiet(Promise.reject(error));
  }

  /** @param {unknown} error that a send has failed with; the end is told by closed() */
  #mistaken = (error) => {
    for (const kind of TOLD_ELSEWHERE) if (error instanceof kind) return;
    this.#tell(/** @type {Error} */ (error));
  };

  /** Messages under way and those that wait are given up. */
  stop() {
    this.#queue?.stop();
  }
}

class Overflow extends RangeError {}

/** The end of the connection, an overflow, and the end of the engine. */
const TOLD_ELSEWHERE = [StreamClosed, Overflow, WebAssembly.RuntimeError];

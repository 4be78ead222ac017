// A stream of bytes in and out (ws4py's streaming module).
import { UNMASKED } from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { StreamClosed } from '../base/exceptions.js';
import { INSPECT } from '../base/inspect.js';
import { encodeFor, encodeFree } from '../engine/encoding.js';
import { wasm } from '../engine/instance.js';
import { deflateParameters } from './deflate.js';
import { checkText, Endpoint } from './endpoint.js';
import { Inbox } from './inbox.js';
import {
  BinaryMessage,
  CloseControlMessage,
  FIN,
  Message,
  OPCODE_BINARY,
  OPCODE_TEXT,
  PingControlMessage,
  PongControlMessage,
  prepared,
  TextMessage,
} from './messages.js';
import { UTF8_ACCEPT } from './utf8-validator.js';

/** Streams that are forgotten without free() give their memory back. */
const forgotten = new FinalizationRegistry((/** @type {Endpoint} */ endpoint) => {
  endpoint.free();
});

export class Stream {
  #endpoint;
  /** @type {Inbox | undefined} */
  #pulled;

  /** @param {import('../index.js').StreamOptions | Endpoint} [options] or what a connection has made of them */
  constructor(options) {
    this.#endpoint = options instanceof Endpoint ? options : new Endpoint(options);
    forgotten.register(this, this.#endpoint);
  }

  [INSPECT](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {Function} */ inspect,
  ) {
    return `${this.constructor.name} ${inspect(this.#endpoint.state, options)}`;
  }

  get deflate() {
    return deflateParameters(this.#endpoint.deflate);
  }

  release() {
    wasm.stream_release(this.#live());
  }

  get alwaysMask() {
    return this.#endpoint.alwaysMask;
  }

  set alwaysMask(mask) {
    this.#endpoint.alwaysMask = mask;
  }

  get expectMasking() {
    return this.#endpoint.expectMasking;
  }

  set expectMasking(expect) {
    this.#endpoint.expectMasking = expect;
  }

  #live() {
    return this.#endpoint.live();
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {any[]}
   */
  receive(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const endpoint = this.#endpoint;
    if (endpoint.failing) endpoint.fail();
    const events = endpoint.receive(chunk);
    if (endpoint.failing && !events.some((event) => event instanceof Message)) endpoint.fail();
    return events;
  }

  /** How many bytes complete what is under way, at least 1. */
  get wants() {
    return this.#endpoint.wants;
  }

  get bytesIgnored() {
    return wasm.stream_ignored(this.#live());
  }

  // Pull style, as in ws4py.

  get #inbox() {
    this.#pulled ??= new Inbox();
    return this.#pulled;
  }

  get parser() {
    const inbox = this.#inbox;
    inbox.parser ??= {
      send: (/** @type {Uint8Array | ArrayBuffer} */ bytes) => this.#file(bytes),
    };
    return inbox.parser;
  }

  /** @param {Uint8Array | ArrayBuffer} bytes */
  #file(bytes) {
    if (this.#endpoint.partial) {
      throw new TypeError(
        'partial is true; the parser needs a stream that delivers whole messages',
      );
    }
    const inbox = this.#inbox;
    for (const event of this.receive(bytes)) inbox.file(event);
    return this.#endpoint.wants;
  }

  /** @returns {Generator<number, void, Uint8Array | ArrayBuffer>} */
  *receiver() {
    for (;;) {
      const bytes = yield this.#endpoint.wants;
      if (bytes !== undefined) this.parser.send(bytes);
    }
  }

  get hasMessage() {
    return this.#inbox.messages.length > 0;
  }

  get message() {
    return this.#inbox.messages.peek();
  }

  /** @param {null} nothing */
  set message(nothing) {
    if (nothing !== null)
      throw check.wrongType('message', nothing, 'null, to move on to the next');
    this.#inbox.messages.shift();
  }

  takeMessage() {
    return this.#inbox.messages.shift();
  }

  get pings() {
    return this.#inbox.pings;
  }

  set pings(list) {
    this.#inbox.pings = list;
  }

  get pongs() {
    return this.#inbox.pongs;
  }

  set pongs(list) {
    this.#inbox.pongs = list;
  }

  get closing() {
    return this.#inbox.closing;
  }

  set closing(message) {
    this.#inbox.closing = message;
  }

  get errors() {
    return this.#inbox.errors;
  }

  set errors(list) {
    this.#inbox.errors = list;
  }

  // Sending.

  /** Throws when messages may no longer be sent. */
  checkSendable() {
    if (wasm.stream_is_closed(this.#live())) throw new StreamClosed();
  }

  /** @param {string} text */
  textMessage(text) {
    this.checkSendable();
    return new TextMessage(text);
  }

  /** @param {Uint8Array | ArrayBuffer} bytes */
  binaryMessage(bytes) {
    this.checkSendable();
    return new BinaryMessage(bytes);
  }

  /**
   * @param {number | null} [code]
   * @param {string} [reason]
   */
  close(code = 1000, reason = '') {
    this.checkSendable();
    const message = new CloseControlMessage(code, reason);
    wasm.stream_close(this.#live());
    return message;
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  ping(data) {
    return this.#control(new PingControlMessage(data));
  }

  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  pong(data) {
    return this.#control(new PongControlMessage(data));
  }

  /** @param {PingControlMessage | PongControlMessage} message */
  #control(message) {
    return encodeFor(this.#endpoint, message.opcode, message.data);
  }

  /**
   * @param {string | Uint8Array | ArrayBuffer} data
   * @param {{ binary?: boolean, fin?: boolean, first?: boolean, compress?: boolean }} [options]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  encode(data, options) {
    const payload = typeof data === 'string' ? data : check.bytes(data, 'data');
    return this.#endpoint.encode(payload, options);
  }

  /**
   * @param {string | Uint8Array | ArrayBuffer} data
   * @param {{ binary?: boolean }} [options]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  prepare(data, options) {
    const isText = typeof data === 'string';
    const payload = isText ? data : check.bytes(data, 'data');
    const { binary = !isText } = check.options(options);
    const asText = !check.flag(binary, 'binary');
    this.checkSendable();
    if (asText) checkText(UTF8_ACCEPT, payload, true);
    return prepared(
      encodeFree(FIN | (asText ? OPCODE_TEXT : OPCODE_BINARY), UNMASKED, 0, payload),
    );
  }

  free() {
    this.#endpoint.free();
  }

  [Symbol.dispose]() {
    this.free();
  }
}

// A stream of bytes in and out (the seed's streaming module).
import {
  CLOSE_NORMAL,
  DEFAULT_MAX_FRAGMENTS,
  DEFAULT_MAX_MESSAGE_SIZE,
  FRAME_AS_IT_IS,
  FRAME_COMPRESS,
  FRAME_FIN,
  FRAME_FIRST,
  OPCODE_BINARY,
  OPCODE_TEXT,
  STREAM_ALWAYS_MASK,
  STREAM_EXPECT_MASKING,
  STREAM_FRAMES,
  STREAM_PARTIAL,
} from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { viewOf } from '../base/bytes.js';
import { StreamClosed } from '../base/exceptions.js';
import { encodeFor, headerFor, piecesFor, queueFor } from '../engine/encoding.js';
import * as engine from '../engine/instance.js';
import {
  freeStream,
  receiveFor,
  refresh,
  regionSize,
  wasm,
  writeInput,
} from '../engine/instance.js';
import { deflateOption, deflateParameters } from './deflate.js';
import { readEvents } from './events.js';
import { Inbox } from './inbox.js';
import {
  BinaryMessage,
  CloseControlMessage,
  PingControlMessage,
  PongControlMessage,
  prepared,
  TextMessage,
} from './messages.js';
import { UTF8_ACCEPT, UTF8_REJECT, validate } from './utf8-validator.js';

/** Streams that are forgotten without free() give their memory back. */
const forgotten = new FinalizationRegistry(
  (/** @type {import('./events.js').Reader} */ { handle }) => {
    if (handle !== FREED) freeStream(handle);
  },
);

/**
 * So much of a chunk is shown to the engine at first when it seems to hold large binary
 * messages that can stay there.
 */
const GLANCE = 1024;

/** What the engine can count beyond that: sizes there have 32 bits. */
const MAX_BEYOND = 2 ** 30;

/** No state of the automaton. */
const NOT_TEXT = -1;

/** No stream has this number. */
const FREED = -1;

const MAX_U32 = 0xffff_ffff;

/**
 * Tells a stream that a frame it made is not sent.
 * @type {(stream: Stream) => void}
 */
export let discard;

/**
 * Makes the frame of a message as `encode` does, and leaves it in the engine's queue; gives its
 * length, or undefined when there is no room for it. See js/engine/encoding.js.
 * @type {(stream: Stream, data: string | Uint8Array, compress?: boolean) => number | undefined}
 */
export let queueFrame;

/**
 * Makes the frame of a message as `encode` does, in pieces for a transport and nobody else. See
 * js/engine/encoding.js about `soon`.
 * @type {(stream: Stream, data: string | Uint8Array, compress: boolean | undefined, soon: boolean) => Uint8Array[]}
 */
export let framePieces;

/**
 * The header of a binary message of so many bytes that can follow it as they are, in place of
 * `encode`, or undefined when they cannot.
 * @type {(stream: Stream, length: number, compress?: boolean) => Uint8Array | undefined}
 */
export let plainHeader;

export class Stream {
  #alwaysMask;
  #expectMasking;
  /** What was agreed on of permessage-deflate. @type {number | undefined} */
  #deflate;
  /** @type {import('./events.js').Reader} */
  #reader;
  /** How the UTF-8 of the message being sent stands; -1 when it is binary. */
  #textState = NOT_TEXT;
  /** @type {Inbox | undefined} */
  #pulled;

  /** @param {import('../index.js').StreamOptions} [options] */
  constructor(options) {
    const given = check.options(options);
    const { role = 'server', partial = false, frames = false, ownsInput = false } = given;
    if (role !== 'server' && role !== 'client') {
      throw (typeof role === 'string' ? check.outOfRange : check.wrongType)(
        'role',
        role,
        "'server' or 'client'",
      );
    }
    const deflate = deflateOption(given.deflate);
    const { alwaysMask = role === 'client', expectMasking = role === 'server' } = given;
    const { maxMessageSize = DEFAULT_MAX_MESSAGE_SIZE } = given;
    const { maxFrameSize = maxMessageSize, maxFragments = DEFAULT_MAX_FRAGMENTS } = given;
    this.#alwaysMask = check.flag(alwaysMask, 'alwaysMask');
    this.#expectMasking = check.flag(expectMasking, 'expectMasking');
    this.#reader = {
      handle: FREED,
      text: undefined,
      binary: undefined,
      partial: check.flag(partial, 'partial'),
      skims: false,
      failed: false,
      owned: check.flag(ownsInput, 'ownsInput'),
      received: 0,
    };
    const rules =
      (this.#alwaysMask ? STREAM_ALWAYS_MASK : 0) |
      (this.#expectMasking ? STREAM_EXPECT_MASKING : 0) |
      (this.#reader.partial ? STREAM_PARTIAL : 0) |
      (check.flag(frames, 'frames') ? STREAM_FRAMES : 0);
    const messageLimit = check.limit(maxMessageSize, 'maxMessageSize', 0);
    refresh();
    this.#reader.handle = wasm.stream_new(
      rules,
      check.limit(maxFrameSize, 'maxFrameSize', 0),
      messageLimit,
      Math.min(check.limit(maxFragments, 'maxFragments', 1), MAX_U32),
    );
    forgotten.register(this, this.#reader);
    this.#deflate = deflate?.parameters;
    if (deflate) {
      const { parameters, level, memLevel, threshold } = deflate;
      const client = role === 'client';
      wasm.stream_set_deflate(
        this.#reader.handle,
        client,
        parameters,
        level,
        memLevel,
        threshold,
      );
    }
  }

  get deflate() {
    return deflateParameters(this.#deflate);
  }

  release() {
    wasm.stream_release(this.#live());
  }

  get alwaysMask() {
    return this.#alwaysMask;
  }

  set alwaysMask(mask) {
    if (!wasm.stream_set_always_mask(this.#live(), check.flag(mask, 'alwaysMask'))) {
      throw new TypeError('alwaysMask can be set until the first frame is sent');
    }
    this.#alwaysMask = mask;
  }

  get expectMasking() {
    return this.#expectMasking;
  }

  set expectMasking(expect) {
    if (!wasm.stream_set_expect_masking(this.#live(), check.flag(expect, 'expectMasking'))) {
      throw new TypeError('expectMasking can be set until the first bytes come');
    }
    this.#expectMasking = expect;
  }

  /** The handle of a stream that may be used. */
  #live() {
    const reader = this.#reader;
    if (reader.handle === FREED) throw new StreamClosed('the stream was freed');
    if (reader.failed) {
      wasm.stream_fail(reader.handle);
      reader.failed = false;
    }
    return reader.handle;
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {any[]}
   */
  receive(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const handle = this.#live();
    /** @type {any[]} */
    let events = [];
    let filled = 0;
    const reader = this.#reader;
    for (let at = 0; at < chunk.length; ) {
      const left = chunk.length - at;
      const size = Math.min(left, reader.skims ? GLANCE : regionSize);
      writeInput(size === chunk.length ? chunk : viewOf(chunk, at, at + size));
      let used = 0;
      while (used < size) {
        const beyond = Math.min(left - size, MAX_BEYOND);
        const count = receiveFor(handle, used, size - used, beyond);
        const taken = engine.status[0];
        reader.skims = false;
        // An array that has to grow costs as much as the events; and if it were another kind of
        // array for one event, V8 would be slow with both.
        if (filled === 0 && count > 0) events = new Array(count);
        filled = readEvents(reader, count, events, filled, chunk, at + used);
        used += taken;
      }
      at += used;
    }
    reader.received += chunk.length;
    // Setting the length would be a call out of compiled code.
    while (events.length > filled) events.pop();
    return events;
  }

  /** How many bytes complete what is under way, at least 1. */
  get wants() {
    return wasm.stream_wants(this.#live());
  }

  get bytesIgnored() {
    return wasm.stream_ignored(this.#live());
  }

  // Pull style, as in the seed.

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
    if (this.#reader.partial) {
      throw new TypeError(
        'partial is true; the parser needs a stream that delivers whole messages',
      );
    }
    const inbox = this.#inbox;
    for (const event of this.receive(bytes)) inbox.file(event);
    return wasm.stream_wants(this.#live());
  }

  /** @returns {Generator<number, void, Uint8Array | ArrayBuffer>} */
  *receiver() {
    for (;;) {
      const bytes = yield wasm.stream_wants(this.#live());
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
  close(code = CLOSE_NORMAL, reason = '') {
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
    return encodeFor(this.#live(), message.opcode, message.data);
  }

  /**
   * @param {string | Uint8Array | ArrayBuffer} data
   * @param {{ binary?: boolean, fin?: boolean, first?: boolean, compress?: boolean }} [options]
   * @returns {Uint8Array}
   */
  encode(data, options) {
    const isText = typeof data === 'string';
    const payload = isText ? data : check.bytes(data, 'data');
    if (options === undefined) {
      return encodeFor(
        this.#live(),
        (isText ? OPCODE_TEXT : OPCODE_BINARY) | FRAME_FIRST | FRAME_FIN,
        payload,
      );
    }
    const given = check.options(options);
    const { binary = !isText, fin = true, first = true, compress } = given;
    const begins = check.flag(first, 'first');
    const ends = check.flag(fin, 'fin');
    // What a message is, its first frame says.
    const asText = !check.flag(binary, 'binary');
    const sendsText = begins ? asText : this.#textState !== NOT_TEXT;
    const state = begins ? UTF8_ACCEPT : this.#textState;
    const next = sendsText ? checkText(state, payload, ends) : UTF8_ACCEPT;
    const opcode = sendsText ? OPCODE_TEXT : OPCODE_BINARY;
    const place = (begins ? FRAME_FIRST : 0) | (ends ? FRAME_FIN : 0);
    // Reading the options may have run code of the user's, which may have freed this.
    const frame = encodeFor(this.#live(), opcode | place | choice(compress), payload);
    this.#textState = sendsText ? next : NOT_TEXT;
    return frame;
  }

  static {
    discard = (stream) => wasm.stream_discard(stream.#live());
    queueFrame = (stream, data, compress) =>
      queueFor(stream.#live(), wholeFrame(data, compress), data);
    framePieces = (stream, data, compress, soon) =>
      piecesFor(stream.#live(), wholeFrame(data, compress), data, soon);
    plainHeader = (stream, length, compress) => {
      if (stream.#alwaysMask) return undefined;
      const frame = OPCODE_BINARY | FRAME_FIRST | FRAME_FIN | choice(compress);
      return headerFor(stream.#live(), frame, length);
    };
  }

  /**
   * @param {string | Uint8Array | ArrayBuffer} data
   * @returns {Uint8Array}
   */
  prepare(data) {
    const payload = typeof data === 'string' ? data : check.bytes(data, 'data');
    this.checkSendable();
    const message =
      typeof payload === 'string' ? new TextMessage(payload) : new BinaryMessage(payload);
    return prepared(message.single());
  }

  free() {
    const reader = this.#reader;
    if (reader.handle === FREED) return;
    freeStream(reader.handle);
    reader.handle = FREED;
    reader.text = undefined;
    reader.binary = undefined;
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/**
 * What the engine is told of a message in one frame.
 * @param {string | Uint8Array} data
 * @param {unknown} compress
 */
function wholeFrame(data, compress) {
  return (
    (typeof data === 'string' ? OPCODE_TEXT : OPCODE_BINARY) |
    FRAME_FIRST |
    FRAME_FIN |
    choice(compress)
  );
}

/**
 * Whether a message is compressed, when that is not left to the engine.
 * @param {unknown} compress
 */
function choice(compress) {
  if (compress === undefined) return 0;
  return check.flag(compress, 'compress') ? FRAME_COMPRESS : FRAME_AS_IT_IS;
}

/**
 * Text may be given as bytes, and a fragment of it may end inside a character; the message
 * as a whole must be UTF-8 (RFC 6455 section 8.1).
 * @param {number} state the automaton's, before
 * @param {string | Uint8Array} payload
 * @param {boolean} fin
 * @returns {number} the automaton's state, after
 */
function checkText(state, payload, fin) {
  if (typeof payload === 'string') {
    if (state === UTF8_ACCEPT) return state;
    throw new RangeError('data is a string inside a character that the last fragment began');
  }
  const [next, index] = validate(state, payload);
  if (next === UTF8_REJECT) {
    throw new RangeError(
      `data is not UTF-8 at byte ${index}; text must be, or pass binary: true`,
    );
  }
  if (fin && next !== UTF8_ACCEPT) {
    throw new RangeError('data ends inside a character; a text message must be whole UTF-8');
  }
  return next;
}

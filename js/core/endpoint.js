// One end of a connection, as the engine knows it: which instance it lives in, by what number, and
// what JavaScript keeps of a message between two inputs. The public class over it is Stream;
// connections use it as it is.
import {
  DEFAULT_MAX_FRAGMENTS,
  DEFAULT_MAX_MESSAGE_SIZE,
  FRAME_AS_IT_IS,
  FRAME_COMPRESS,
  FRAME_FIN,
  FRAME_FIRST,
  STREAM_ALWAYS_MASK,
  STREAM_EXPECT_MASKING,
  STREAM_FRAMES,
  STREAM_PARTIAL,
  STREAM_TEXT_BYTES,
} from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { viewOf } from '../base/bytes.js';
import { StreamClosed } from '../base/exceptions.js';
import { judged, STREAM } from '../base/options.js';
import { encodeFor } from '../engine/encoding.js';
import {
  create,
  current,
  HEADER,
  receiveFor,
  regionSize,
  status,
  wantsOf,
  wasm,
  writeInput,
} from '../engine/instance.js';
import { BinaryCollector } from './binary.js';
import { Held } from './blocks.js';
import { deflateOption } from './deflate.js';
import { readEvents } from './events.js';
import { OPCODE_BINARY, OPCODE_TEXT } from './messages.js';
import { FEW, GLANCE, HELD, HELD_PIECES, STEP } from './thresholds.js';
import { UTF8_ACCEPT, UTF8_REJECT, validate } from './utf8-validator.js';

export { retirements } from '../engine/instance.js';

/** What the engine can count beyond what it is shown: sizes there have 32 bits. */
const MAX_BEYOND = 2 ** 30;

const MAX_U32 = 0xffff_ffff;

/** No state of the automaton. */
const NOT_TEXT = -1;

/** Text of so many bytes is first looked at here: a call of the engine takes longer. */
const SHORT_TEXT = 64;

/** @param {Uint8Array} bytes */
function isAscii(bytes) {
  let all = 0;
  for (let i = 0; i < bytes.length; i++) all |= bytes[i];
  return all < 0x80;
}

/** The instance of what was freed. */
const FREED = null;

export class Endpoint {
  /** @type {typeof current | FREED} */
  engine;
  handle;
  /**
   * What has come of a message in pieces.
   * @type {import('./text.js').TextCollector | import('./binary.js').BinaryCollector | undefined}
   */
  collector;
  /** Large binary messages seem to come, which can stay in the chunk. */
  skims = false;
  owned;
  /** The peer broke a rule, and an answer to what came before that may still go out. */
  failing = false;
  /** Bytes so far. */
  received = 0;
  /** Bits of the engine's `stream_new`. */
  rules;
  /** The longest message that may come, in bytes. @type {number} */
  maxMessageSize;
  /** What was agreed on of permessage-deflate. @type {number | undefined} */
  deflate;
  /** How the UTF-8 of the message being sent stands, unless it is binary. */
  #textState = NOT_TEXT;

  /** @param {import('../index.js').StreamOptions} [options] */
  constructor(options) {
    const given = judged(options, STREAM, 'Stream');
    const { role = 'server', partial = false, frames = false, ownsInput = false } = given;
    const { text = 'string' } = given;
    const deflate = deflateOption(given.deflate);
    const { alwaysMask = role === 'client', expectMasking = role === 'server' } = given;
    const { maxMessageSize = DEFAULT_MAX_MESSAGE_SIZE } = given;
    const { maxFrameSize = maxMessageSize, maxFragments = DEFAULT_MAX_FRAGMENTS } = given;
    this.owned = ownsInput;
    this.maxMessageSize = /** @type {number} */ (maxMessageSize);
    this.rules =
      (alwaysMask ? STREAM_ALWAYS_MASK : 0) |
      (expectMasking ? STREAM_EXPECT_MASKING : 0) |
      (partial ? STREAM_PARTIAL : 0) |
      (frames ? STREAM_FRAMES : 0) |
      (text === 'bytes' ? STREAM_TEXT_BYTES : 0);
    this.deflate = deflate?.parameters;
    this.handle = create(() => {
      const handle = wasm.stream_new(
        this.rules,
        maxFrameSize,
        maxMessageSize,
        Math.min(/** @type {number} */ (maxFragments), MAX_U32),
      );
      if (!deflate) return handle;
      const { parameters, level, memLevel, threshold } = deflate;
      const client = role === 'client';
      wasm.stream_set_deflate(handle, client, parameters, level, memLevel, threshold);
      return handle;
    });
    this.engine = current;
  }

  get alwaysMask() {
    return (this.rules & STREAM_ALWAYS_MASK) !== 0;
  }

  set alwaysMask(mask) {
    if (!wasm.stream_set_always_mask(this.live(), check.flag(mask, 'alwaysMask'))) {
      throw new TypeError('alwaysMask can be set until the first frame is sent');
    }
    this.rules = (this.rules & ~STREAM_ALWAYS_MASK) | (mask ? STREAM_ALWAYS_MASK : 0);
  }

  get expectMasking() {
    return (this.rules & STREAM_EXPECT_MASKING) !== 0;
  }

  set expectMasking(expect) {
    if (!wasm.stream_set_expect_masking(this.live(), check.flag(expect, 'expectMasking'))) {
      throw new TypeError('expectMasking can be set until the first bytes come');
    }
    this.rules = (this.rules & ~STREAM_EXPECT_MASKING) | (expect ? STREAM_EXPECT_MASKING : 0);
  }

  /** Whether it gives pieces of messages as they come. */
  get partial() {
    return (this.rules & STREAM_PARTIAL) !== 0;
  }

  /** Whether text is given as its bytes. */
  get textBytes() {
    return (this.rules & STREAM_TEXT_BYTES) !== 0;
  }

  /** The handle of an endpoint that may be used. */
  live() {
    if (this.engine !== current) throw this.#gone();
    return this.handle;
  }

  /** Why it may not be used. */
  #gone() {
    return this.engine?.stopped ?? new StreamClosed('the stream was freed');
  }

  /**
   * @param {Uint8Array} chunk
   * @returns {any[]}
   */
  receive(chunk) {
    const handle = this.live();
    const { collector } = this;
    if (collector?.held !== undefined) {
      const { held } = collector;
      if (chunk.length <= FEW && chunk.length <= held.left) {
        held.hold(chunk);
        return [];
      }
      // What comes now is too much, or may end the frame.
      collector.held = undefined;
      if (held.length > 0) this.#decode(handle, held.take());
    }
    const events = this.#decode(handle, chunk);
    if (this.collector !== undefined && chunk.length <= FEW) this.#mayHold(chunk.length);
    return events;
  }

  /**
   * @param {number} handle
   * @param {Uint8Array} chunk
   */
  #decode(handle, chunk) {
    /** @type {any[]} */
    let events = [];
    let filled = 0;
    for (let at = 0; at < chunk.length; ) {
      const left = chunk.length - at;
      const size = Math.min(left, this.skims ? GLANCE : regionSize);
      writeInput(size === chunk.length ? chunk : viewOf(chunk, at, at + size));
      let used = 0;
      while (used < size) {
        const beyond = Math.min(left - size, MAX_BEYOND);
        const count = receiveFor(handle, used, size - used, beyond);
        const taken = status[0];
        this.skims = false;
        // An array that has to grow costs as much as the events; and if it were another kind of
        // array for one event, V8 would be slow with both.
        if (filled === 0 && count > 0) events = new Array(count);
        filled = readEvents(this, count, events, filled, chunk, at + used);
        used += taken;
      }
      at += used;
    }
    this.received += chunk.length;
    // Setting the length would be a call out of compiled code.
    while (events.length > filled) events.pop();
    return events;
  }

  /**
   * Holds what comes next, if nothing can come of it: neither an event nor a fault. Text is judged
   * byte by byte, and a header as soon as it can be.
   * @param {number} length of the last piece
   */
  #mayHold(length) {
    const { collector } = this;
    if (!(collector instanceof BinaryCollector) || collector.ends || this.textBytes) return;
    if (this.partial || this.deflate !== undefined) return;
    const wants = wantsOf(this.handle);
    if (wants <= HEADER || wants < HELD_PIECES * length) {
      collector.ends = true;
      return;
    }
    collector.held = new Held(Math.min(wants - 1, HELD));
  }

  /** How many bytes complete what is under way, at least 1. */
  get wants() {
    return wantsOf(this.live()) - (this.collector?.held?.length ?? 0);
  }

  /**
   * Decodes a part of a chunk, for compressed input, which may become far more than it is: what
   * comes of one call is a region's worth at most, beside the end of a message under way.
   * @param {Uint8Array} chunk given again, whole, until all of it is decoded
   * @param {number} at where to go on
   * @param {any[]} events what came is added
   * @returns {number} where to go on next
   */
  receiveSome(chunk, at, events) {
    const handle = this.live();
    const size = Math.min(chunk.length - at, STEP);
    writeInput(viewOf(chunk, at, at + size));
    const count = receiveFor(handle, 0, size, 0);
    const next = at + status[0];
    readEvents(this, count, events, events.length, chunk, at);
    if (next === chunk.length) this.received += chunk.length;
    return next;
  }

  /**
   * Nothing but a close frame may be sent once the peer has broken a rule (RFC 6455 section 7.1.7).
   * What came before the fault can be answered, although it may have come in the same bytes: until
   * the next bytes are given.
   */
  fail() {
    wasm.stream_fail(this.live());
    this.failing = false;
  }

  /**
   * @param {string | Uint8Array} payload
   * @param {import('../index.js').EncodeOptions} [options]
   * @returns {Uint8Array<ArrayBuffer>} the frame
   */
  encode(payload, options) {
    if (options === undefined) return encodeFor(this, wholeMessage(payload), payload);
    const state = this.#textState;
    // Reading the options may run code of the user's, which may free this.
    const frame = this.judge(payload, options);
    try {
      return encodeFor(this, frame, payload);
    } catch (error) {
      this.#textState = state;
      throw error;
    }
  }

  /**
   * What the engine is told of the next data frame. Text may be given as bytes, and a fragment of
   * it may end inside a character; the message as a whole must be UTF-8 (RFC 6455 section 8.1).
   * @param {string | Uint8Array} payload
   * @param {import('../index.js').EncodeOptions} options
   */
  judge(payload, options) {
    const given = check.options(options);
    const { binary = typeof payload !== 'string', fin = true, first = true, compress } = given;
    const begins = check.flag(first, 'first');
    const ends = check.flag(fin, 'fin');
    // What a message is, its first frame says.
    const asText = !check.flag(binary, 'binary');
    const sendsText = begins ? asText : this.#textState !== NOT_TEXT;
    const place = (begins ? FRAME_FIRST : 0) | (ends ? FRAME_FIN : 0);
    const frame = (sendsText ? OPCODE_TEXT : OPCODE_BINARY) | place | choice(compress);
    const state = begins ? UTF8_ACCEPT : this.#textState;
    this.#textState = sendsText ? checkText(state, payload, ends) : NOT_TEXT;
    return frame;
  }

  /** As it is printed. */
  get state() {
    if (this.engine === FREED) return { freed: true };
    if (this.engine?.stopped) return { stopped: true };
    const { alwaysMask, expectMasking, deflate, wants } = this;
    const received = this.received + (this.collector?.held?.length ?? 0);
    return { alwaysMask, expectMasking, deflate: deflate !== undefined, received, wants };
  }

  /** Gives its memory back; a retired engine has nothing to give back to. */
  free() {
    const { engine, handle } = this;
    this.engine = FREED;
    this.collector = undefined;
    if (engine === FREED || engine !== current) return;
    try {
      wasm.stream_free(handle);
    } catch (error) {
      // That ends the engine, and is told by what needs it.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
  }
}

/**
 * What the engine is told of a message in one frame.
 * @param {string | Uint8Array} payload
 */
export const wholeMessage = (payload) =>
  (typeof payload === 'string' ? OPCODE_TEXT : OPCODE_BINARY) | FRAME_FIRST | FRAME_FIN;

/**
 * Whether a message is compressed, when that is not left to the engine.
 * @param {unknown} compress
 */
export function choice(compress) {
  if (compress === undefined) return 0;
  return check.flag(compress, 'compress') ? FRAME_COMPRESS : FRAME_AS_IT_IS;
}

/**
 * @param {number} state the automaton's, before
 * @param {string | Uint8Array} payload
 * @param {boolean} fin
 * @returns {number} the automaton's state, after
 */
export function checkText(state, payload, fin) {
  if (typeof payload === 'string') {
    if (state === UTF8_ACCEPT) return state;
    throw new RangeError('data is a string inside a character that the last fragment began');
  }
  if (state === UTF8_ACCEPT && payload.length <= SHORT_TEXT && isAscii(payload)) return state;
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

// From the engine's records to the events of the public API. No user code runs in here, and
// nothing of the engine's memory is pointed to by what comes out.
import { memoryOf, OwnBytes, startOf, utf8Text, viewOf } from '../base/bytes.js';
import { records, takeException } from '../engine/instance.js';
import { arenaBytes, arenaText, arenaView } from '../engine/regions.js';
import { binaryEvent, bytes, fills, stays } from './binary.js';
import {
  BinaryMessage,
  CloseControlMessage,
  NO_STATUS,
  PingControlMessage,
  PongControlMessage,
  received,
  receivedClose,
  receivedUtf8,
  TextMessage,
} from './messages.js';
import {
  ASCII,
  CLOSE,
  CLOSE_CODE,
  DATA,
  FIRST,
  FRAME,
  FRAME_KEY,
  FRAME_LENGTH_HIGH,
  INPUT,
  LAST,
  LENGTH,
  OFFSET,
  PING,
  PONG,
  RUN_END,
  TEXT,
  WHOLE,
  WHOLE_TEXT_BYTES,
  WORDS,
} from './records.js';
import { text, textEvent } from './text.js';
import { KEPT_PIECE } from './thresholds.js';

/**
 * One of each is kept. When a full collection finds no object of a shape alive, V8 throws the
 * optimised code away that was made for it, and events live short.
 */
export const examples = [
  received(new TextMessage('a text that is long enough to be cut'.substring(2))),
  received(new BinaryMessage(new Uint8Array(1))),
  received(new PingControlMessage('')),
  received(new PongControlMessage('')),
];

const WHOLE_ASCII = TEXT | WHOLE | ASCII;
const WHOLE_INPUT = WHOLE | INPUT;

/** @typedef {import('./endpoint.js').Endpoint} Reader the endpoint that receives */

/**
 * Puts the events of `count` records into `events`, from `filled` on; returns where it ends.
 * @param {Reader} reader
 * @param {number} count
 * @param {any[]} events
 * @param {number} filled
 * @param {Uint8Array} chunk the user's bytes
 * @param {number} at where in them the decoded input began
 */
export function readEvents(reader, count, events, filled, chunk, at) {
  // None of these changes in here; the loop is the hottest there is, and numbers that are kept
  // to 32 bits are the fastest.
  const table = records;
  const Text = TextMessage;
  const Binary = BinaryMessage;
  const complete = received;
  const whole = !reader.partial;
  const wholeBytes = reader.textBytes ? WHOLE_TEXT_BYTES : WHOLE;
  // Whole messages that stand together in the arena leave it together, as far as the engine says
  // (`mark_runs` in src/wasm/stream.rs): texts as one string, bytes as one piece of memory.
  let runText = '';
  let textStart = 0;
  let textEnd = -1;
  /** @type {ArrayBuffer | undefined} */
  let slab;
  let slabShift = 0;
  let slabEnd = -1;
  let memory;
  let shift = 0;
  for (let i = 0, word = 0; i < count; i++, word += WORDS) {
    const tag = table[word];
    if (tag === WHOLE_ASCII && whole) {
      const start = table[word + OFFSET];
      const end = (start + table[word + LENGTH]) | 0;
      if (end > textEnd) {
        textStart = start;
        textEnd = table[word + RUN_END];
        runText = arenaText(start, textEnd - start);
      }
      const text = runText.substring((start - textStart) | 0, (end - textStart) | 0);
      events[filled++] = complete(new Text(text));
      continue;
    }
    if ((tag === WHOLE || tag === wholeBytes) && whole) {
      const start = table[word + OFFSET];
      const length = table[word + LENGTH];
      if (reader.owned && (count === 1 ? fills(length, chunk) : length >= KEPT_PIECE)) {
        const data = bytes(reader, word, chunk, at);
        // The engine has to see all of a text.
        if (tag === WHOLE && length >= KEPT_PIECE) reader.skims = true;
        events[filled++] = tag === WHOLE ? complete(new Binary(data)) : receivedUtf8(data);
        continue;
      }
      if (((start + length) | 0) > slabEnd) {
        slabEnd = table[word + RUN_END];
        const run = arenaBytes(reader, start, slabEnd - start);
        slab = memoryOf(run);
        slabShift = (startOf(run) - start) | 0;
      }
      const data = new OwnBytes(
        /** @type {ArrayBuffer} */ (slab),
        (slabShift + start) | 0,
        length,
      );
      events[filled++] = tag === WHOLE ? complete(new Binary(data)) : receivedUtf8(data);
      continue;
    }
    if (tag === WHOLE_INPUT && whole) {
      if (memory === undefined) {
        memory = memoryOf(chunk);
        shift = startOf(chunk) + at;
      }
      const length = table[word + LENGTH];
      if (length >= KEPT_PIECE) reader.skims = true;
      const data = new OwnBytes(memory, shift + table[word + OFFSET], length);
      events[filled++] = complete(new Binary(data));
      continue;
    }
    const event = other(reader, tag, word, i + 1 === count, chunk, at);
    if (event) events[filled++] = event;
  }
  return filled;
}

/**
 * The event of a record that is not the common one, if it makes one.
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 * @param {boolean} last it is the last of the batch
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function other(reader, tag, word, last, chunk, at) {
  const kind = tag & 255;
  if (kind === FRAME) return frameEvent(reader, tag, word, at);
  if (kind !== DATA) return control(reader, kind, word);
  const long = records[word + LENGTH] >= KEPT_PIECE;
  if (long && (tag & TEXT) === 0 && stays(reader, word)) reader.skims = true;
  if (reader.partial) return fragment(reader, tag, word, chunk, at);
  return tag & TEXT && !reader.textBytes
    ? textEvent(reader, tag, word)
    : binaryEvent(reader, tag, word, last, chunk, at);
}

/**
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function fragment(reader, tag, word, chunk, at) {
  const isText = (tag & TEXT) !== 0;
  return {
    type: 'fragment',
    kind: isText ? 'text' : 'binary',
    data:
      isText && !reader.textBytes
        ? text(tag, records[word + OFFSET], records[word + LENGTH])
        : bytes(reader, word, chunk, at),
    first: (tag & FIRST) !== 0,
    last: (tag & LAST) !== 0,
  };
}

/**
 * @param {Reader} reader
 * @param {number} kind
 * @param {number} word
 */
function control(reader, kind, word) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if (kind === PING)
    return received(new PingControlMessage(arenaBytes(reader, offset, length)));
  if (kind === PONG)
    return received(new PongControlMessage(arenaBytes(reader, offset, length)));
  if (kind === CLOSE) {
    const code = records[word + CLOSE_CODE];
    const reason = utf8Text(arenaView(offset, length));
    // The payload as it came, code and all, so that an answer need not be made anew.
    const head = code === NO_STATUS ? 0 : 2;
    return receivedClose(code, reason, arenaBytes(reader, offset - head, head + length));
  }
  // What was unfinished stays so.
  reader.collector = undefined;
  reader.failing = true;
  const error = takeException();
  return { type: 'error', error, close: new CloseControlMessage(error.code, error.message) };
}

/**
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 * @param {number} at
 */
function frameEvent(reader, tag, word, at) {
  const b0 = (tag >> 16) & 255;
  const masked = tag >>> 31 === 1;
  const key = records[word + FRAME_KEY];
  return {
    type: 'frame',
    offset: reader.received + at + records[word + OFFSET],
    headerLength: (tag >> 8) & 255,
    fin: (b0 & 0x80) !== 0,
    rsv1: (b0 & 0x40) !== 0,
    rsv2: (b0 & 0x20) !== 0,
    rsv3: (b0 & 0x10) !== 0,
    opcode: b0 & 15,
    masked,
    maskingKey: masked ? keyBytes(key) : undefined,
    payloadLength:
      (records[word + FRAME_LENGTH_HIGH] >>> 0) * 2 ** 32 + (records[word + LENGTH] >>> 0),
  };
}

/** @param {number} key little-endian */
function keyBytes(key) {
  return viewOf(Uint8Array.of(key, key >> 8, key >> 16, key >> 24), 0, 4);
}

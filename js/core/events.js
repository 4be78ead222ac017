// From the engine's records to the events of the public API. No user code runs in here, and
// nothing of the engine's memory is pointed to by what comes out.
import {
  ASCII,
  CLOSE_CODE,
  CLOSE_NO_STATUS,
  DATA_KEY,
  DATA_RUN_END,
  DATA_SOURCE,
  FIRST,
  FRAME_KEY,
  FRAME_LENGTH_HIGH,
  INPUT,
  KIND_CLOSE,
  KIND_DATA,
  KIND_FRAME,
  KIND_PING,
  KIND_PONG,
  LAST,
  MASKED,
  RECORD_LENGTH,
  RECORD_OFFSET,
  RECORD_WORDS,
  TEXT,
  UTF16,
} from '../../pkg/contract.js';
import { allocate, memoryOf, OwnBytes, put, startOf, utf8Text, viewOf } from '../base/bytes.js';
import {
  arenaBytes,
  arenaText,
  arenaView,
  HEADER,
  maskInto,
  maskPieces,
  records,
  takeException,
  wasm,
  wideText,
} from '../engine/instance.js';
import { BinaryCollector, TextCollector } from './collectors.js';
import {
  BinaryMessage,
  CloseControlMessage,
  PingControlMessage,
  PongControlMessage,
  received,
  TextMessage,
} from './messages.js';

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

// Names of this module are folded where they are used; imported ones are loaded each time.
const WORDS = RECORD_WORDS;
const OFFSET = RECORD_OFFSET;
const LENGTH = RECORD_LENGTH;
const RUN_END = DATA_RUN_END;
const WHOLE = FIRST | LAST;
const WHOLE_ASCII = TEXT | WHOLE | ASCII;
const WHOLE_INPUT = WHOLE | INPUT;

/** The beginning of a text is a string of its own when it is at least this long. */
const HALF = 64;

/** Binary messages up to this length get memory for all of it before all has come. */
const SMALL = 32 * 1024;

/** Pieces of binary messages at least this long are kept as they are. */
const LARGE_PIECE = 4096;

/**
 * What collects a message between two inputs, and what one stream wants to see.
 * @typedef {{
 *   handle: number,
 *   text: TextCollector | undefined,
 *   binary: BinaryCollector | undefined,
 *   partial: boolean,
 *   skims: boolean,
 *   owned: boolean,
 *   failed: boolean,
 *   received: number,
 * }} Reader
 */

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
    if (tag === WHOLE && whole) {
      const start = table[word + OFFSET];
      const length = table[word + LENGTH];
      if (reader.owned && length >= LARGE_PIECE) {
        reader.skims = true;
        events[filled++] = complete(new Binary(bytes(reader, word, chunk, at)));
        continue;
      }
      if (((start + length) | 0) > slabEnd) {
        slabEnd = table[word + RUN_END];
        const run = arenaBytes(start, slabEnd - start);
        slab = memoryOf(run);
        slabShift = (startOf(run) - start) | 0;
      }
      const data = new OwnBytes(
        /** @type {ArrayBuffer} */ (slab),
        (slabShift + start) | 0,
        length,
      );
      events[filled++] = complete(new Binary(data));
      continue;
    }
    if (tag === WHOLE_INPUT && whole) {
      if (memory === undefined) {
        memory = memoryOf(chunk);
        shift = startOf(chunk) + at;
      }
      const length = table[word + LENGTH];
      if (length >= LARGE_PIECE) reader.skims = true;
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
  if (kind === KIND_FRAME) return frameEvent(reader, tag, word, at);
  if (kind !== KIND_DATA) return control(reader, kind, word);
  if (stays(reader, word) && records[word + LENGTH] >= LARGE_PIECE) reader.skims = true;
  if (reader.partial) return fragment(reader, tag, word, chunk, at);
  return tag & TEXT
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
    data: isText
      ? text(tag, records[word + OFFSET], records[word + LENGTH])
      : bytes(reader, word, chunk, at),
    first: (tag & FIRST) !== 0,
    last: (tag & LAST) !== 0,
  };
}

/**
 * A text message, if this ends one.
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 */
function textEvent(reader, tag, word) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if ((tag & WHOLE) === WHOLE) return received(new TextMessage(text(tag, offset, length)));
  reader.text ??= new TextCollector();
  // A long piece of UTF-16 is decoded where it is; a short one waits until a block is full. ASCII
  // waits, too, but when it is one half of a message that was cut in two: that is soon done.
  const half = (tag & FIRST) !== 0 ? length >= HALF : (tag & LAST) !== 0 && reader.text.settled;
  if (tag & UTF16 || (tag & ASCII && half && length < LARGE_PIECE)) {
    reader.text.addText(text(tag, offset, length));
  } else if (length) {
    reader.text.addBytes(arenaView(offset, length), (tag & ASCII) !== 0);
  }
  if ((tag & LAST) === 0) return undefined;
  const whole = reader.text.finish();
  reader.text = undefined;
  return received(new TextMessage(whole));
}

/**
 * A binary message, if this ends one.
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 * @param {boolean} last
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function binaryEvent(reader, tag, word, last, chunk, at) {
  if ((tag & WHOLE) === WHOLE) {
    return received(new BinaryMessage(bytes(reader, word, chunk, at)));
  }
  if (!reader.binary) {
    reader.binary = new BinaryCollector();
    const length = records[word + LENGTH];
    // When nothing came after it, this is how much of the frame is to come; or else of a header.
    const rest = last && length >= LARGE_PIECE ? wasm.stream_wants(reader.handle) : 0;
    if (rest > HEADER && (rest <= length || length + rest <= SMALL)) {
      reader.binary.expect(length + rest);
    }
  }
  collect(reader.binary, reader, word, chunk, at);
  if ((tag & LAST) === 0) return undefined;
  const whole = reader.binary.finish();
  reader.binary = undefined;
  return received(new BinaryMessage(whole));
}

/**
 * Whether bytes can stay where they are in the chunk: they were not masked, or may be unmasked
 * there. What was inflated lay nowhere.
 * @param {Reader} reader
 * @param {number} word
 */
function stays(reader, word) {
  const tag = records[word];
  if (tag & INPUT) return reader.owned || (tag & MASKED) === 0;
  return reader.owned && (tag & TEXT) === 0 && records[word + DATA_SOURCE] !== 0;
}

/**
 * @param {BinaryCollector} collector
 * @param {Reader} reader
 * @param {number} word
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function collect(collector, reader, word, chunk, at) {
  const tag = records[word];
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  // The caller's own memory is held only when the piece is most of it.
  if (
    stays(reader, word) &&
    length >= LARGE_PIECE &&
    4 * length >= 3 * memoryOf(chunk).byteLength
  ) {
    collector.keep(bytes(reader, word, chunk, at));
    return;
  }
  if ((tag & INPUT) === 0) {
    collector.add(arenaView(offset, length));
    return;
  }
  const payload = viewOf(chunk, at + offset, at + offset + length);
  if (tag & MASKED) {
    wasm.mask_with(records[word + DATA_KEY]);
    maskPieces(payload, (piece) => collector.add(piece));
  } else {
    collector.add(payload);
  }
}

/**
 * @param {number} tag
 * @param {number} offset
 * @param {number} length
 */
function text(tag, offset, length) {
  if (length === 0) return '';
  if (tag & UTF16) return wideText(offset, length);
  return tag & ASCII ? arenaText(offset, length) : utf8Text(arenaView(offset, length));
}

/**
 * Bytes for the user: where they lie in the chunk, if they can stay there, else copied out.
 * @param {Reader} reader
 * @param {number} word
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function bytes(reader, word, chunk, at) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if (records[word] & INPUT) {
    const payload = viewOf(chunk, at + offset, at + offset + length);
    if ((records[word] & MASKED) === 0) return payload;
    const out = reader.owned ? payload : allocate(length);
    wasm.mask_with(records[word + DATA_KEY]);
    maskInto(payload, out, 0);
    return out;
  }
  if (!stays(reader, word) || length < LARGE_PIECE) return arenaBytes(offset, length);
  const start = at + records[word + DATA_SOURCE] - 1;
  put(chunk, arenaView(offset, length), start);
  return viewOf(chunk, start, start + length);
}

/**
 * @param {Reader} reader
 * @param {number} kind
 * @param {number} word
 */
function control(reader, kind, word) {
  const offset = records[word + OFFSET];
  const length = records[word + LENGTH];
  if (kind === KIND_PING) return received(new PingControlMessage(arenaBytes(offset, length)));
  if (kind === KIND_PONG) return received(new PongControlMessage(arenaBytes(offset, length)));
  if (kind === KIND_CLOSE) {
    const code = records[word + CLOSE_CODE];
    const reason = utf8Text(arenaView(offset, length));
    // RFC 6455 section 7.1.5.
    return received(new CloseControlMessage(code === CLOSE_NO_STATUS ? null : code, reason));
  }
  // What was unfinished stays so.
  reader.text = undefined;
  reader.binary = undefined;
  const error = takeException();
  return {
    /**
     * Nothing may be sent once this is known (RFC 6455 section 7.1.7). What came before it is
     * answered first, although it may have come in the same bytes.
     */
    get type() {
      reader.failed = true;
      return 'error';
    },
    error,
    close: new CloseControlMessage(error.code, error.message),
  };
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

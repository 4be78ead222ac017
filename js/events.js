// From the engine's records to the events of the public API. No user code runs in here, and
// nothing of the engine's memory is pointed to by what comes out.
import { BinaryCollector, TextCollector } from './collector.js';
import {
  arenaBytes,
  arenaView,
  asciiText,
  records,
  takeException,
  utf8Text,
  viewOf,
  wideText,
  windowSize,
} from './engine.js';
import {
  BinaryMessage,
  CloseControlMessage,
  PingControlMessage,
  PongControlMessage,
  received,
  TextMessage,
} from './messages.js';

/** Words of a record; see `Record` in src/stream/batch.rs. */
const WORDS = 5;

// Kind in the lowest byte of the first word, flags in the next.
const DATA = 0;
const CLOSE = 1;
const PING = 2;
const PONG = 3;
const FRAME = 4;
const TEXT = 1 << 8;
const FIRST = 2 << 8;
const LAST = 4 << 8;
const ASCII = 8 << 8;
const INPUT = 16 << 8;
const UTF16 = 32 << 8;
const WHOLE = FIRST | LAST;
const WHOLE_ASCII = TEXT | WHOLE | ASCII;

/** Pieces of binary messages at least this long are kept as they are. */
const LARGE_PIECE = 4096;

/**
 * A run of ASCII texts that were decoded at once; each text is cut out of it. A cut string
 * keeps the whole run alive, so the run is short: that bounds what one kept message can hold.
 */
let windowText = '';
let windowStart = 0;
let windowEnd = 0;

/**
 * Decodes the ASCII texts that stand together from record `index` on.
 * @param {number} index
 * @param {number} count
 */
function openWindow(index, count) {
  let at = index * WORDS;
  windowStart = records[at + 1];
  windowEnd = windowStart + records[at + 2];
  for (let next = index + 1; next < count; next++) {
    at += WORDS;
    const end = windowEnd + records[at + 2];
    const joins = records[at] === WHOLE_ASCII && records[at + 1] === windowEnd;
    if (!joins || end - windowStart > windowSize) break;
    windowEnd = end;
  }
  windowText = asciiText(windowStart, windowEnd - windowStart);
}

/**
 * What collects a message between two inputs, and what one stream wants to see.
 * @typedef {{
 *   text: TextCollector | undefined,
 *   binary: BinaryCollector | undefined,
 *   partial: boolean,
 *   received: number,
 * }} Reader
 */

/**
 * Appends the events of `count` records.
 * @param {Reader} reader
 * @param {number} count
 * @param {any[]} events
 * @param {Uint8Array} chunk the user's bytes
 * @param {number} at where in them the decoded input began
 */
export function readEvents(reader, count, events, chunk, at) {
  // The arena begins anew with every call.
  windowEnd = 0;
  // Neither changes in here; the loop is the hottest there is.
  const table = records;
  const whole = !reader.partial;
  for (let i = 0, word = 0; i < count; i++, word += WORDS) {
    const tag = table[word];
    if (tag === WHOLE_ASCII && whole) {
      const start = table[word + 1];
      const end = start + table[word + 2];
      if (end > windowEnd) openWindow(i, count);
      const text = windowText.substring(start - windowStart, end - windowStart);
      events.push(received(new TextMessage(text)));
      continue;
    }
    const kind = tag & 255;
    if (kind === DATA) {
      data(reader, tag, word, events, chunk, at);
    } else if (kind === FRAME) {
      events.push(frameEvent(reader, tag, word, at));
    } else {
      events.push(control(kind, word));
    }
  }
}

/**
 * A text or binary message, or a piece of one.
 * @param {Reader} reader
 * @param {number} tag
 * @param {number} word
 * @param {any[]} events
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function data(reader, tag, word, events, chunk, at) {
  const offset = records[word + 1];
  const length = records[word + 2];
  if (reader.partial) {
    const isText = (tag & TEXT) !== 0;
    events.push({
      type: 'fragment',
      kind: isText ? 'text' : 'binary',
      data: isText ? text(tag, offset, length) : bytes(tag, offset, length, chunk, at),
      first: (tag & FIRST) !== 0,
      last: (tag & LAST) !== 0,
    });
  } else if (tag & TEXT) {
    if ((tag & WHOLE) === WHOLE) {
      events.push(received(new TextMessage(text(tag, offset, length))));
      return;
    }
    reader.text ??= new TextCollector();
    // A long piece is decoded where it is; a short one waits until a block is full.
    if (tag & UTF16 || (tag & ASCII && length >= LARGE_PIECE)) {
      reader.text.addText(text(tag, offset, length));
    } else if (length) {
      reader.text.addBytes(arenaView(offset, length));
    }
    if (tag & LAST) {
      events.push(received(new TextMessage(reader.text.finish())));
      reader.text = undefined;
    }
  } else {
    if ((tag & WHOLE) === WHOLE) {
      events.push(received(new BinaryMessage(bytes(tag, offset, length, chunk, at))));
      return;
    }
    reader.binary ??= new BinaryCollector();
    collect(reader.binary, tag, offset, length, chunk, at);
    if (tag & LAST) {
      events.push(received(new BinaryMessage(reader.binary.finish())));
      reader.binary = undefined;
    }
  }
}

/**
 * @param {BinaryCollector} collector
 * @param {number} tag
 * @param {number} offset
 * @param {number} length
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function collect(collector, tag, offset, length, chunk, at) {
  const input = (tag & INPUT) !== 0;
  // The caller's own memory is held only when the piece is most of it.
  const worthKeeping = !input || 4 * length >= 3 * chunk.buffer.byteLength;
  if (length >= LARGE_PIECE && worthKeeping) {
    collector.keep(bytes(tag, offset, length, chunk, at));
  } else if (input) {
    collector.add(chunk.subarray(at + offset, at + offset + length));
  } else {
    collector.add(arenaView(offset, length));
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
  return tag & ASCII ? asciiText(offset, length) : utf8Text(arenaView(offset, length));
}

/**
 * @param {number} tag
 * @param {number} offset
 * @param {number} length
 * @param {Uint8Array} chunk
 * @param {number} at
 */
function bytes(tag, offset, length, chunk, at) {
  if (tag & INPUT) return viewOf(chunk, at + offset, at + offset + length);
  return arenaBytes(offset, length);
}

/**
 * @param {number} kind
 * @param {number} word
 */
function control(kind, word) {
  const offset = records[word + 1];
  const length = records[word + 2];
  if (kind === PING) return received(new PingControlMessage(arenaBytes(offset, length)));
  if (kind === PONG) return received(new PongControlMessage(arenaBytes(offset, length)));
  if (kind === CLOSE) {
    const code = records[word + 3];
    const reason = utf8Text(arenaView(offset, length));
    // A frame without a code is reported as 1005 (RFC 6455 section 7.1.5).
    return received(new CloseControlMessage(code === 1005 ? null : code, reason));
  }
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
  const key = records[word + 4];
  return {
    type: 'frame',
    offset: reader.received + at + records[word + 1],
    headerLength: (tag >> 8) & 255,
    fin: (b0 & 0x80) !== 0,
    rsv1: (b0 & 0x40) !== 0,
    rsv2: (b0 & 0x20) !== 0,
    rsv3: (b0 & 0x10) !== 0,
    opcode: b0 & 15,
    masked,
    maskingKey: masked ? keyBytes(key) : undefined,
    payloadLength: (records[word + 3] >>> 0) * 2 ** 32 + (records[word + 2] >>> 0),
  };
}

/** @param {number} key little-endian */
function keyBytes(key) {
  return viewOf(Uint8Array.of(key, key >> 8, key >> 16, key >> 24), 0, 4);
}

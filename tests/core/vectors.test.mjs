// Every byte vector through the package: whole, byte by byte, cut in two everywhere, with
// another frame behind it, and by the pull style.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as ws4wasm from 'ws4wasm';
import { chunks, cuts, loadVectors, next, walk } from '../support/vectors.mjs';

const {
  BinaryMessage,
  CloseControlMessage,
  PingControlMessage,
  PongControlMessage,
  Stream,
  TextMessage,
  WebSocketException,
} = ws4wasm;

/**
 * @typedef {import('../support/vectors.mjs').Vector} Vector
 * @typedef {import('../support/vectors.mjs').Expected} Expected
 */

/** @type {Record<string, Function>} */
const exceptions = {
  FrameTooLargeException: ws4wasm.FrameTooLargeException,
  InvalidBytesError: ws4wasm.InvalidBytesError,
  ProtocolException: ws4wasm.ProtocolException,
  TextFrameEncodingException: ws4wasm.TextFrameEncodingException,
  UnsupportedFrameTypeException: ws4wasm.UnsupportedFrameTypeException,
};

/** @param {Uint8Array} bytes */
const hex = (bytes) => Buffer.from(bytes).toString('hex');

/**
 * A message or an error as vectors write it, after a look at its class.
 * @param {any} event
 * @returns {Expected}
 */
function written(event) {
  if (event.type === 'error') {
    const { error, close } = event;
    assert.ok(error instanceof WebSocketException && error instanceof Error);
    assert.equal(error.constructor, exceptions[error.name], error.name);
    assert.ok(error.message.length > 0);
    assert.ok(close instanceof CloseControlMessage);
    assert.equal(close.code, error.code);
    const { index } = /** @type {{ index?: number }} */ (error);
    return { type: 'error', class: error.name, code: error.code, index };
  }
  assert.equal(event.completed, true);
  if (event instanceof TextMessage) {
    assert.equal(event.type, 'text');
    assert.equal(event.opcode, 1);
    assert.equal(event.length, Buffer.byteLength(event.data));
    return { type: 'text', data: event.data };
  }
  if (event instanceof CloseControlMessage) {
    assert.equal(event.type, 'close');
    assert.equal(event.opcode, 8);
    return { type: 'close', code: event.code, reason: event.reason };
  }
  assert.ok(event.data instanceof Uint8Array);
  assert.equal(event.length, event.data.length);
  const data = hex(event.data);
  if (event instanceof BinaryMessage) return { type: same(event, 'binary', 2), hex: data };
  if (event instanceof PingControlMessage) return { type: same(event, 'ping', 9), hex: data };
  assert.ok(event instanceof PongControlMessage);
  return { type: same(event, 'pong', 10), hex: data };
}

/**
 * @template {string} T
 * @param {any} event
 * @param {T} type
 * @param {number} opcode
 */
function same(event, type, opcode) {
  assert.equal(event.type, type);
  assert.equal(event.opcode, opcode);
  return type;
}

/**
 * @template T
 * @param {Vector} vector
 * @param {object} more
 * @param {(stream: any) => T} use
 */
function withStream(vector, more, use) {
  const stream = new Stream({ role: vector.role, ...vector.options, ...more });
  try {
    return use(stream);
  } finally {
    stream.free();
  }
}

/**
 * What a fresh stream makes of the chunks.
 * @param {Vector} vector
 * @param {Uint8Array[]} pieces
 * @param {object} [more] options
 * @returns {any[]}
 */
function feed(vector, pieces, more = {}) {
  return withStream(vector, more, (stream) => pieces.flatMap((piece) => stream.receive(piece)));
}

/**
 * @param {Vector} vector
 * @param {Uint8Array[]} pieces
 * @param {Expected[]} expected
 */
function gives(vector, pieces, expected) {
  const events = feed(vector, pieces);
  // Comparing thousands of equal things one by one is slow; a difference shows anyway.
  const got = events.map(written);
  if (JSON.stringify(got) === JSON.stringify(expected)) return;
  const shape = pieces.map((piece) => piece.length).slice(0, 10);
  assert.deepEqual(got, expected, `${vector.name}, in chunks of ${shape}`);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 */
const split = (bytes, at) => [bytes.subarray(0, at), bytes.subarray(at)];

for (const [theme, vectors] of loadVectors()) {
  describe(`vectors: ${theme}`, () => {
    test('whole, byte by byte, and cut in two everywhere', () => {
      for (const vector of vectors) {
        const { bytes, events } = vector;
        gives(vector, [bytes], events);
        gives(vector, chunks(bytes, 1), events);
        for (const at of cuts(bytes, 30)) gives(vector, split(bytes, at), events);
      }
    });

    test('followed by another frame', () => {
      for (const vector of vectors) {
        if (vector.incomplete) continue;
        const all = new Uint8Array(Buffer.concat([vector.bytes, next[vector.role]]));
        const events = vector.closed ? vector.events : [...vector.events, next.event];
        gives(vector, [all], events);
        gives(vector, split(all, vector.bytes.length), events);
        gives(vector, chunks(all, 1), events);
        for (const at of cuts(all, 10)) gives(vector, split(all, at), events);
      }
    });

    test('nothing comes after the end, and what came is counted', () => {
      for (const vector of vectors) {
        if (!vector.closed) continue;
        withStream(vector, {}, (stream) => {
          let used = 0;
          let ended = false;
          for (const [at, byte] of vector.bytes.entries()) {
            const events = stream.receive(Uint8Array.of(byte));
            assert.ok(!ended || events.length === 0, vector.name);
            if (ended) continue;
            ended = events.some((/** @type {any} */ e) => ['error', 'close'].includes(e.type));
            used = at + 1;
          }
          assert.ok(ended, vector.name);
          assert.deepEqual(stream.receive(next[vector.role]), []);
          const after = vector.bytes.length - used + next[vector.role].length;
          assert.equal(stream.bytesIgnored, after, vector.name);
        });
      }
    });

    test('by the pull style', () => {
      for (const vector of vectors) {
        const { bytes } = vector;
        pull(vector, () => bytes.length || 1);
        pull(vector, () => 1);
        pull(vector, (wanted) => wanted);
        const half = bytes.length >> 1 || 1;
        pull(vector, () => half);
      }
    });

    test('by the generator', () => {
      for (const vector of vectors) {
        withStream(vector, {}, (stream) => {
          const receiver = stream.receiver();
          let wanted = receiver.next().value;
          assert.equal(wanted, 2);
          for (let at = 0; at < vector.bytes.length; ) {
            const end = Math.min(vector.bytes.length, at + wanted);
            wanted = receiver.next(vector.bytes.subarray(at, end)).value;
            assert.ok(Number.isInteger(wanted) && wanted >= 1, vector.name);
            at = end;
          }
          filed(vector, stream);
        });
      }
    });

    test('frame by frame: what a walk over the headers finds', () => {
      for (const vector of vectors) {
        const { bytes } = vector;
        const whole = feed(vector, [bytes], { frames: true });
        const frames = whole.filter((event) => event.type === 'frame');
        const found = [...walk(bytes)].slice(0, frames.length);
        const plain = frames.map((frame) => ({
          ...frame,
          maskingKey: frame.maskingKey && new Uint8Array(frame.maskingKey),
        }));
        assert.deepEqual(
          plain,
          found.map((frame) => ({ type: 'frame', ...frame })),
          vector.name,
        );
        if (!vector.closed) assert.equal(frames.length, [...walk(bytes)].length, vector.name);
        const messages = whole.filter((event) => event.type !== 'frame').map(written);
        assert.deepEqual(messages, vector.events, vector.name);
        const plot = (/** @type {any[]} */ events) => JSON.stringify(events.map(picture));
        const expected = plot(whole);
        for (const pieces of cut(bytes)) {
          assert.equal(plot(feed(vector, pieces, { frames: true })), expected, vector.name);
        }
      }
    });

    test('in pieces: joined they are the messages', () => {
      for (const vector of vectors) {
        const expected = joined(feed(vector, [vector.bytes], { partial: true }), vector);
        for (const pieces of cut(vector.bytes)) {
          const got = joined(feed(vector, pieces, { partial: true }), vector);
          assert.equal(JSON.stringify(got), JSON.stringify(expected), vector.name);
        }
      }
    });
  });
}

/**
 * In chunks of some bytes, and in two.
 * @param {Uint8Array} bytes
 */
function cut(bytes) {
  const size = Math.floor(bytes.length / 4096) + 1;
  return [chunks(bytes, size), ...cuts(bytes, 6).map((at) => split(bytes, at))];
}

/** @param {any} event */
function picture(event) {
  if (event.type !== 'frame') return written(event);
  return { ...event, maskingKey: event.maskingKey && hex(event.maskingKey) };
}

/**
 * Pieces side by side made one, after a look at each; whole messages must be the vector's.
 * @param {any[]} events
 * @param {Vector} vector
 */
function joined(events, vector) {
  /** @type {any[]} */
  const out = [];
  const messages = [];
  let open = '';
  let inside = false;
  for (const event of events) {
    if (event.type !== 'fragment') {
      out.push(written(event));
      messages.push(written(event));
      continue;
    }
    const { kind, data, first, last } = event;
    assert.equal(first, !inside, vector.name);
    assert.equal(typeof data === 'string', kind === 'text', vector.name);
    assert.ok(last || data.length > 0, vector.name);
    if (kind === 'text') assert.ok(data.isWellFormed(), vector.name);
    const piece = kind === 'text' ? data : hex(data);
    open += piece;
    inside = !last;
    const before = out.at(-1);
    if (before?.type === 'fragment' && !before.last) {
      before.data += piece;
      before.last = last;
    } else {
      out.push({ type: 'fragment', kind, data: piece, first, last });
    }
    if (last) {
      messages.push(
        kind === 'text' ? { type: 'text', data: open } : { type: 'binary', hex: open },
      );
      open = '';
    }
  }
  assert.deepEqual(messages, vector.events, vector.name);
  return out;
}

/**
 * Feeds the parser as many bytes as `size` says and looks at what it filed.
 * @param {Vector} vector
 * @param {(wanted: number) => number} size
 */
function pull(vector, size) {
  withStream(vector, {}, (stream) => {
    let wanted = 2;
    for (let at = 0; at < vector.bytes.length; ) {
      const end = Math.min(vector.bytes.length, at + size(wanted));
      wanted = stream.parser.send(vector.bytes.subarray(at, end));
      assert.ok(Number.isInteger(wanted) && wanted >= 1, `${vector.name}: wants ${wanted}`);
      at = end;
    }
    filed(vector, stream);
  });
}

/**
 * @param {Vector} vector
 * @param {any} stream
 */
function filed(vector, stream) {
  const { name, events } = vector;
  const of = (/** @type {string[]} */ ...types) => events.filter((e) => types.includes(e.type));
  const messages = [];
  while (stream.hasMessage) {
    const { message } = stream;
    messages.push(written(message));
    // Two ways to move on, used by turns.
    if (messages.length % 2) stream.message = null;
    else assert.equal(stream.takeMessage(), message, name);
  }
  assert.equal(stream.message, null, name);
  assert.deepEqual(messages, of('text', 'binary'), name);
  assert.deepEqual(stream.pings.map(written), of('ping'), name);
  assert.deepEqual(stream.pongs.map(written), of('pong'), name);
  const [close] = of('close');
  if (close) assert.deepEqual(written(stream.closing), close, name);
  else assert.equal(stream.closing, null, name);
  const errors = /** @type {{ code: number }[]} */ (of('error'));
  assert.deepEqual(
    stream.errors.map((/** @type {any} */ error) => error.code),
    errors.map((error) => error.code),
    name,
  );
  for (const error of stream.errors) assert.ok(error instanceof CloseControlMessage, name);
}

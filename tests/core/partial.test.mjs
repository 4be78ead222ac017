// `partial: true`: data as it arrives, however it is cut.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { cut, hex, plain, random, receiveAll, frame as wire } from '../support/wire.mjs';

/** @typedef {import('ws4wasm').StreamEvent} StreamEvent */

/**
 * Puts the pieces together, and checks that they are lawful.
 * @param {StreamEvent[]} events
 */
function join(events) {
  const whole = [];
  /** @type {{ kind: string, texts: string[], bytes: Uint8Array[] } | undefined} */
  let open;
  for (const event of events) {
    if (event.type !== 'fragment') {
      assert.ok(event.type !== 'text' && event.type !== 'binary');
      whole.push(plain(event));
      continue;
    }
    assert.equal(event.first, open === undefined);
    open ??= { kind: event.kind, texts: [], bytes: [] };
    assert.equal(event.kind, open.kind);
    if (event.kind === 'text') {
      assert.equal(typeof event.data, 'string');
      assert.ok(event.data.isWellFormed?.() ?? true, 'cut inside a character');
      open.texts.push(event.data);
    } else {
      assert.ok(Buffer.isBuffer(event.data));
      open.bytes.push(event.data);
    }
    // Only a piece that ends a message has a reason to be empty.
    assert.ok(event.data.length || event.last);
    if (event.last) {
      const { kind, texts, bytes } = open;
      if (kind === 'text') whole.push({ type: 'text', data: texts.join('') });
      else whole.push({ type: 'binary', hex: hex(Buffer.concat(bytes)) });
      open = undefined;
    }
  }
  return { whole, open };
}

const key = Buffer.from('be04e66a', 'hex');

/** @param {{ key?: Buffer }} mask */
const conversation = (mask) =>
  Buffer.concat([
    wire({ payload: 'plain', ...mask }),
    wire({ payload: '', ...mask }),
    wire({ payload: 'añ漢𝒳', fin: false, ...mask }),
    wire({ opcode: 9, payload: 'ping', ...mask }),
    wire({ opcode: 0, payload: Buffer.from('𝒳').subarray(0, 2), fin: false, ...mask }),
    wire({ opcode: 0, payload: '', fin: false, ...mask }),
    wire({ opcode: 10, payload: 'pong', ...mask }),
    wire({
      opcode: 0,
      payload: Buffer.concat([Buffer.from('𝒳').subarray(2), Buffer.from('é')]),
      fin: false,
      ...mask,
    }),
    wire({ opcode: 0, payload: '', ...mask }),
    wire({ opcode: 2, payload: '', fin: false, ...mask }),
    wire({ opcode: 0, payload: 'bytes', fin: false, ...mask }),
    wire({ opcode: 9, payload: '', ...mask }),
    wire({ opcode: 0, payload: '', ...mask }),
    wire({ opcode: 8, payload: Buffer.from('03e8c3a9', 'hex'), ...mask }),
  ]);

describe('every split of a conversation', () => {
  for (const mask of [{}, { key }]) {
    const role = mask.key ? 'server' : 'client';
    const bytes = conversation(mask);
    const messages = receiveAll(new Stream({ role }), [bytes]).map(plain);
    /** @param {Iterable<Uint8Array>} inputs */
    const pieces = (inputs) => receiveAll(new Stream({ role, partial: true }), inputs);
    // Control messages come where they are on the wire, so between pieces of a message.
    const order = (/** @type {any[]} */ list) => ({
      data: list.filter(({ type }) => type === 'text' || type === 'binary'),
      control: list.filter(({ type }) => type !== 'text' && type !== 'binary'),
    });

    test(`${role}: whole, and byte by byte`, () => {
      for (const inputs of [[bytes], cut(bytes, [1]), cut(bytes, [2, 1]), cut(bytes, [7])]) {
        const { whole, open } = join(pieces(inputs));
        assert.deepEqual(order(whole), order(messages));
        assert.equal(open, undefined);
      }
    });

    test(`${role}: in two anywhere`, () => {
      for (let at = 0; at <= bytes.length; at++) {
        const { whole } = join(pieces([bytes.subarray(0, at), bytes.subarray(at)]));
        assert.deepEqual(order(whole), order(messages));
      }
    });

    test(`${role}: in three anywhere`, () => {
      for (let a = 0; a <= bytes.length; a += 2) {
        for (let b = a; b <= bytes.length; b += 3) {
          const { whole } = join(
            pieces([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)]),
          );
          assert.deepEqual(order(whole), order(messages));
        }
      }
    });
  }
});

test('data comes as soon as it is there', () => {
  const stream = new Stream({ role: 'client', partial: true });
  const bytes = wire({ payload: 'aé漢' });
  const events = [...bytes].map((byte) => stream.receive(Uint8Array.of(byte)).map(plain));
  const piece = (/** @type {string} */ data, first = false, last = false) => [
    { type: 'fragment', kind: 'text', data, first, last },
  ];
  assert.deepEqual(events, [
    [],
    [],
    piece('a', true),
    [],
    piece('é'),
    [],
    [],
    piece('漢', false, true),
  ]);
});

test('a whole message is one piece', () => {
  const stream = new Stream({ role: 'client', partial: true });
  const events = stream.receive(
    Buffer.concat([
      wire({ payload: 'é' }),
      wire({ payload: '' }),
      wire({ opcode: 2, payload: '' }),
      wire({ opcode: 2, payload: 'b' }),
    ]),
  );
  assert.deepEqual(events.map(plain), [
    { type: 'fragment', kind: 'text', data: 'é', first: true, last: true },
    { type: 'fragment', kind: 'text', data: '', first: true, last: true },
    { type: 'fragment', kind: 'binary', data: '', first: true, last: true },
    { type: 'fragment', kind: 'binary', data: '62', first: true, last: true },
  ]);
});

test('what was right before an error is delivered, however it is cut', () => {
  const bytes = Buffer.concat([
    wire({ payload: 'good ', fin: false }),
    wire({ opcode: 9, payload: 'p' }),
    wire({ opcode: 0, payload: Buffer.from('ok 漢\xff', 'utf8').subarray(0, 6) }),
  ]);
  bytes[bytes.length - 1] = 0xff;
  for (let at = 0; at <= bytes.length; at++) {
    const stream = new Stream({ role: 'client', partial: true });
    const events = receiveAll(stream, [bytes.subarray(0, at), bytes.subarray(at)]);
    const text = events.map((event) => (event.type === 'fragment' ? event.data : '')).join('');
    assert.equal(text, 'good ok ', `cut at ${at}`);
    const last = events.at(-1);
    assert.ok(last?.type === 'error' && last.error.code === 1007);
    assert.equal(/** @type {any} */ (last.error).index, 10);
    assert.ok(events.slice(0, -1).every((event) => event.type !== 'error'));
  }
});

test('long messages over several regions', () => {
  const { bytes, below } = random(40);
  const text = 'längere Sätze, 漢字, 𝒳! '.repeat(20_000);
  const binary = bytes(300_000);
  for (const mask of [undefined, key]) {
    const input = Buffer.concat([
      wire({ payload: text, key: mask }),
      wire({ opcode: 2, payload: binary, key: mask }),
    ]);
    for (const lengths of [[input.length], [65_536], [1 + below(5000)], [100_001, 3]]) {
      const stream = new Stream({ role: mask ? 'server' : 'client', partial: true });
      const { whole } = join(receiveAll(stream, cut(input, lengths)));
      assert.equal(whole.length, 2);
      assert.ok(/** @type {any} */ (whole[0]).data === text);
      assert.ok(/** @type {any} */ (whole[1]).hex === hex(binary));
      stream.free();
    }
  }
});

test('limits hold', () => {
  const stream = new Stream({ role: 'client', partial: true, maxMessageSize: 5 });
  const events = stream.receive(
    Buffer.concat([wire({ payload: 'abc', fin: false }), wire({ opcode: 0, payload: 'def' })]),
  );
  assert.deepEqual(
    events.map(({ type }) => type),
    ['fragment', 'error'],
  );
  const last = events[1];
  assert.ok(last.type === 'error' && last.error.code === 1009);
});

test('a message longer than any limit of memory can pass', () => {
  const stream = new Stream({ role: 'client', partial: true, maxMessageSize: Infinity });
  const header = Buffer.alloc(10);
  header[0] = 0x82;
  header[1] = 127;
  header.writeBigUInt64BE(2n ** 50n, 2);
  assert.deepEqual(stream.receive(header), []);
  const chunk = Buffer.alloc(65_536, 'x');
  let passed = 0;
  for (let i = 0; i < 200; i++) {
    for (const event of stream.receive(chunk)) {
      assert.ok(event.type === 'fragment' && event.kind === 'binary' && !event.last);
      passed += event.data.length;
    }
  }
  assert.equal(passed, 200 * 65_536);
});

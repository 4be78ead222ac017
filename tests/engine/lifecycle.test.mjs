// Who owns memory of the engine gives it back: by free(), by `using`, or when forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerHandshake, Stream, StreamClosed } from 'ws4wasm';
import * as engine from '../../js/engine/instance.js';
import { inChild } from '../support/child.mjs';
import { frame as wire } from '../support/wire.mjs';

const key = Buffer.from('be04e66a', 'hex');

test('free is idempotent, and is what Symbol.dispose does', () => {
  const stream = new Stream();
  stream.free();
  stream.free();
  stream[Symbol.dispose]();
  const other = new Stream();
  other[Symbol.dispose]();
  assert.throws(() => other.receive(key), StreamClosed);
  const handshake = new ServerHandshake();
  handshake.free();
  handshake.free();
  handshake[Symbol.dispose]();
});

test('what is used after free throws StreamClosed', () => {
  const stream = new Stream();
  const receiver = stream.receiver();
  receiver.next();
  const { parser } = stream;
  stream.free();
  /** @type {Record<string, () => unknown>} */
  const uses = {
    receive: () => stream.receive(key),
    'receive of nothing': () => stream.receive(new Uint8Array(0)),
    'parser.send': () => parser.send(key),
    'receiver().next': () => receiver.next(key),
    encode: () => stream.encode('a'),
    'encode with options': () => stream.encode('a', { fin: false }),
    ping: () => stream.ping(),
    pong: () => stream.pong(),
    close: () => stream.close(),
    textMessage: () => stream.textMessage('a'),
    binaryMessage: () => stream.binaryMessage(key),
    prepare: () => stream.prepare('a'),
    bytesIgnored: () => stream.bytesIgnored,
    alwaysMask: () => {
      stream.alwaysMask = true;
    },
    expectMasking: () => {
      stream.expectMasking = true;
    },
  };
  for (const [name, use] of Object.entries(uses)) {
    assert.throws(use, (error) => error instanceof StreamClosed, name);
  }
});

test('a handshake that is over or freed says so', () => {
  const freed = new ServerHandshake();
  freed.free();
  const error = { name: 'TypeError', message: /handshake is over/ };
  assert.throws(() => freed.receive(key), error);
  const refused = new ServerHandshake();
  assert.throws(() => refused.receive(Buffer.from('POST / HTTP/1.1\r\n\r\n')), { status: 405 });
  assert.throws(() => refused.receive(key), error);
});

test('what was filed can be read after free', () => {
  const stream = new Stream();
  stream.parser.send(wire({ payload: 'a', key }));
  stream.free();
  assert.equal(stream.hasMessage, true);
  assert.equal(stream.takeMessage()?.data, 'a');
});

test('a freed stream does not touch the one that has its place', () => {
  const first = new Stream();
  first.free();
  const second = new Stream();
  first.free();
  first[Symbol.dispose]();
  const [event] = second.receive(wire({ payload: 'a', key }));
  assert.equal(event.type, 'text');
});

test('messages outlive their stream', () => {
  const stream = new Stream();
  const [text, binary] = stream.receive(
    Buffer.concat([wire({ payload: 'tëxt', key }), wire({ opcode: 2, payload: 'bytes', key })]),
  );
  stream.free();
  new Stream().receive(Buffer.alloc(60_000, 'z'));
  assert.ok(text.type === 'text' && binary.type === 'binary');
  assert.equal(text.data, 'tëxt');
  assert.equal(String(binary.data), 'bytes');
});

test('thousands of streams, made and freed, leave linear memory as it is', () => {
  const round = () => {
    const streams = Array.from({ length: 2000 }, () => new Stream());
    for (const stream of streams) {
      // Something unfinished in each: a cut control frame.
      stream.receive(wire({ opcode: 9, payload: 'x'.repeat(100), key }).subarray(0, 80));
    }
    for (const stream of streams) stream.free();
  };
  round();
  round();
  const before = engine.mem.byteLength;
  for (let i = 0; i < 10; i++) round();
  engine.refresh();
  assert.equal(engine.mem.byteLength, before);
});

test('growth of linear memory is noticed everywhere', () => {
  const { regionSize } = engine;
  const before = engine.mem.byteLength;
  /** @type {Stream[]} */
  const streams = [];
  const payload = `ä${'x'.repeat(5000)}`;
  const frame = wire({ payload, key });
  // Enough streams that memory grows while others are in use.
  while (engine.mem.byteLength === before && streams.length < 50_000) {
    const stream = new Stream();
    streams.push(stream);
    const [event] = stream.receive(frame);
    assert.ok(event.type === 'text' && event.data === payload);
    assert.equal(stream.encode('a').length, 3);
  }
  assert.ok(engine.mem.byteLength > before);
  assert.equal(engine.regionSize, regionSize);
  for (const stream of streams) stream.free();
});

test('forgotten streams and handshakes are collected', () => {
  const counts = inChild(async (gauge) => {
    const counts = gauge.count();
    const { ServerHandshake, Stream } = await import('ws4wasm');
    const sizes = [];
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 2000; i++) {
        new Stream().receive(Uint8Array.of(0x81));
        if (i % 10 === 0) new ServerHandshake().receive(Uint8Array.of(0x47));
      }
      for (let i = 0; i < 5; i++) await gauge.collect();
      sizes.push(await gauge.linearMemory());
    }
    const { calls } = counts;
    const freed = Object.entries(calls).filter(([name]) =>
      name.includes('serverhandshake_free'),
    );
    return {
      made: calls.stream_new,
      freed: calls.stream_free,
      handshakes: freed[0]?.[1],
      sizes,
    };
  });
  assert.equal(counts.made, 10_000);
  // The last few may still be on the stack.
  assert.ok(counts.freed >= 9_900, `${counts.freed} streams collected`);
  assert.ok(counts.handshakes >= 950, `${counts.handshakes} handshakes collected`);
  assert.equal(counts.sizes.at(-1), counts.sizes[1]);
});

test('masking can be set until bytes flow', () => {
  const client = new Stream();
  client.alwaysMask = true;
  client.expectMasking = false;
  const server = new Stream();
  assert.equal(server.receive(client.encode('hi'))[0].type, 'text');
  assert.throws(() => {
    client.alwaysMask = false;
  }, /alwaysMask can be set until the first frame is sent/);
  assert.throws(() => {
    server.expectMasking = false;
  }, /expectMasking can be set until the first bytes come/);
  assert.deepEqual([client.alwaysMask, server.expectMasking], [true, true]);
  client.receive(server.encode('ho'));
});

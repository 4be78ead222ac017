// Faults in what is sent, each known from another implementation. What index.test.mjs names
// elsewhere is not repeated here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BinaryMessage, PingControlMessage, Stream, TextMessage } from 'ws4wasm';
import { inChild } from '../support/child.mjs';
import { parse } from '../support/wire.mjs';

describe('CVE-2026-45736, GHSA-2mhh (ws): no memory goes out that nobody wrote', () => {
  test('what is not bytes is refused, whatever it says of its length', () => {
    const stream = new Stream();
    for (const wrong of /** @type {any[]} */ ([
      100,
      new Uint16Array(50),
      new Float64Array(20),
      new DataView(new ArrayBuffer(100)),
      { length: 100 },
      { byteLength: 100, length: 0 },
      Array(100),
      new Blob(['x']),
    ])) {
      for (const send of [
        () => stream.encode(wrong),
        () => stream.ping(wrong),
        () => stream.pong(wrong),
        () => stream.prepare(wrong),
        () => new BinaryMessage(wrong),
        () => new PingControlMessage(wrong),
      ]) {
        assert.throws(send, TypeError);
      }
    }
  });

  test('lengths are those of the bytes, and every byte is the payload’s', () => {
    // The pool that small Buffers come from is full of something by now.
    for (let i = 0; i < 200; i++) Buffer.allocUnsafe(4000).fill(0xa5);
    for (const role of /** @type {const} */ (['server', 'client'])) {
      const stream = new Stream({ role });
      for (const unit of ['a', 'é', '€', '😀', '\ud800']) {
        for (const count of [0, 1, 41, 42, 62, 63, 125, 126, 1365, 21_845, 21_846, 65_536]) {
          const text = unit.repeat(count);
          for (const bytes of [
            stream.encode(text),
            new TextMessage(text).single(role === 'client'),
            ...(Buffer.byteLength(text) <= 125 ? [stream.ping(text)] : []),
          ]) {
            const [{ payload }, ...more] = parse(bytes);
            assert.equal(more.length, 0);
            assert.ok(payload.equals(Buffer.from(text)), `${count} of ${unit}`);
          }
        }
      }
    }
  });

  test('memory that shrinks before it is sent', () => {
    const buffer = new ArrayBuffer(200, { maxByteLength: 200 });
    const view = new Uint8Array(buffer).fill(7);
    /** @type {any} */ (buffer).resize(50);
    const [{ payload }] = parse(new Stream().encode(view));
    assert.deepEqual([payload.length, new Set(payload).size], [50, 1]);
    structuredClone(buffer, { transfer: [buffer] });
    // Memory that was given away is refused, or is none.
    let sent = new Uint8Array(2);
    try {
      sent = new Uint8Array(new Stream().encode(view));
    } catch (error) {
      assert.ok(error instanceof TypeError);
    }
    assert.deepEqual(sent.length, 2);
  });
});

// [RFC 6455 5.3-2, 5.3-3, 5.3-4]
test('predictable masks (WebSocket-Node): keys are bytes of the CSPRNG, each used once', () => {
  const { keys, random } = inChild(async () => {
    const { crypto } = globalThis;
    /** @type {string[]} */
    const drawn = [];
    const real = crypto.getRandomValues.bind(crypto);
    crypto.getRandomValues = (/** @type {any} */ bytes) => {
      real(bytes);
      drawn.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'));
      return bytes;
    };
    Math.random = () => {
      throw new Error('not for keys');
    };
    const { Stream } = await import('ws4wasm');
    const streams = [new Stream({ role: 'client' }), new Stream({ role: 'client' })];
    const keys = [];
    for (let i = 0; i < 2000; i++) {
      const bytes = streams[i % 2].encode(i % 3 ? 'x' : 'y'.repeat(70_000 * Number(i < 10)));
      const at = bytes[1] === 0xff ? 10 : bytes[1] === 0xfe ? 4 : 2;
      keys.push(Buffer.from(bytes.subarray(at, at + 4)).toString('hex'));
    }
    return { keys, random: drawn.join('') };
  });
  // In the order in which they were drawn, none left out for another and none twice.
  assert.ok(random.length >= 8 * keys.length);
  assert.ok(random.includes(keys.join('')), 'the keys are what the generator gave');
});

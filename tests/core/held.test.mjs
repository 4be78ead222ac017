// A long binary frame that comes a few bytes at a time: most of them are held before the engine sees
// them, and nobody can tell.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { frame, plain, random } from '../support/wire.mjs';

const { bytes } = random(7);
const binary = bytes(5000);
const ping = bytes(100);

/** Fragments of binary with a long ping among them, text, and binary again. @param {Buffer | undefined} key */
const frames = (key) => [
  frame({ opcode: 2, payload: binary.subarray(0, 2900), fin: false, key }),
  frame({ opcode: 9, payload: ping, key }),
  frame({ opcode: 0, payload: binary.subarray(2900), key }),
  frame({ payload: Buffer.from('grüße 漢字 '.repeat(40)), key }),
  frame({ opcode: 2, payload: bytes(40), key }),
  frame({ opcode: 2, payload: bytes(70_000), key }),
];

/** How the bytes are cut; the caller uses the memory of a chunk again. */
const cuts = {
  'byte by byte': () => 1,
  'in fives': () => 5,
  'as long as is held at most': () => 32,
  mixed: (/** @type {number} */ n) => [1, 1, 7, 3, 40, 2, 1, 1, 1, 1, 1, 500, 1, 1][n % 14],
};

/**
 * What comes of each chunk, and how many bytes have come by then.
 * @param {Stream} stream
 * @param {Buffer} wire
 * @param {(n: number) => number} cut
 */
function fed(stream, wire, cut) {
  const all = [];
  const memory = Buffer.alloc(1024);
  for (let at = 0, n = 0; at < wire.length; n++) {
    const size = Math.min(cut(n), wire.length - at);
    wire.copy(memory, 0, at, at + size);
    const events = stream.receive(memory.subarray(0, size));
    at += size;
    for (const event of events) all.push({ at, event: plain(event) });
    memory.fill(0xff);
  }
  return all;
}

for (const masked of [true, false]) {
  const key = masked ? Buffer.from('be04e66a', 'hex') : undefined;
  const role = masked ? 'server' : 'client';

  describe(masked ? 'masked' : 'unmasked', () => {
    for (const [name, cut] of Object.entries(cuts)) {
      test(`${name}: the same, with the chunk that ends it`, () => {
        const parts = frames(key);
        const wire = Buffer.concat(parts);
        const whole = new Stream({ role, frames: true }).receive(Buffer.from(wire)).map(plain);
        const came = fed(new Stream({ role, frames: true }), wire, cut);
        assert.deepEqual(
          came.map(({ event }) => event),
          whole,
        );
        // Each frame's end, in the chunk that has it.
        const ends = parts.map((_, i) => Buffer.concat(parts.slice(0, i + 1)).length).slice(1);
        const messages = came.filter(({ event }) => event.type !== 'frame');
        for (const [i, { at }] of messages.entries()) {
          assert.ok(at >= ends[i] && at - ends[i] < 500, `${i}: ${at} for ${ends[i]}`);
          if (name === 'byte by byte') assert.equal(at, ends[i]);
        }
      });
    }

    test('what is wanted counts what is held', () => {
      const stream = new Stream({ role });
      const wire = frame({ opcode: 2, payload: bytes(9000), key });
      for (let at = 0; at < wire.length - 1; at++) {
        stream.receive(wire.subarray(at, at + 1));
        if (at > 16) assert.equal(stream.wants, wire.length - at - 1);
      }
      assert.equal(stream.receive(wire.subarray(-1))[0].type, 'binary');
    });

    test('text fails at the first byte that cannot be right', () => {
      const stream = new Stream({ role });
      const wire = frame({
        payload: Buffer.concat([
          Buffer.alloc(500, 'a'),
          bytes(1).fill(0xff),
          Buffer.alloc(500),
        ]),
        key,
      });
      const bad = wire.length - 501;
      for (const [at, byte] of wire.subarray(0, bad).entries()) {
        assert.deepEqual(stream.receive(Uint8Array.of(byte)), [], `at ${at}`);
      }
      const [{ type, error }] = /** @type {any[]} */ (
        stream.receive(wire.subarray(bad, bad + 1))
      );
      assert.deepEqual([type, error.index], ['error', 500]);
    });

    test('a fault behind the frame comes with its byte', () => {
      const stream = new Stream({ role });
      const wire = Buffer.concat([
        frame({ opcode: 2, payload: bytes(300), key }),
        Buffer.of(0x83),
      ]);
      const came = fed(stream, wire, () => 1);
      assert.deepEqual(
        came.map(({ at, event }) => [at, event.type]),
        [
          [wire.length - 1, 'binary'],
          [wire.length, 'error'],
        ],
      );
    });

    test('partial gives each piece as it comes', () => {
      const stream = new Stream({ role, partial: true });
      const wire = frame({ opcode: 2, payload: bytes(300), key });
      const header = wire.length - 300;
      stream.receive(wire.subarray(0, header));
      for (let at = header; at < wire.length; at++) {
        assert.equal(stream.receive(wire.subarray(at, at + 1)).length, 1);
      }
    });
  });
}

test('free() lets go of it', () => {
  const stream = new Stream({ role: 'client' });
  const wire = frame({ opcode: 2, payload: bytes(300) });
  for (const byte of wire.subarray(0, 100)) stream.receive(Uint8Array.of(byte));
  stream.free();
  assert.throws(() => stream.receive(wire.subarray(100, 101)), /freed/);
});

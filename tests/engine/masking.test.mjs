// Long payload is masked by the engine or by bufferutil: the same bytes, whoever does it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, test } from 'node:test';
import '../../js/entry/node.js';
import { findNative, keyAfter, keyOf, maskInto } from '../../js/engine/masking.js';
import { Stream } from '../../js/entry/node.js';

const bufferutil = createRequire(import.meta.url)('bufferutil');
/** How often each of its functions was called. */
const calls = { mask: 0, unmask: 0 };
const counted = {
  mask: (/** @type {any[]} */ ...args) => {
    calls.mask++;
    bufferutil.mask(...args);
  },
  unmask: (/** @type {any[]} */ ...args) => {
    calls.unmask++;
    bufferutil.unmask(...args);
  },
};
const ways = { engine: () => undefined, bufferutil: () => counted };

/** @param {number} length */
const noise = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + 13) & 255));

/** RFC 6455 section 5.3, a byte at a time. @param {Buffer} bytes @param {Buffer} key */
const masked = (bytes, key) => bytes.map((byte, i) => byte ^ key[i % 4]);

afterEach(() => findNative(ways.engine));

for (const [way, find] of Object.entries(ways)) {
  test(`${way}: every length and place, in place and into other memory`, () => {
    findNative(find);
    const key = Buffer.from([0x81, 0x02, 0xf3, 0x44]);
    for (const length of [0, 1, 3, 1023, 1024, 1025, 4097, 16_383, 16_384, 16_385, 70_001]) {
      for (const at of [0, 1, 2, 3, 5]) {
        const bytes = noise(length);
        const expected = masked(bytes, key);
        const out = Buffer.alloc(length + at + 3, 7);
        maskInto(key.readInt32LE(), bytes, out, at);
        assert.deepEqual(bytes, noise(length), 'the source is as it was');
        assert.deepEqual(out.subarray(at, at + length), expected, `${length} at ${at}`);
        assert.ok([...out.subarray(0, at), ...out.subarray(at + length)].every((b) => b === 7));
        const room = Buffer.alloc(length + at + 3, 7);
        const inside = room.subarray(at, at + length);
        inside.set(bytes);
        maskInto(key.readInt32LE(), inside, inside, 0);
        assert.deepEqual(inside, expected);
        assert.ok(
          [...room.subarray(0, at), ...room.subarray(at + length)].every((b) => b === 7),
        );
      }
    }
  });

  test(`${way}: messages of every kind go from a client to a server`, () => {
    findNative(find);
    const text = 'żółć 😀 and ASCII, '.repeat(9000);
    const payloads = [noise(1500), noise(16_384), noise(200_003), text];
    for (const ownsInput of [true, false]) {
      const client = new Stream({ role: 'client' });
      const server = new Stream({ ownsInput });
      const sent = Buffer.concat(payloads.map((payload) => client.encode(payload)));
      for (const size of [sent.length, 65_536, 5000]) {
        const received = [];
        const bytes = Buffer.from(sent);
        for (let at = 0; at < bytes.length; at += size) {
          const chunk = new Uint8Array(bytes.subarray(at, at + size));
          const before = Buffer.from(chunk);
          received.push(...server.receive(chunk));
          if (!ownsInput) assert.ok(before.equals(chunk), 'the input is as it was');
        }
        assert.deepEqual(
          received.map((event) => /** @type {any} */ (event).data),
          payloads.map((data) => (typeof data === 'string' ? data : Buffer.from(data))),
        );
      }
    }
  });
}

test('bufferutil is used for what is long, where it is', () => {
  Object.assign(calls, { mask: 0, unmask: 0 });
  findNative(ways.bufferutil);
  const client = new Stream({ role: 'client' });
  const frame = client.encode(noise(100_000));
  assert.equal(calls.mask, 1);
  new Stream({ ownsInput: true }).receive(new Uint8Array(frame));
  assert.equal(calls.unmask, 1);
  new Stream().receive(new Uint8Array(frame));
  assert.equal(calls.mask, 2);
});

test('a key turns with the bytes before it', () => {
  const key = Buffer.from([1, 2, 3, 0x84]);
  const turned = (/** @type {number} */ by) =>
    Buffer.from([...key.subarray(by), ...key.subarray(0, by)]).readInt32LE();
  for (let length = 0; length < 9; length++) {
    assert.equal(keyAfter(key.readInt32LE(), length), turned(length % 4));
  }
  assert.equal(keyOf(Buffer.from([0x82, 0x81, ...key])), key.readInt32LE());
});

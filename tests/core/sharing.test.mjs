// Whose memory bytes lie in: nobody gets at another stream's through what it was given.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from 'ws4wasm';
import { frame as wire } from '../support/wire.mjs';

const key = Buffer.from('be04e66a', 'hex');

/** @param {string} payload */
const masked = (payload) => wire({ opcode: 2, payload, key });

/** All of the memory behind some bytes, as text. @param {Uint8Array} bytes */
const behind = (bytes) =>
  Buffer.from(/** @type {ArrayBuffer} */ (bytes.buffer)).toString('latin1');

/** @param {Stream} stream @param {string} payload @returns {Uint8Array} */
function received(stream, payload) {
  const [event] = stream.receive(masked(payload));
  return /** @type {any} */ (event).data;
}

for (const length of [1, 3, 5, 16, 100, 125, 200, 1000, 3000]) {
  test(`messages and frames of ${length} bytes, of streams that take turns`, () => {
    const streams = Array.from({ length: 3 }, () => new Stream());
    for (let round = 0; round < 20; round++) {
      for (const [i, stream] of streams.entries()) {
        const own = 'abc'[i];
        const others = ['abc'.replace(own, ''), 'xyz'.replace('xyz'[i], '')].join('');
        const data = received(stream, own.repeat(length));
        assert.equal(String(data), own.repeat(length));
        assert.doesNotMatch(behind(data), new RegExp(`[${others}]`));
        const frame = stream.encode(Buffer.alloc(length, 'xyz'[i]));
        assert.doesNotMatch(behind(frame), new RegExp(`[${others}]`));
      }
    }
    for (const stream of streams) stream.free();
  });

  test(`messages of ${length} bytes that one stream gets: zeros, and no more of them`, () => {
    const stream = new Stream();
    for (let round = 0; round < 50; round++) {
      // What else was in the engine's memory is not in what comes out of it.
      new Stream().receive(masked('s'.repeat(4000)));
      const data = received(stream, 'a'.repeat(length));
      assert.match(behind(data), /^[a\0]*$/);
    }
    stream.free();
  });
}

test('whoever gives memory away empties no message of another stream, nor stops its own', () => {
  const [one, other] = [new Stream(), new Stream()];
  const kept = received(other, 'kept');
  for (let round = 0; round < 5; round++) {
    const given = received(one, 'given');
    structuredClone(given.buffer, { transfer: [/** @type {ArrayBuffer} */ (given.buffer)] });
    assert.equal(String(received(one, 'after')), 'after');
    assert.equal(String(received(other, 'more')), 'more');
  }
  assert.equal(String(kept), 'kept');
});

test('a frame of some bytes keeps no more alive than 8 KiB', () => {
  const stream = new Stream();
  for (const length of [10, 200, 1000, 3000]) {
    for (let i = 0; i < 3; i++) {
      const frame = stream.encode(Buffer.alloc(length));
      assert.ok(frame.buffer.byteLength <= 8192, `${frame.buffer.byteLength} for ${length}`);
    }
  }
});

test('messages that came in two pieces, of streams that take turns', () => {
  const streams = Array.from({ length: 3 }, () => new Stream());
  for (let round = 0; round < 12; round++) {
    const datas = streams.map((stream, i) => {
      const bytes = masked('abc'[i].repeat(6000));
      assert.deepEqual(stream.receive(bytes.subarray(0, 5000)), []);
      return bytes.subarray(5000);
    });
    for (const [i, stream] of streams.entries()) {
      const [event] = stream.receive(datas[i]);
      const { data } = /** @type {any} */ (event);
      assert.equal(String(data), 'abc'[i].repeat(6000));
      assert.doesNotMatch(behind(data), new RegExp(`[${'abc'.replace('abc'[i], '')}]`));
    }
  }
});

// `frames: true`: every frame's header, where it stands, before what it carries.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { cut, hex, plain, random, receiveAll, frame as wire } from '../support/wire.mjs';

const key = Buffer.from('be04e66a', 'hex');

/**
 * What a stream must say of these frames.
 * @param {import('../support/wire.mjs').WireFrame[]} frames
 */
function headers(frames) {
  let offset = 0;
  return frames.map((frame) => {
    const { opcode = 1, payload = '', fin = true, rsv = 0, key: mask } = frame;
    const { length } = Buffer.from(payload);
    const total = wire(frame).length;
    const event = {
      type: 'frame',
      offset,
      headerLength: total - length,
      fin,
      rsv1: (rsv & 4) !== 0,
      rsv2: (rsv & 2) !== 0,
      rsv3: (rsv & 1) !== 0,
      opcode,
      masked: mask !== undefined,
      payloadLength: length,
      key: mask && hex(mask),
    };
    offset += total;
    return event;
  });
}

/** @param {import('../support/wire.mjs').WireFrame[]} frames */
const join = (frames) => Buffer.concat(frames.map(wire));

/** @param {{ type: string }[]} events */
const ofFrames = (events) => events.filter(({ type }) => type === 'frame');

const conversation = (/** @type {Buffer | undefined} */ mask) => [
  { payload: 'first', key: mask },
  { payload: '', key: mask },
  { payload: 'é'.repeat(63), fin: false, key: mask },
  { opcode: 9, payload: 'ping', key: mask },
  { opcode: 0, payload: 'x'.repeat(200), fin: false, key: mask },
  { opcode: 10, payload: '', key: mask },
  { opcode: 0, payload: '', key: mask },
  { opcode: 2, payload: Buffer.alloc(300, 'b'), key: mask },
  { opcode: 8, payload: Buffer.from('03e8', 'hex'), key: mask },
];

describe('every split of a conversation', () => {
  for (const mask of [undefined, key]) {
    for (const partial of [false, true]) {
      const role = mask ? 'server' : 'client';
      test(`${role}${partial ? ', partial' : ''}`, () => {
        const frames = conversation(mask);
        const bytes = join(frames);
        const wanted = headers(frames);
        for (let at = 0; at <= bytes.length; at++) {
          const stream = new Stream({ role, frames: true, partial });
          const events = receiveAll(stream, [bytes.subarray(0, at), bytes.subarray(at)]);
          assert.deepEqual(ofFrames(events.map(plain)), wanted, `cut at ${at}`);
          stream.free();
        }
        for (const length of [1, 2, 3, 11]) {
          const events = receiveAll(
            new Stream({ role, frames: true, partial }),
            cut(bytes, [length]),
          );
          assert.deepEqual(ofFrames(events.map(plain)), wanted);
        }
      });
    }
  }
});

test('a header comes before what its frame carries, and messages are the same', () => {
  const frames = conversation(key);
  const bytes = join(frames);
  const events = new Stream({ frames: true }).receive(bytes);
  assert.deepEqual(
    events.map((event) => (event.type === 'frame' ? event.opcode : event.type)),
    [1, 'text', 1, 'text', 1, 9, 'ping', 0, 10, 'pong', 0, 'text', 2, 'binary', 8, 'close'],
  );
  const messages = events.filter(({ type }) => type !== 'frame');
  assert.deepEqual(messages.map(plain), new Stream().receive(bytes).map(plain));
});

test('a header comes as soon as it is complete', () => {
  const stream = new Stream({ frames: true });
  const bytes = wire({ payload: 'x'.repeat(126), key });
  for (let at = 0; at < 7; at++)
    assert.deepEqual(stream.receive(bytes.subarray(at, at + 1)), []);
  const [event, ...more] = stream.receive(bytes.subarray(7, 8));
  assert.deepEqual([event.type, more], ['frame', []]);
});

test('with partial, pieces come between the headers they belong to', () => {
  const stream = new Stream({ role: 'client', frames: true, partial: true });
  const events = stream.receive(
    join([
      { payload: 'ab', fin: false },
      { opcode: 0, payload: 'cd', fin: false },
      { opcode: 9, payload: 'p' },
      { opcode: 0, payload: 'ef' },
    ]),
  );
  assert.deepEqual(
    events.map((event) => (event.type === 'fragment' ? event.data : event.type)),
    ['frame', 'ab', 'frame', 'cd', 'frame', 'ping', 'frame', 'ef'],
  );
});

test('offsets beyond a region, and beyond 4 GiB', () => {
  const { bytes, below } = random(50);
  const frames = Array.from({ length: 300 }, () => ({
    opcode: 2,
    payload: bytes(below(3000)),
    key,
  }));
  const all = join(frames);
  assert.ok(all.length > 5 * 65_536);
  const wanted = headers(frames);
  for (const lengths of [[all.length], [65_536], [65_537], [1000, 70_000], [1 + below(400)]]) {
    const stream = new Stream({ frames: true });
    const events = receiveAll(stream, cut(all, lengths));
    assert.deepEqual(ofFrames(events.map(plain)), wanted);
    stream.free();
  }
  const far = new Stream({
    frames: true,
    partial: true,
    role: 'client',
    maxMessageSize: Infinity,
  });
  const header = Buffer.alloc(10);
  header[0] = 0x82;
  header[1] = 127;
  // A frame of 80 MiB and a bit: what is checked is the sum over many inputs.
  const size = 80 * 2 ** 20 + 12_345;
  header.writeBigUInt64BE(BigInt(size), 2);
  far.receive(header);
  const chunk = Buffer.alloc(2 ** 20);
  for (let left = size; left > 0; left -= chunk.length) far.receive(chunk.subarray(0, left));
  const [event] = far.receive(wire({ payload: '' }));
  assert.ok(event.type === 'frame' && event.offset === size + 10);
});

test('headers of every length form', () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    for (const mask of [undefined, key]) {
      const frame = { opcode: 2, payload: Buffer.alloc(length), key: mask };
      const stream = new Stream({ frames: true, role: mask ? 'server' : 'client' });
      const [event, message] = stream.receive(wire(frame));
      assert.deepEqual([event].map(plain), headers([frame]));
      assert.ok(event.type === 'frame');
      assert.equal(event.maskingKey && Buffer.isBuffer(event.maskingKey), mask && true);
      assert.equal(message.type, 'binary');
    }
  }
});

test('an announced length is the number that it is', () => {
  for (const length of [
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 32n + 5n,
    2n ** 53n - 1n,
    2n ** 62n,
  ]) {
    const header = Buffer.alloc(10);
    header[0] = 0x82;
    header[1] = 127;
    header.writeBigUInt64BE(length, 2);
    const stream = new Stream({ role: 'client', frames: true, maxMessageSize: Infinity });
    const [event, ...more] = stream.receive(header);
    assert.ok(event.type === 'frame');
    assert.equal(event.payloadLength, Number(length));
    assert.deepEqual(more, []);
    // And over a limit it is over, whatever 32 bits of it are.
    const [frame, error] = new Stream({ role: 'client', frames: true }).receive(header);
    assert.ok(frame.type === 'frame' && error.type === 'error' && error.error.code === 1009);
  }
});

test('a header that is not allowed gives no frame, but an error', () => {
  for (const bytes of ['c180', '8380', '0980', '8980', '81fe007d00000000', '8000']) {
    const events = new Stream({
      frames: true,
      role: bytes === '8980' ? 'client' : 'server',
    }).receive(Buffer.from(bytes, 'hex'));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['error'],
      bytes,
    );
  }
});

test('keys are copies', () => {
  const stream = new Stream({ frames: true });
  const [first] = stream.receive(wire({ payload: 'a', key }));
  stream.receive(wire({ payload: 'b', key: Buffer.from('01020304', 'hex') }));
  assert.ok(first.type === 'frame' && first.maskingKey);
  assert.equal(hex(first.maskingKey), 'be04e66a');
});

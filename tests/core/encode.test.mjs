// Messages into bytes, judged by a second implementation of the wire format.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream, StreamClosed } from 'ws4wasm';
import { hex, parse, plain, random, frame as wire } from '../support/wire.mjs';

const REGION = 65_536;

/** Lengths at which something changes: the header, the regions, the room for text. */
const boundaries = [
  0,
  1,
  2,
  15,
  16,
  17,
  125,
  126,
  127,
  21_845,
  32_768,
  43_690,
  REGION,
  2 * REGION,
]
  .flatMap((length) => [length - 1, length, length + 1])
  .filter((length) => length >= 0);

// [RFC 6455 5.1-1, 5.1-3, 5.2-5, 6.1-3]
describe('payloads of every boundary length', () => {
  for (const role of /** @type {const} */ (['server', 'client'])) {
    test(`binary, ${role}`, () => {
      const { bytes } = random(30);
      const all = bytes(3 * REGION);
      const stream = new Stream({ role });
      for (const length of [...new Set(boundaries)]) {
        const payload = all.subarray(3, 3 + length);
        for (const data of [payload, new Uint8Array(payload).buffer]) {
          const [frame, ...more] = parse(stream.encode(data));
          assert.equal(more.length, 0);
          assert.deepEqual(
            [frame.fin, frame.rsv, frame.opcode, frame.masked],
            [true, 0, 2, role === 'client'],
          );
          assert.ok(frame.payload.equals(payload), `${length}`);
        }
      }
    });

    test(`text, ${role}`, () => {
      const stream = new Stream({ role });
      for (const unit of ['a', 'é', '漢', '𝒳', 'añ漢𝒳']) {
        for (const length of [...new Set(boundaries)]) {
          const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
          const [frame, ...more] = parse(stream.encode(text));
          assert.equal(more.length, 0);
          assert.deepEqual(
            [frame.fin, frame.opcode, frame.masked],
            [true, 1, role === 'client'],
          );
          assert.ok(frame.payload.equals(Buffer.from(text)), `${length} of ${unit}`);
        }
      }
    });
  }

  test('messages, single and fragment', () => {
    const stream = new Stream();
    for (const length of [...new Set(boundaries)]) {
      const text = 'é'.repeat(length);
      const message = stream.textMessage(text);
      for (const mask of [false, true]) {
        const [frame] = parse(message.single(mask));
        assert.ok(frame.payload.equals(Buffer.from(text)) && frame.masked === mask);
        const [first] = parse(message.fragment({ first: true, mask }));
        assert.ok(first.payload.equals(Buffer.from(text)) && !first.fin && first.opcode === 1);
      }
    }
  });

  test('a long payload over many regions', () => {
    const { bytes } = random(31);
    const payload = Buffer.alloc(5 * REGION + 123, bytes(4099));
    const [frame] = parse(new Stream({ role: 'client' }).encode(payload));
    assert.ok(frame.payload.equals(payload));
    const text = 'längerer Text, 漢字. '.repeat(20_000);
    const [long] = parse(new Stream({ role: 'client' }).encode(text));
    assert.equal(long.payload.toString(), text);
  });
});

test('the bytes are Buffers that nobody else changes', () => {
  const stream = new Stream();
  const frames = ['one', 'two', 'three'].map((text) => stream.encode(text));
  const data = Buffer.from('data');
  const copy = stream.encode(data);
  data.fill('x');
  assert.deepEqual(
    frames.map((bytes) => String(parse(bytes)[0].payload)),
    ['one', 'two', 'three'],
  );
  assert.equal(String(parse(copy)[0].payload), 'data');
  assert.ok(frames.every((bytes) => Buffer.isBuffer(bytes)));
});

describe('masking', () => {
  // [RFC 6455 5.3-2]
  test('keys differ from frame to frame, and look random', () => {
    const stream = new Stream({ role: 'client' });
    /** @type {string[]} */
    const keys = [];
    for (let i = 0; i < 3000; i++) {
      keys.push(hex(parse(stream.encode('a'))[0].key));
      keys.push(hex(parse(stream.ping('a'))[0].key));
      keys.push(hex(parse(stream.textMessage('a').single(true))[0].key));
    }
    // Of 9000 random 32-bit numbers about 0.01 pairs are equal.
    assert.ok(new Set(keys).size >= keys.length - 3, `${new Set(keys).size} of ${keys.length}`);
    const ones = keys.reduce((sum, key) => sum + bits(Number.parseInt(key, 16)), 0);
    // 16 of 32 bits, with a standard deviation of 2.83 / sqrt(9000) = 0.03.
    assert.ok(Math.abs(ones / keys.length - 16) < 0.3, `${ones / keys.length} bits set`);
    for (let at = 0; at < 8; at += 2) {
      const values = new Set(keys.map((key) => key.slice(at, at + 2)));
      assert.equal(values.size, 256);
    }
  });

  test('two streams do not share keys', () => {
    const take = () => {
      const stream = new Stream({ role: 'client' });
      return Array.from({ length: 50 }, () => hex(parse(stream.encode('a'))[0].key));
    };
    assert.equal(new Set([...take(), ...take()]).size, 100);
  });

  // [RFC 6455 5.1-3]
  test('a server does not mask unless told', () => {
    assert.equal(hex(new Stream().encode('a')), '810161');
    assert.ok(parse(new Stream({ alwaysMask: true }).encode('a'))[0].masked);
    assert.equal(hex(new Stream({ role: 'client', alwaysMask: false }).encode('a')), '810161');
  });
});

describe('fragments', () => {
  // [RFC 6455 6.1-4, 6.1-5]
  test('first and fin, text and binary', () => {
    const stream = new Stream();
    assert.equal(hex(stream.encode('a', { fin: false })), '010161');
    assert.equal(hex(stream.encode('b', { first: false, fin: false })), '000162');
    assert.equal(hex(stream.ping('p')), '890170');
    assert.equal(hex(stream.encode('c', { first: false })), '800163');
    const bytes = Buffer.from('x');
    assert.equal(hex(stream.encode(bytes, { fin: false })), '020178');
    assert.equal(hex(stream.encode(bytes, { first: false, fin: true })), '800178');
    assert.equal(hex(stream.encode('a', { binary: true })), '820161');
    assert.equal(hex(stream.encode(bytes, { binary: false })), '810178');
    assert.equal(hex(stream.encode('', {})), '8100');
    assert.equal(hex(stream.encode('', { compress: true })), '8100');
  });

  // [RFC 6455 5.4-3]
  test('out of order is a RangeError that changes nothing', () => {
    const stream = new Stream();
    const stray = { name: 'RangeError', message: /^first is false; / };
    const open = { name: 'RangeError', message: /^first is true; / };
    for (const data of ['a', Buffer.from('a'), 'x'.repeat(100_000)]) {
      assert.throws(() => stream.encode(data, { first: false }), stray);
      assert.throws(() => stream.encode(data, { first: false, fin: false }), stray);
    }
    stream.encode('a', { fin: false });
    for (const data of ['a', Buffer.from('a'), 'x'.repeat(100_000)]) {
      assert.throws(() => stream.encode(data), open);
      assert.throws(() => stream.encode(data, { fin: false }), open);
      assert.throws(() => stream.encode(data, { binary: true }), open);
    }
    assert.equal(hex(stream.encode('b', { first: false })), '800162');
    assert.throws(() => stream.encode('a', { first: false }), stray);
    assert.equal(hex(stream.encode('a')), '810161');
  });

  // [RFC 6455 5.4-2, 5.4-5]
  test('a peer puts them together', () => {
    const { bytes, below } = random(32);
    const client = new Stream({ role: 'client' });
    const server = new Stream();
    for (let round = 0; round < 50; round++) {
      const payload = bytes(below(3000));
      const out = [];
      for (let at = 0; ; ) {
        const end = Math.min(payload.length, at + below(1000));
        const fin = end === payload.length;
        out.push(client.encode(payload.subarray(at, end), { first: out.length === 0, fin }));
        at = end;
        if (fin) break;
      }
      const events = server.receive(Buffer.concat(out));
      assert.deepEqual(events.map(plain), [{ type: 'binary', hex: hex(payload) }]);
    }
  });
});

describe('text given as bytes', () => {
  const asText = { binary: false };

  test('must be UTF-8', () => {
    const stream = new Stream();
    const bad = Buffer.from('ok \xff', 'latin1');
    assert.throws(() => stream.encode(bad, asText), {
      name: 'RangeError',
      message: /at byte 3/,
    });
    const cutShort = Buffer.from('é').subarray(0, 1);
    assert.throws(() => stream.encode(cutShort, asText), {
      name: 'RangeError',
      message: /inside a character/,
    });
    assert.equal(hex(stream.encode(Buffer.from('é'), asText)), '8102c3a9');
    const long = Buffer.from('é'.repeat(100_000));
    assert.ok(parse(stream.encode(long, asText))[0].payload.equals(long));
    long[150_001] = 0xff;
    assert.throws(() => stream.encode(long, asText), {
      name: 'RangeError',
      message: /at byte 150001/,
    });
  });

  test('may be cut inside characters by fragments', () => {
    const bytes = Buffer.from('añ漢𝒳');
    for (let at = 0; at <= bytes.length; at++) {
      for (let to = at; to <= bytes.length; to++) {
        const client = new Stream({ role: 'client' });
        const parts = [
          client.encode(bytes.subarray(0, at), { binary: false, fin: false }),
          client.encode(bytes.subarray(at, to), { first: false, fin: false }),
          client.encode(bytes.subarray(to), { first: false, binary: false }),
        ];
        const [event] = new Stream().receive(Buffer.concat(parts));
        assert.ok(event.type === 'text' && event.data === 'añ漢𝒳');
        client.free();
      }
    }
  });

  // [RFC 6455 5.6-1]
  test('is checked over its fragments', () => {
    const stream = new Stream();
    stream.encode(Buffer.from('e6', 'hex'), { binary: false, fin: false });
    // Each is refused and changes nothing.
    assert.throws(() => stream.encode(Buffer.from('ff', 'hex'), { first: false }), RangeError);
    assert.throws(() => stream.encode(Buffer.from('bc', 'hex'), { first: false }), RangeError);
    assert.throws(() => stream.encode('a', { first: false, fin: false }), RangeError);
    assert.throws(() => stream.encode('', { first: false }), RangeError);
    assert.throws(() => stream.encode('new message'), RangeError);
    assert.throws(() => stream.encode(Buffer.from('a'), { binary: false }), RangeError);
    const rest = Buffer.from('bca2', 'hex');
    assert.equal(hex(stream.encode(rest, { first: false })), '8002bca2');
    // And what follows begins anew.
    assert.equal(hex(stream.encode(Buffer.from('a'), asText)), '810161');
  });

  test('a refused first fragment leaves nothing behind', () => {
    const stream = new Stream();
    stream.encode('a', { fin: false });
    assert.throws(
      () => stream.encode(Buffer.from('e6', 'hex'), { binary: false, fin: false }),
      RangeError,
    );
    assert.equal(hex(stream.encode('b', { first: false })), '800162');
    assert.equal(hex(stream.encode(Buffer.from('c'), asText)), '810163');
  });

  test('a binary message may be anything, whatever its later fragments say', () => {
    const stream = new Stream();
    const bad = Buffer.from('ff', 'hex');
    stream.encode(bad, { fin: false });
    assert.equal(hex(stream.encode(bad, { first: false, fin: false })), '0001ff');
    assert.equal(hex(stream.encode(bad, { first: false, binary: false })), '8001ff');
  });

  test('a text message stays one, whatever its later fragments say', () => {
    const stream = new Stream();
    stream.encode('a', { fin: false });
    assert.throws(() => stream.encode(Buffer.from('ff', 'hex'), { first: false }), RangeError);
    assert.throws(
      () => stream.encode(Buffer.from('ff', 'hex'), { first: false, binary: true }),
      RangeError,
    );
    assert.equal(hex(stream.encode(Buffer.from('b'), { first: false })), '800162');
  });
});

describe('after the end', () => {
  const uses = (/** @type {Stream} */ stream) => [
    () => stream.encode('a'),
    () => stream.encode('a', { fin: false }),
    () => stream.encode(Buffer.alloc(100_000)),
    () => stream.ping(),
    () => stream.pong('x'),
    () => stream.close(),
    () => stream.textMessage('a'),
    () => stream.binaryMessage(Buffer.from('a')),
    () => stream.prepare('a'),
  ];

  // [RFC 6455 5.5.1-3, 6.1-1]
  test('our own close', () => {
    const stream = new Stream();
    const close = stream.close(1001, 'bye');
    assert.deepEqual([close.code, close.reason], [1001, 'bye']);
    for (const use of uses(stream)) assert.throws(use, StreamClosed);
    // What the peer sends until it has seen the close still arrives.
    const [event] = stream.receive(wire({ payload: 'late', key: Buffer.alloc(4) }));
    assert.equal(event.type, 'text');
  });

  test('a failure', () => {
    const stream = new Stream();
    const [event] = stream.receive(wire({ payload: 'not masked' }));
    assert.ok(event.type === 'error');
    for (const use of uses(stream)) assert.throws(use, StreamClosed);
    // What to send is in the event.
    const [frame] = parse(event.close.single());
    assert.equal(frame.opcode, 8);
    assert.equal(frame.payload.readUInt16BE(), 1002);
  });

  test('a received close is answered', () => {
    const stream = new Stream();
    const [event] = stream.receive(
      wire({ opcode: 8, payload: Buffer.from('03e8', 'hex'), key: Buffer.alloc(4) }),
    );
    assert.ok(event.type === 'close');
    assert.equal(hex(stream.close(event.code).single()), '880203e8');
    for (const use of uses(stream)) assert.throws(use, StreamClosed);
  });

  test('an empty close is answered by an empty close', () => {
    const stream = new Stream();
    const [event] = stream.receive(Buffer.from('888000000000', 'hex'));
    assert.ok(event.type === 'close');
    assert.deepEqual([event.code, event.reason, event.length], [1005, '', 0]);
    assert.equal(hex(event.single()), '8800');
    assert.equal(hex(stream.close(null).single()), '8800');
  });
});

describe('prepare', () => {
  test('gives a frame that any server stream may send', () => {
    const stream = new Stream();
    assert.equal(hex(stream.prepare('é')), '8102c3a9');
    assert.equal(hex(stream.prepare(Buffer.from('a'))), '820161');
    assert.equal(hex(stream.prepare(Uint8Array.of(1).buffer)), '820101');
    const client = new Stream({ role: 'client' });
    const [event] = client.receive(stream.prepare('é'.repeat(50_000)));
    assert.ok(event.type === 'text' && event.length === 100_000);
  });

  test('is not part of what the stream itself sends', () => {
    const stream = new Stream();
    stream.encode('a', { fin: false });
    assert.equal(hex(stream.prepare('b')), '810162');
    assert.equal(hex(stream.encode('c', { first: false })), '800163');
  });
});

/** @param {number} n */
function bits(n) {
  let count = 0;
  for (let rest = n; rest; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

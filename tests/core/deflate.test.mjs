// permessage-deflate: the options, what is compressed and what not, other people's zlib at the
// other end, bombs, and what it costs in memory.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';
import { InvalidBytesError, Stream } from 'ws4wasm';
import { inChild } from '../support/child.mjs';

/** @typedef {import('ws4wasm').DeflateOptions} DeflateOptions */

const TAIL = Buffer.of(0, 0, 0xff, 0xff);
const { Z_SYNC_FLUSH } = zlib.constants;

/** Both ends of a connection. @param {DeflateOptions | boolean} [deflate] @param {object} [more] */
function pair(deflate = true, more = {}) {
  return {
    server: new Stream({ role: 'server', deflate, ...more }),
    client: new Stream({ role: 'client', deflate, ...more }),
  };
}

/**
 * The message that a stream makes of bytes, and nothing else.
 * @param {Stream} stream
 * @param {Uint8Array[]} parts
 */
function message(stream, ...parts) {
  const events = /** @type {any[]} */ (parts.flatMap((part) => stream.receive(part)));
  assert.equal(events.length, 1, `${events[0]?.error}`);
  return events[0].data;
}

/** Frames of a server, taken apart. @param {Uint8Array} bytes */
function frames(bytes) {
  const out = [];
  const view = Buffer.from(bytes);
  for (let at = 0; at < view.length; ) {
    const short = view[at + 1] & 127;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    const length = size
      ? view.readUIntBE(at + 2 + Math.max(0, size - 6), Math.min(size, 6))
      : short;
    const start = at + 2 + size;
    out.push({
      fin: view[at] > 127,
      rsv1: (view[at] & 64) > 0,
      opcode: view[at] & 15,
      payload: view.subarray(start, start + length),
    });
    at = start + length;
  }
  return out;
}

/**
 * The start of a server's frame.
 * @param {number} first
 * @param {number} length
 */
function header(first, length) {
  if (length < 126) return Buffer.of(first, length);
  if (length < 65_536) return Buffer.of(first, 126, length >> 8, length & 255);
  const bytes = Buffer.of(first, 127, 0, 0, 0, 0, 0, 0, 0, 0);
  bytes.writeUIntBE(length, 4, 6);
  return bytes;
}

/** Numbers that look random, and are the same every time. @param {number} seed */
function random(seed) {
  return (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

/** Text with something to repeat, or bytes with nothing. @param {(below: number) => number} pick */
function payload(pick) {
  const length = pick(10) === 0 ? pick(3000) : pick(200);
  if (pick(4) === 0) return Buffer.from(Array.from({ length }, () => pick(256)));
  const words = ['price', '"id":', ' the ', 'größe', '漢字', '🎉', '{', '}', '0', '1234'];
  let text = '';
  while (text.length < length) text += words[pick(words.length)];
  return text;
}

describe('the option', () => {
  test('what was agreed on can be read', () => {
    assert.equal(new Stream().deflate, undefined);
    assert.equal(new Stream({ deflate: false }).deflate, undefined);
    const all = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    };
    assert.deepEqual(new Stream({ deflate: true }).deflate, all);
    assert.deepEqual(new Stream({ deflate: {} }).deflate, all);
    const given = { serverNoContextTakeover: true, clientMaxWindowBits: 8 };
    assert.deepEqual(new Stream({ deflate: { ...given, level: 9 } }).deflate, {
      ...all,
      ...given,
    });
    assert.ok(Object.isFrozen(new Stream({ deflate: true }).deflate));
  });

  test('what is wrong is named', () => {
    for (const [deflate, type, message] of /** @type {const} */ ([
      ['yes', TypeError, /^deflate is "yes"; it must be true, false or an object$/],
      [null, TypeError, /^deflate is null; /],
      [{ level: 10 }, RangeError, /^deflate.level is 10; it must be an integer from 0 to 9$/],
      [{ level: '6' }, TypeError, /^deflate.level is "6"; /],
      [{ memLevel: 0 }, RangeError, /^deflate.memLevel is 0; /],
      [{ threshold: -1 }, RangeError, /^deflate.threshold is -1; /],
      [
        { serverMaxWindowBits: 7 },
        RangeError,
        /^deflate.serverMaxWindowBits is 7; .* 8 to 15$/,
      ],
      [{ clientMaxWindowBits: 16 }, RangeError, /^deflate.clientMaxWindowBits is 16; /],
      [{ clientMaxWindowBits: true }, TypeError, /^deflate.clientMaxWindowBits is true; /],
      [{ serverNoContextTakeover: 1 }, TypeError, /^deflate.serverNoContextTakeover is 1; /],
    ])) {
      const make = () => new Stream({ deflate: /** @type {any} */ (deflate) });
      assert.throws(make, (/** @type {any} */ error) => {
        assert.ok(error instanceof type);
        assert.match(error.message, message);
        return true;
      });
    }
  });
});

describe('what is compressed', () => {
  const text = 'again and again and again and again and again and again';
  /** @param {Stream} stream @param {string | Uint8Array} data @param {any} [options] */
  const rsv1 = (stream, data, options) => frames(stream.encode(data, options))[0].rsv1;

  test('messages from the threshold on, unless there is a choice', () => {
    const { server } = pair();
    assert.equal(rsv1(server, 'x'.repeat(31)), false);
    assert.equal(rsv1(server, 'x'.repeat(32)), true);
    assert.equal(rsv1(server, 'x', { compress: true }), true);
    assert.equal(rsv1(server, text, { compress: false }), false);
    const alone = pair({ serverNoContextTakeover: true }).server;
    assert.equal(rsv1(alone, 'x'.repeat(255)), false);
    assert.equal(rsv1(alone, 'x'.repeat(256)), true);
    const chosen = pair({ threshold: 3 }).server;
    assert.equal(rsv1(chosen, 'xx'), false);
    assert.equal(rsv1(chosen, 'xxx'), true);
    const none = new Stream();
    assert.equal(rsv1(none, text, { compress: true }), false);
    assert.throws(() => server.encode('x', { compress: /** @type {any} */ (1) }), {
      name: 'TypeError',
      message: 'compress is 1; it must be true or false',
    });
  });

  // [RFC 6455 5.2-1, RFC 7692 6-1]
  test('all fragments of a message, and RSV1 on the first only', () => {
    const { server, client } = pair();
    const parts = [
      server.encode('again and ', { fin: false }),
      server.ping('between'),
      server.encode('', { first: false, fin: false }),
      server.encode('again', { first: false, compress: false }),
    ];
    const all = parts.flatMap((bytes) => frames(bytes));
    assert.deepEqual(
      all.map(({ opcode, rsv1, fin }) => [opcode, rsv1, fin]),
      [
        [1, true, false],
        [9, false, true],
        [0, false, false],
        [0, false, true],
      ],
    );
    const events = /** @type {any[]} */ (parts.flatMap((bytes) => client.receive(bytes)));
    assert.deepEqual(
      events.map(({ type, data }) => [type, `${data}`]),
      [
        ['ping', 'between'],
        ['text', 'again and again'],
      ],
    );
    const plain = server.encode('as it is', { fin: false, compress: false });
    const rest = server.encode(', too', { first: false, compress: true });
    assert.equal(frames(plain)[0].rsv1, false);
    assert.equal(message(client, Buffer.concat([plain, rest])), 'as it is, too');
  });

  test('what gets longer goes out as it is, where no window has it', () => {
    const pick = random(1);
    const noise = Uint8Array.from({ length: 1000 }, () => pick(256));
    const alone = pair({ serverNoContextTakeover: true });
    const sent = alone.server.encode(noise);
    assert.deepEqual([frames(sent)[0].rsv1, sent.length], [false, 1004]);
    assert.deepEqual(new Uint8Array(message(alone.client, sent)), noise);
    // With takeover the window has it, so it has to go out.
    const { server, client } = pair();
    const first = server.encode(noise);
    assert.equal(frames(first)[0].rsv1, true);
    assert.deepEqual(new Uint8Array(message(client, first)), noise);
    const second = server.encode(noise);
    assert.ok(second.length < 100, `${second.length}`);
    assert.deepEqual(new Uint8Array(message(client, second)), noise);
  });

  test('messages longer than a region, masked and not, whole and in fragments', () => {
    const pick = random(2);
    for (const length of [65_535, 65_536, 65_537, 200_000, 1_000_000]) {
      for (const data of [
        'long text '.repeat(length / 10),
        'härter 漢 '.repeat(length / 12),
        Uint8Array.from({ length }, () => pick(256)),
      ]) {
        for (const takeover of [true, false]) {
          const deflate = {
            serverNoContextTakeover: !takeover,
            clientNoContextTakeover: !takeover,
          };
          const { server, client } = pair(deflate);
          for (const [from, to] of [
            [server, client],
            [client, server],
          ]) {
            for (let again = 0; again < 2; again++) {
              const whole = message(to, from.encode(data));
              assert.ok(Buffer.from(data).equals(Buffer.from(whole)));
            }
            const half = data.length >> 1;
            const bytes = [
              from.encode(data.slice(0, half), { fin: false }),
              from.encode(data.slice(half), { first: false }),
            ];
            const whole = message(to, ...bytes);
            assert.ok(Buffer.from(data).equals(Buffer.from(whole)));
          }
        }
      }
    }
  });

  test('a frame that may not come changes nothing', () => {
    const { server, client } = pair();
    client.receive(server.encode(text));
    server.encode('x', { fin: false });
    const open = server.encode('y', { first: false });
    assert.ok(open.length > 0);
    const other = pair();
    other.client.receive(other.server.encode(text));
    const begun = other.server.encode(text, { fin: false });
    assert.throws(() => other.server.encode(text), RangeError);
    assert.throws(() => other.server.encode('x'.repeat(100_000)), RangeError);
    const rest = other.server.encode('!', { first: false });
    assert.equal(message(other.client, begun, rest), `${text}!`);
    assert.equal(message(other.client, other.server.encode(text)), text);
    other.server.close();
    assert.throws(() => other.server.encode(text), { name: 'StreamClosed' });
  });

  test('release() costs nothing but time', () => {
    const { server, client } = pair();
    const sizes = [];
    for (let i = 0; i < 5; i++) {
      const bytes = server.encode(`${text} ${i}`);
      sizes.push(bytes.length);
      server.release();
      client.release();
      assert.equal(message(client, bytes), `${text} ${i}`);
    }
    assert.ok(sizes[4] < sizes[0] * 0.75, `${sizes}`);
    server.free();
    assert.throws(() => server.release(), { name: 'StreamClosed' });
  });
});

/**
 * Many messages through a deflater of Node's, one flush each.
 * @param {zlib.DeflateRaw} deflate
 * @param {(string | Uint8Array)[]} messages
 */
async function compressed(deflate, messages) {
  const out = [];
  for (const message of messages) {
    /** @type {Buffer[]} */
    const parts = [];
    const take = (/** @type {Buffer} */ part) => void parts.push(part);
    deflate.on('data', take);
    deflate.write(message.length ? message : Buffer.alloc(0));
    await new Promise((resolve) => deflate.flush(Z_SYNC_FLUSH, () => resolve(undefined)));
    deflate.off('data', take);
    const whole = Buffer.concat(parts);
    out.push(whole.length ? whole.subarray(0, -4) : Buffer.of(0));
  }
  return out;
}

// 100,800 messages, half of them each way.
describe('zlib of Node.js at the other end', () => {
  const MESSAGES = 7200;
  for (const bits of [9, 10, 11, 12, 13, 14, 15]) {
    // [RFC 7692 7.2.1-1, 7.2.1-3, 7.2.1-7]
    test(`window bits ${bits}: it inflates what we deflate`, () => {
      const pick = random(bits);
      const options = { serverMaxWindowBits: bits, threshold: 0, level: pick(10) };
      const [adaptive, fixed] = [
        { serverMaxWindowBits: bits, threshold: 0 },
        { ...options, memLevel: 1 + pick(9) },
      ];
      for (const deflate of [adaptive, fixed]) {
        const { server } = pair(deflate);
        const messages = Array.from({ length: MESSAGES / 2 }, () => payload(pick));
        const sent = messages.map((message) => frames(server.encode(message))[0]);
        assert.ok(sent.every((frame) => frame.rsv1));
        const stream = sent.flatMap((frame) => [frame.payload, TAIL]);
        // In small pieces, because only between them does zlib look at how far back is pointed.
        const inflated = zlib.inflateRawSync(Buffer.concat(stream), {
          windowBits: bits,
          chunkSize: 64,
          finishFlush: Z_SYNC_FLUSH,
        });
        assert.ok(inflated.equals(Buffer.concat(messages.map((m) => Buffer.from(m)))));
      }
    });

    // [RFC 7692 7.2.2-1, 7.2.2-3]
    test(`window bits ${bits}: we inflate what it deflates`, async () => {
      const pick = random(100 + bits);
      const { client } = pair({ serverMaxWindowBits: bits });
      const zlibs = zlib.createDeflateRaw({ windowBits: bits, level: 1 + pick(9) });
      const messages = Array.from({ length: MESSAGES }, () => payload(pick));
      const payloads = await compressed(zlibs, messages);
      for (const [i, bytes] of payloads.entries()) {
        const sent = messages[i];
        const whole = Buffer.concat([
          header(typeof sent === 'string' ? 0xc1 : 0xc2, bytes.length),
          bytes,
        ]);
        const cut = pick(whole.length + 1);
        const data = message(client, whole.subarray(0, cut), whole.subarray(cut));
        assert.ok(Buffer.from(sent).equals(Buffer.from(data)));
      }
    });
  }

  // [RFC 7692 7.2.1-7]
  test('window bits 8: we look back no farther, although zlib has no such deflater', () => {
    const pick = random(8);
    const { server, client } = pair({ serverMaxWindowBits: 8, threshold: 0, level: 9 });
    const messages = Array.from({ length: 3000 }, () => payload(pick));
    const parts = [];
    for (const sent of messages) {
      const bytes = server.encode(sent);
      parts.push(frames(bytes)[0].payload, TAIL);
      assert.ok(Buffer.from(sent).equals(Buffer.from(message(client, bytes))));
    }
    const inflated = zlib.inflateRawSync(Buffer.concat(parts), {
      windowBits: 8,
      chunkSize: 64,
      finishFlush: Z_SYNC_FLUSH,
    });
    assert.ok(inflated.equals(Buffer.concat(messages.map((m) => Buffer.from(m)))));
  });
});

describe('each role as RFC 7692 section 7.2 has it', () => {
  const takeover = /** @type {const} */ ({
    server: 'serverNoContextTakeover',
    client: 'clientNoContextTakeover',
  });
  const window = /** @type {const} */ ({
    server: 'serverMaxWindowBits',
    client: 'clientMaxWindowBits',
  });
  // A client's too without masks, so that payloads can be read as they are.
  const alwaysMask = false;

  for (const role of /** @type {const} */ (['server', 'client'])) {
    // [RFC 7692 7.2.1-2]
    test(`${role}: the tail is taken off the last fragment only`, () => {
      const stream = new Stream({ role, deflate: true, alwaysMask });
      const parts = ['fragments of ', 'one text, ', 'and of one text'];
      const payloads = parts.map((part, i) => {
        const sent = stream.encode(part, { first: i === 0, fin: i === 2 });
        return frames(sent)[0].payload;
      });
      // zlib is given them with one tail, and finds no other that is missing.
      const all = Buffer.concat([...payloads, TAIL]);
      const inflated = zlib.inflateRawSync(all, { finishFlush: Z_SYNC_FLUSH });
      assert.equal(`${inflated}`, parts.join(''));
      assert.ok(!payloads[2].subarray(-4).equals(TAIL));
    });

    // [RFC 7692 7.2.1-4, 7.2.1-5]
    test(`${role}: without takeover each message begins anew`, () => {
      const deflate = { [takeover[role]]: true, threshold: 0 };
      const stream = new Stream({ role, deflate, alwaysMask });
      const text = 'again and again and again, '.repeat(5);
      const lengths = [1, 2, 3].map(() => {
        const [{ payload, rsv1 }] = frames(stream.encode(text));
        assert.ok(rsv1);
        const alone = Buffer.concat([payload, TAIL]);
        assert.equal(`${zlib.inflateRawSync(alone, { finishFlush: Z_SYNC_FLUSH })}`, text);
        return payload.length;
      });
      assert.equal(new Set(lengths).size, 1);
    });

    // [RFC 7692 7.2.1-3, 7.2.1-6, 7.2.1-7]
    test(`${role}: looks back no farther than agreed`, () => {
      for (const bits of [8, 9, 12, 15]) {
        const pick = random(bits);
        const deflate = { [window[role]]: bits, threshold: 0, level: 9 };
        const stream = new Stream({ role, deflate, alwaysMask });
        const messages = Array.from({ length: 400 }, () => payload(pick));
        const sent = messages.map((message) => frames(stream.encode(message))[0].payload);
        const inflated = zlib.inflateRawSync(
          Buffer.concat(sent.flatMap((bytes) => [bytes, TAIL])),
          { windowBits: bits, chunkSize: 64, finishFlush: Z_SYNC_FLUSH },
        );
        assert.ok(inflated.equals(Buffer.concat(messages.map((m) => Buffer.from(m)))));
      }
    });

    // [RFC 7692 7.2.2-1, 7.2.2-2, 7.2.2-3, 7.2.2-4]
    test(`${role}: takes what points back into the message before, 32,500 bytes`, async () => {
      const pick = random(3);
      // zlib itself points back 32,506 bytes at most.
      const bytes = Buffer.from(Array.from({ length: 32_500 }, () => pick(256)));
      const deflater = zlib.createDeflateRaw({ level: 9 });
      const [first, second] = await compressed(deflater, [bytes, bytes]);
      assert.ok(second.length < 2000, `${second.length}`);
      const stream = new Stream({ role, deflate: true, expectMasking: false });
      for (const data of [first, second]) {
        const [event] = stream.receive(Buffer.concat([header(0xc2, data.length), data]));
        assert.ok(event.type === 'binary' && bytes.equals(event.data));
      }
    });
  }
});

describe('bombs', () => {
  /** Ten mebibytes of zeros for ten kilobytes. */
  const zeros = zlib.deflateRawSync(Buffer.alloc(10 << 20), { finishFlush: Z_SYNC_FLUSH });

  for (const [name, times] of /** @type {const} */ ([
    ['10 MB', 1],
    ['100 MB', 10],
    ['10 GB', 1024],
  ])) {
    test(`${name} are refused at maxMessageSize`, () => {
      for (const maxMessageSize of [1000, 1 << 20]) {
        const client = new Stream({
          role: 'client',
          deflate: true,
          maxMessageSize,
          maxFrameSize: Infinity,
          partial: true,
        });
        let [given, fed] = [0, 0];
        /** @type {any} */
        let end;
        for (const chunk of bytesOf(header(0xc2, zeros.length * times), zeros, times)) {
          fed += chunk.length;
          for (const event of client.receive(chunk)) {
            if (event.type === 'fragment') given += event.data.length;
            else end = event;
          }
          if (end) break;
        }
        assert.equal(end.error.code, 1009);
        assert.match(end.error.message, /over maxMessageSize/);
        // Not a byte beyond the limit was given out, and no more than a chunk was looked at
        // after the one that passes it: 1,032 to one is what DEFLATE can do.
        assert.equal(given, maxMessageSize);
        assert.ok(fed <= maxMessageSize / 1000 + 2048, `${fed}`);
        client.free();
      }
    });
  }

  /** In chunks of a kilobyte. @param {Buffer} start @param {Buffer} body @param {number} times */
  function* bytesOf(start, body, times) {
    yield start;
    for (let i = 0; i < times; i++) {
      for (let at = 0; at < body.length; at += 1024) yield body.subarray(at, at + 1024);
    }
  }

  test('empty blocks without end give nothing and hold nothing', () => {
    const client = new Stream({ role: 'client', deflate: true, maxFrameSize: Infinity });
    const blocks = Buffer.concat(
      Array.from({ length: 1000 }, () => [0, ...TAIL]).map(Buffer.from),
    );
    assert.deepEqual(client.receive(header(0x42, 2 ** 40)), []);
    for (let i = 0; i < 200; i++) assert.deepEqual(client.receive(blocks), []);
  });

  test('what does not inflate is an InvalidBytesError', () => {
    const { client } = pair();
    const [{ error, close }] = /** @type {any[]} */ (
      client.receive(Buffer.of(0xc1, 2, 0xff, 0xff))
    );
    assert.ok(error instanceof InvalidBytesError);
    assert.deepEqual([error.code, close.code], [1007, 1007]);
    assert.equal(error.message, 'compressed message does not inflate');
  });
});

/**
 * Bytes that a stream keeps after a text each way, measured over `count` of them.
 * @param {string} text
 * @param {number} count
 */
function kept(text, count) {
  return inChild(
    async (gauge, text, count) => {
      const { Stream } = await import('ws4wasm');
      const incoming = new Stream({ role: 'client', deflate: true }).encode(text);
      const make = (/** @type {number} */ length) =>
        Array.from({ length }, () => {
          const stream = new Stream({ deflate: true });
          const [event] = stream.receive(incoming);
          if (event.type !== 'text' || event.data !== text) throw new Error('wrong');
          stream.encode(text);
          return stream;
        });
      // What all streams share is there before the first of them.
      const first = make(200);
      const before = [await gauge.linearMemory(), await gauge.held()];
      const all = make(count);
      const after = [await gauge.linearMemory(), await gauge.held()];
      if (all.length + first.length !== count + 200) throw new Error('only here to keep them');
      return {
        wasm: (after[0] - before[0]) / count,
        heap: (after[1] - after[0] - (before[1] - before[0])) / count,
      };
    },
    text,
    count,
  );
}

describe('memory', () => {
  test('10,000 streams after a short message each way', async () => {
    const text = JSON.stringify({
      id: 1,
      type: 'update',
      symbol: 'ABC',
      price: 1234.5,
      size: 7,
    });
    const { wasm, heap } = await kept(text, 10_000);
    // docs/compression.md says 1 KiB; a state of zlib's for each would be 400.
    assert.ok(wasm < 1024, `${wasm} bytes of linear memory a stream`);
    assert.ok(heap < 1024, `${heap} bytes of heap a stream`);
  });

  test('full windows: what the documentation says', async () => {
    let text = '';
    for (let i = 0; text.length < 40_000; i++) text += `${(i * 2654435761) >>> 0} `;
    const { wasm } = await kept(text, 1000);
    // 32 KiB received and 8 KiB sent, and what the allocator adds.
    assert.ok(wasm > 36 * 1024 && wasm < 44 * 1024, `${wasm} bytes a stream`);
  });
});

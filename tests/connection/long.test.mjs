// Messages that leave in several pieces: what comes of them is told by ws and by the tests' parser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws4wasm';
import { noLeaks, until } from '../support/connections.mjs';
import { parse } from '../support/wire.mjs';

noLeaks();

const { Receiver, PerMessageDeflate } = createRequire(import.meta.url)('ws');
const BLOCK = 65_536;

/** A stream that takes all and keeps it. */
class Sink extends Duplex {
  /** @type {Buffer[]} */
  pieces = [];
  _read() {}

  /** @param {{ chunk: Buffer }[]} chunks @param {() => void} done */
  _writev(chunks, done) {
    this.pieces.push(...chunks.map(({ chunk }) => chunk));
    done();
  }
}

/** One that takes one at a time, and joins none. */
class Single extends Duplex {
  /** @type {Buffer[]} */
  pieces = [];
  _read() {}

  /** @param {Buffer} chunk @param {string} _encoding @param {() => void} done */
  _write(chunk, _encoding, done) {
    this.pieces.push(chunk);
    done();
  }
}

/**
 * What ws makes of the bytes.
 * @param {Uint8Array[]} pieces
 * @param {boolean} isServer it receives as one
 * @param {boolean} [deflate]
 */
async function asWsSeesIt(pieces, isServer, deflate) {
  const extensions = {};
  if (deflate) {
    const agreed = new PerMessageDeflate({}, isServer);
    agreed.accept([{}]);
    Object.assign(extensions, { 'permessage-deflate': agreed });
  }
  const receiver = new Receiver({ isServer, extensions });
  /** @type {(string | Buffer)[]} */
  const messages = [];
  receiver.on('message', (/** @type {Buffer} */ data, /** @type {boolean} */ isBinary) => {
    messages.push(isBinary ? Buffer.from(data) : data.toString());
  });
  // ws unmasks in place.
  for (const piece of pieces) receiver.write(Buffer.from(piece));
  receiver.end();
  await once(receiver, 'finish');
  return messages;
}

const units = ['a', 'é', '€', '😀', 'a😀', 'é\ud800', `${'a'.repeat(BLOCK - 1)}😀`, 'ab€'];
const lengths = [4097, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 1, 3 * BLOCK - 5, 300_000];

/** Texts that end, or have a character that is cut, where a piece ends; and bytes. */
const messages = [
  ...units.flatMap((unit) =>
    lengths.map((length) => unit.repeat(Math.ceil(length / unit.length))),
  ),
  ...lengths.map((length) =>
    Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8))),
  ),
];

/** @param {string | Uint8Array} data */
const received = (data) =>
  typeof data === 'string' ? (data.toWellFormed?.() ?? Buffer.from(data).toString()) : data;

/**
 * @param {any} sock
 * @param {object} options
 */
async function sent(sock, options) {
  const ws = new WebSocket(sock, { maxBufferedAmount: Infinity, ...options });
  for (const data of messages) await ws.send(data);
  const pieces = [...sock.pieces];
  ws.closeConnection();
  return pieces;
}

for (const role of /** @type {const} */ (['server', 'client'])) {
  describe(`sent by a ${role}`, () => {
    for (const Kind of [Sink, Single]) {
      test(`to a stream that takes ${Kind === Sink ? 'many pieces' : 'one piece'} at a time`, async () => {
        const pieces = await sent(new Kind(), { role });
        const seen = await asWsSeesIt(pieces, role === 'client');
        assert.equal(seen.length, messages.length);
        for (const [i, data] of messages.entries()) {
          assert.ok(Buffer.from(seen[i]).equals(Buffer.from(received(data))), `message ${i}`);
        }
        const frames = parse(Buffer.concat(pieces));
        assert.equal(frames.length, messages.length, 'a frame each');
      });
    }

    test('memory is asked for in pieces of one size', async () => {
      const sock = new Sink();
      const ws = new WebSocket(sock, { role });
      for (const text of ['a', 'é'].map((unit) => unit.repeat(1_000_000))) {
        sock.pieces = [];
        await ws.send(text);
        for (const { length } of sock.pieces) assert.ok(length <= BLOCK + 14, `${length}`);
        const spent = new Set(sock.pieces.map(({ buffer }) => buffer));
        let held = 0;
        for (const { byteLength } of spent) held += byteLength;
        assert.ok(held < Buffer.byteLength(text) + 6 * BLOCK, `${held}`);
      }
      ws.closeConnection();
    });

    test('a frame keeps no more alive than eight of its length', async () => {
      const sock = new Sink();
      const ws = new WebSocket(sock, { role });
      for (const size of [60_000, 5000, 60_000, 8000, 200, 40, 300_000, 4096, 30_000, 3000]) {
        await ws.send('x'.repeat(size));
        const [piece] = sock.pieces.splice(0);
        const held = piece.buffer.byteLength;
        assert.ok(held <= Math.max(8192, 8 * (piece.length + 8)), `${size}: ${held}`);
      }
      ws.closeConnection();
    });

    test('who does not read keeps what it is sent alive, and hardly more', async () => {
      const slow = new Sink();
      const stuck = /** @type {Buffer[]} */ ([]);
      slow._writev = (chunks) => void stuck.push(...chunks.map(({ chunk }) => chunk));
      const stopped = new WebSocket(slow, { role, maxBufferedAmount: 4 * 1024 * 1024 });
      const others = [1, 2, 3].map(() => new WebSocket(new Sink(), { role }));
      const text = 'x'.repeat(16_000);
      for (let i = 0; i < 200; i++) {
        for (const ws of [stopped, ...others]) void ws.send(text);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const waiting = slow.writableLength;
      assert.ok(waiting > 3_000_000, `${waiting}`);
      const memory = new Set(
        /** @type {any} */ (slow)._writableState.buffered
          .map((/** @type {any} */ { chunk }) => chunk)
          .concat(stuck)
          .map((/** @type {Buffer} */ { buffer }) => buffer),
      );
      let held = 0;
      for (const { byteLength } of memory) held += byteLength;
      assert.ok(held < waiting + 2_000_000, `${held}`);
      for (const ws of [stopped, ...others]) ws.closeConnection();
    });

    test('compressed', async () => {
      const pieces = await sent(new Sink(), { role, deflate: true });
      const seen = await asWsSeesIt(pieces, role === 'client', true);
      for (const [i, data] of messages.entries()) {
        assert.ok(Buffer.from(seen[i]).equals(Buffer.from(received(data))), `message ${i}`);
      }
    });
  });
}

describe('bytes of a server that leave as they are', () => {
  test('many of one length, then others: each behind its own header', async () => {
    const sock = new Sink();
    const ws = new WebSocket(sock);
    const sizes = [1023, 1024, 1024, 1024, 2000, 1024, 65_535, 65_536, 65_536, 70_000, 1024];
    const sends = sizes.map((size, i) => ws.send(Buffer.alloc(size, i)));
    await Promise.all(sends);
    const frames = parse(Buffer.concat(sock.pieces));
    assert.deepEqual(
      frames.map(({ payload }) => [payload.length, payload[0], payload.at(-1)]),
      sizes.map((size, i) => [size, i, i]),
    );
    ws.closeConnection();
  });

  test('from 1 KiB on where the stream takes many pieces at once, else from 16 KiB on', async () => {
    for (const [Kind, least] of /** @type {const} */ ([
      [Sink, 1024],
      [Single, 16_384],
    ])) {
      for (const [size, same] of /** @type {const} */ ([
        [least, true],
        [least - 1, false],
      ])) {
        const sock = new Kind();
        const ws = new WebSocket(sock);
        const bytes = Buffer.alloc(size, 7);
        await ws.send(bytes);
        assert.equal(
          sock.pieces.some(({ buffer }) => buffer === bytes.buffer),
          same,
          `${size}`,
        );
        ws.closeConnection();
      }
    }
  });

  test('a header that was given away, or written to, is not used again', async () => {
    const sock = new Sink();
    const ws = new WebSocket(sock);
    const bytes = Buffer.alloc(5000, 1);
    await ws.send(bytes);
    sock.pieces[0].fill(0);
    await ws.send(bytes);
    assert.deepEqual([...sock.pieces[2]], [0x82, 126, 5000 >> 8, 5000 & 255]);
    structuredClone(0, { transfer: [sock.pieces[2].buffer] });
    await ws.send(bytes);
    assert.deepEqual([...sock.pieces[4]], [0x82, 126, 5000 >> 8, 5000 & 255]);
    ws.closeConnection();
  });
});

describe('many of one length in a turn', () => {
  test('leave as they are, in order with all others', async () => {
    const sock = new Sink();
    const ws = new WebSocket(sock);
    const sizes = [3000, 3000, 5, 3000, 70_000, 3000, 70_000, 3000, 2000, 3000, 3000];
    /** @type {(string | Buffer)[]} */
    const all = sizes.map((size, i) => Buffer.alloc(size, 1 + i));
    all.splice(6, 0, 'a text');
    // What is known of the first turn is used in the second.
    for (const _turn of [1, 2]) {
      sock.pieces = [];
      await Promise.all(all.map((data) => ws.send(data)));
      const got = parse(Buffer.concat(sock.pieces)).map(({ payload }) => payload);
      assert.deepEqual(
        got,
        all.map((data) => Buffer.from(data)),
      );
    }
    const buffers = new Set(sock.pieces.map(({ buffer }) => buffer));
    for (const data of all) {
      if (typeof data !== 'string' && data.length >= 2000) assert.ok(buffers.has(data.buffer));
    }
    ws.closeConnection();
  });

  for (const count of [1, 3]) {
    test(`bytes that are given away before they leave end the connection: ${count}`, async () => {
      const sock = new Sink();
      const ws = new WebSocket(sock);
      await ws.send(new Uint8Array(3000));
      sock.pieces = [];
      const given = Array.from({ length: count }, () => new Uint8Array(3000));
      const sent = given.map((bytes) => ws.send(bytes));
      structuredClone(0, { transfer: [given[0].buffer] });
      const results = await Promise.allSettled(sent);
      for (const result of results) {
        assert.equal(result.status, 'rejected');
        assert.match(String(result.reason), /TypeError: payload was transferred/);
      }
      await until(() => sock.pieces.length > 0);
      // No header without its payload: nothing but the close frame.
      const frames = parse(Buffer.concat(sock.pieces));
      assert.deepEqual(
        frames.map(({ opcode }) => opcode),
        [8],
      );
      ws.closeConnection();
    });
  }

  test('the engine sees every fragment, though its header is known from another connection', async () => {
    const piece = Buffer.alloc(70_000, 1);
    for (const _connection of [1, 2]) {
      const sock = new Sink();
      const ws = new WebSocket(sock);
      await ws.sendFragment(piece, { fin: false });
      await ws.sendFragment('end', { first: false, binary: true });
      await ws.send('next');
      const frames = parse(Buffer.concat(sock.pieces));
      assert.deepEqual(
        frames.map(({ opcode, fin }) => [opcode, fin]),
        [
          [2, false],
          [0, true],
          [1, true],
        ],
      );
      ws.closeConnection();
    }
  });
});

for (const data of ['of all', Buffer.from('of all'), 'x'.repeat(5000), Buffer.alloc(5000, 1)]) {
  const what = `${typeof data === 'string' ? 'text' : 'bytes'} of ${data.length}`;
  test(`a frame that was written to reaches nobody else: ${what}`, async () => {
    const sinks = Array.from({ length: 3 }, () => new Sink());
    for (const sock of sinks) {
      const ws = new WebSocket(sock);
      await ws.send(data);
      const [{ payload }] = parse(Buffer.concat(sock.pieces));
      assert.deepEqual(payload, Buffer.from(data));
      // All that is not the caller's own.
      for (const piece of sock.pieces) {
        if (typeof data === 'string' || piece.buffer !== data.buffer) piece.fill(0);
      }
      ws.closeConnection();
    }
  });
}

test('a long message that is over maxBufferedAmount is refused whole', async () => {
  for (const role of /** @type {const} */ (['server', 'client'])) {
    const sock = new Sink();
    const options = { role, maxBufferedAmount: 200_000, closeTimeout: 20 };
    const ws = new WebSocket(sock, options);
    ws.onerror = () => {};
    void ws.send('first');
    await assert.rejects(ws.send(Buffer.alloc(200_001)), RangeError);
    await ws.run();
    const frames = parse(Buffer.concat(sock.pieces));
    assert.deepEqual(
      frames.map(({ opcode }) => opcode),
      [1, 8],
    );
    ws.closeConnection();
  }
});

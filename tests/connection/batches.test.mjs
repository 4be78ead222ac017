// How what is sent in one turn of the event loop leaves: in one write, in order, copied or not.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { Stream, WebSocket } from 'ws4wasm';
import {
  connection,
  counted,
  noLeaks,
  describe as said,
  turns,
  until,
} from '../support/connections.mjs';
import { parse, random } from '../support/wire.mjs';

noLeaks();

describe('batches', () => {
  test('all frames of one turn leave in one write', async () => {
    const { ws, writes } = counted();
    void ws.run();
    const sends = [];
    for (let i = 0; i < 1000; i++) sends.push(ws.send(`message ${i}`));
    void ws.ping();
    await Promise.resolve().then(() => ws.send('from a microtask'));
    await Promise.all(sends);
    assert.equal(writes.length, 1);
    await ws.send('next turn');
    assert.equal(writes.length, 2);
    ws.closeConnection();
  });

  test('what a handler sends to one chunk of messages, and the answer to a close', async () => {
    const { ws, writes } = counted();
    const done = ws.run();
    ws.onmessage = ({ data }) => ws.send(data);
    const client = new WebSocket(duplexPair()[0], { role: 'client' });
    const { stream } = client;
    const frames = Array.from({ length: 500 }, () => stream.encode('echo'));
    ws.process(Buffer.concat([...frames, stream.close(1000).single(true)]));
    assert.equal(writes.length, 1);
    assert.equal(writes[0].length, 500 * 6 + 4);
    ws.closeConnection();
    client.closeConnection();
    await done;
  });

  test('answers that are alone in their turn leave at once, those of several connections at its end, or when they are much', async () => {
    const all = Array.from({ length: 3 }, () => {
      const { ws, writes } = counted();
      ws.onmessage = ({ data }) => ws.send(data);
      return { ws, writes, done: ws.run() };
    });
    const client = new Stream({ role: 'client' });
    /** Gives what had been written before the turn was over. @param {number[]} sizes of what each gets */
    const turn = async (...sizes) => {
      for (const { writes } of all) writes.length = 0;
      for (const [i, size] of sizes.entries()) {
        const frames = Array.from({ length: 4 }, () => client.encode(Buffer.alloc(size, 1)));
        all[i].ws.process(Buffer.concat(frames));
      }
      const atOnce = sizes.map((_, i) => all[i].writes.length);
      await turns();
      for (const [i, size] of sizes.entries()) {
        const [bytes, ...others] = all[i].writes;
        assert.equal(bytes.length, 4 * (4 + size));
        assert.deepEqual(others, []);
      }
      return atOnce;
    };
    await turns();
    assert.deepEqual(await turn(1000), [1]);
    // Nobody knows of the first that it will not be alone.
    assert.deepEqual(await turn(1000, 1000, 1000), [1, 0, 0]);
    assert.deepEqual(await turn(1000, 1000, 1000), [0, 0, 0]);
    assert.deepEqual(await turn(1000, 12_000, 1000), [0, 1, 0]);
    assert.deepEqual(await turn(1000), [0]);
    assert.deepEqual(await turn(1000), [1]);
    for (const { ws, done } of all) {
      ws.closeConnection();
      await done;
    }
  });

  test('answers of one that is alone again and again need no end of the turn, whatever its handler does', async (t) => {
    const { ws, writes } = counted();
    const other = counted();
    void ws.run();
    void other.ws.run();
    const client = new Stream({ role: 'client' });
    const errors = t.mock.method(console, 'error', () => {});
    /** @param {string} text */
    const say = (text) => ws.process(client.encode(text));
    ws.onmessage = ({ data }) => {
      void ws.send(data);
      if (data === 'throw') throw new Error('of the handler');
      if (data === 'other') void other.ws.send('from the handler');
      if (data === 'within') say('inner');
      if (data === 'later') queueMicrotask(() => void ws.send('behind it'));
    };
    ws.onerror = () => {};
    say('first');
    await turns();
    for (const text of ['second', 'other', 'within', 'later', 'last', 'throw']) {
      writes.length = 0;
      say(text);
      assert.equal(writes.length, 1, text);
      await turns();
      // What a handler throws closes the connection.
      const expected = { within: 2, later: 2, throw: 2 }[text] ?? 1;
      const events = new Stream({ role: 'client' }).receive(Buffer.concat(writes));
      assert.equal(events.length, expected, text);
    }
    assert.equal(other.writes.length, 1);
    errors.mock.restore();
    ws.closeConnection();
    other.ws.closeConnection();
  });

  test('short bytes may be changed when their send has returned, be they of how many connections', async () => {
    const all = Array.from({ length: 200 }, () => counted());
    for (const { ws } of all) void ws.run();
    const bytes = Buffer.alloc(900);
    for (let i = 0; i < 3; i++) {
      for (const [n, { ws }] of all.entries()) {
        // Some send twice, and one is dropped in between.
        for (let twice = 0; twice <= n % 2; twice++) {
          bytes.fill(n + i + twice);
          void ws.send(bytes);
        }
      }
      bytes.fill(255);
      await until(() => all.every(({ ws }) => ws.bufferedAmount === 0));
      for (const [n, { writes }] of all.entries()) {
        const events = new Stream({ role: 'client' }).receive(Buffer.concat(writes.splice(0)));
        assert.equal(events.length, 1 + (n % 2));
        for (const [twice, { data }] of /** @type {any[]} */ (events).entries()) {
          assert.ok(data.equals(Buffer.alloc(900, n + i + twice)));
        }
      }
    }
    for (const { ws } of all) {
      void ws.send(bytes);
      ws.closeConnection();
    }
  });

  test('large bytes of a server are not copied, and short frames are joined around them', async () => {
    const { ws, writes } = counted();
    const large = Buffer.alloc(20_000, 7);
    const sent = ['a', 'b', large, 'c', large, 'd', 'e'].map((data) => ws.send(data));
    await Promise.all(sent);
    assert.deepEqual(
      writes.map((bytes) => bytes.length),
      [3 + 3 + 4, 20_000, 3 + 4, 20_000, 6],
    );
    assert.equal(writes[1].buffer, large.buffer);
    const events = new Stream({ role: 'client' }).receive(Buffer.concat(writes));
    const told = /** @type {any[]} */ (events).map(({ type, data }) => `${type}:${data}`);
    assert.deepEqual(told, [
      'text:a',
      'text:b',
      `binary:${large}`,
      'text:c',
      `binary:${large}`,
      'text:d',
      'text:e',
    ]);
  });

  test('large bytes that are masked, compressed, text or too many', async () => {
    const large = Buffer.alloc(20_000, 'x');
    const client = counted({ role: 'client' });
    await client.ws.send(large);
    assert.equal(large.toString(), 'x'.repeat(20_000));
    assert.equal(new Stream().receive(client.writes[0])[0].type, 'binary');
    const deflating = counted({ deflate: true });
    await deflating.ws.send(large);
    assert.ok(deflating.writes[0].length < 200);
    await deflating.ws.send(large, undefined, { compress: false });
    assert.equal(deflating.writes[2].buffer, large.buffer);
    const text = counted();
    await text.ws.send(large, false);
    const [event] = new Stream({ role: 'client' }).receive(Buffer.concat(text.writes));
    assert.equal(event.type, 'text');
  });

  test('sends to many connections in one turn: one write each', async () => {
    const all = Array.from({ length: 50 }, () => counted());
    for (const { ws } of all) void ws.run();
    for (let i = 0; i < 10; i++) for (const { ws } of all) void ws.send('x');
    await until(() => all.every(({ ws }) => ws.bufferedAmount === 0));
    assert.deepEqual(new Set(all.map(({ writes }) => writes.length)), new Set([1]));
    for (const { ws } of all) ws.closeConnection();
  });

  test('much in one turn is not copied together, and arrives', async (t) => {
    const { ws, peer } = await connection(t);
    const big = Buffer.alloc(300_000, 'x');
    const sends = [ws.send('first'), ws.send(big), ws.send(big), ws.send('last')];
    await Promise.all(sends);
    const frames = await peer.receive(4);
    assert.deepEqual(
      frames.map(({ payload }) => payload.length),
      [5, 300_000, 300_000, 4],
    );
    ws.closeConnection();
  });
  test('messages of any kind and length, in one turn and any order, arrive as they were sent', async () => {
    const lengths = [
      0, 1, 8, 9, 124, 125, 126, 127, 900, 1023, 1024, 1025, 4097, 16_384, 66_000,
    ];
    for (let seed = 1; seed <= 60; seed++) {
      const { below, pick } = random(seed);
      const { ws, writes } = counted({ role: seed % 4 === 0 ? 'client' : 'server' });
      void ws.run();
      /** @type {{ opcode: number, payload: Buffer, fin: boolean }[]} */
      const expected = [];
      const bytes = Buffer.alloc(66_000);
      // Mostly short bytes, as long runs of them are what is made without the engine.
      for (let i = 0; i < 200; i++) {
        const length = below(3) ? below(1100) : pick(lengths);
        const payload = Buffer.alloc(length, 1 + below(127));
        const kind = below(12);
        const given = length < 1024 ? bytes.subarray(0, length) : payload;
        given.set(payload);
        if (kind < 8) {
          void ws.send(given);
          expected.push({ opcode: 2, payload, fin: true });
        } else if (kind === 8) {
          const text = below(2) ? payload.toString() : '\u00e9'.repeat(length);
          void ws.send(text);
          expected.push({ opcode: 1, payload: Buffer.from(text), fin: true });
        } else if (kind === 9) {
          void ws.send(given, false);
          expected.push({ opcode: 1, payload, fin: true });
        } else if (kind === 10) {
          void ws.ping(given.subarray(0, 125));
          expected.push({ opcode: 9, payload: payload.subarray(0, 125), fin: true });
        } else {
          void ws.sendFragment(given, { fin: false });
          void ws.sendFragment(given, { first: false });
          expected.push({ opcode: 2, payload, fin: false }, { opcode: 0, payload, fin: true });
        }
      }
      // Short bytes were copied.
      bytes.fill(0);
      await until(() => ws.bufferedAmount === 0);
      const frames = parse(Buffer.concat(writes));
      assert.equal(frames.length, expected.length, `seed ${seed}`);
      for (const [i, { opcode, payload, fin }] of expected.entries()) {
        const got = frames[i];
        assert.ok(
          got.opcode === opcode && got.fin === fin && got.payload.equals(payload),
          `seed ${seed}, frame ${i}: ${said(got).slice(0, 40)}`,
        );
      }
      ws.closeConnection();
    }
  });
});

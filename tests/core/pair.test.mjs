// WebSocket over { readable, writable } pairs of Web Streams.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CloseControlMessage,
  PingControlMessage,
  WebSocket as Plain,
  Stream,
  StreamClosed,
  TextMessage,
} from 'ws4wasm';

/** @type {unknown[]} */
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
afterEach(async () => {
  await pause(5);
  assert.deepEqual(unhandled.splice(0), []);
});

/** Writes down all that happens. */
class WebSocket extends Plain {
  /** @type {any[]} */
  received = [];
  /** @type {any[]} */
  pongs = [];
  /** @type {[number, string | undefined][]} */
  ends = [];
  /** @param {any} message */
  receivedMessage(message) {
    this.received.push(message.data);
  }
  /** @param {any} pong */
  ponged(pong) {
    this.pongs.push(`${Buffer.from(pong.data)}`);
  }
  /**
   * @param {number} code
   * @param {string} [reason]
   */
  closed(code, reason) {
    this.ends.push([code, reason]);
  }
}

/**
 * Two pairs, each with the other end of the other.
 * @returns {{ readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array> }[]}
 */
function pairs() {
  const [there, back] = [new TransformStream(), new TransformStream()];
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ];
}

/** @param {any} [options] of the client */
function connected(options) {
  const [near, far] = pairs();
  const client = new WebSocket(near, { ...options, role: 'client' });
  const server = new WebSocket(far);
  const over = Promise.all([client.run(), server.run()]);
  return { client, server, over };
}

/** A connection in the server's role, and what a peer that is a test holds of it. */
function withRawPeer(/** @type {any} */ options = {}) {
  const [near, far] = pairs();
  const ws = new WebSocket(near, options);
  const over = ws.run();
  const reader = far.readable.getReader();
  const writer = far.writable.getWriter();
  // The peer's own promises are of no interest.
  for (const end of [reader, writer]) end.closed.catch(() => {});
  return { ws, over, reader, writer };
}

/** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
async function rest(reader) {
  const chunks = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
  }
}

/** @param {() => boolean} condition */
async function until(condition) {
  for (let i = 0; !condition(); i++) {
    assert.ok(i < 2000, `not within two seconds: ${condition}`);
    await pause(1);
  }
}

/** @param {WebSocket} ws */
const codes = (ws) => ws.ends.map(([code]) => code);

const closeFrame = (/** @type {number} */ code, reason = '') =>
  new CloseControlMessage(code, reason).single(true);

test('messages, fragments, pings and the closing handshake', async () => {
  const { client, server, over } = connected({ pingInterval: 5, pingTimeout: 5000 });
  const big = new Uint8Array(1 << 20).map((_, i) => i * 7);
  await client.send('ASCII');
  await client.send('Grüße, 世界, 😀');
  await client.send(big);
  await client.send(['frag', 'ments ', '', '😀']);
  await client.ping('are you there?');
  await server.send(big);
  await until(() => server.received.length === 4 && client.received.length === 1);
  await until(
    () => client.pongs.includes('are you there?') && client.roundTripTime !== undefined,
  );
  assert.deepEqual(
    server.received.map((data) => (typeof data === 'string' ? data : data.length)),
    ['ASCII', 'Grüße, 世界, 😀', big.length, 'fragments 😀'],
  );
  assert.ok(Buffer.from(big).equals(server.received[2]));
  assert.ok(Buffer.from(big).equals(client.received[0]));
  client.close(4000, 'das war’s');
  await over;
  assert.deepEqual(client.ends, [[4000, 'das war’s']]);
  assert.deepEqual(server.ends, [[4000, 'das war’s']]);
});

/** @type {[number | null, string, number][]} */
const closes = [
  [1000, '', 1000],
  [1001, 'leaving', 1001],
  [3000, 'ж'.repeat(61), 3000],
  [4999, '👋', 4999],
  [null, '', 1005],
];
for (const [code, reason, seen] of closes) {
  for (const who of /** @type {const} */ (['client', 'server'])) {
    test(`close ${code} by the ${who}`, async () => {
      const both = connected();
      both[who].close(code, reason);
      both[who].close(1011, 'twice');
      await both.over;
      assert.deepEqual(both.client.ends, [[seen, reason]]);
      assert.deepEqual(both.server.ends, [[seen, reason]]);
      assert.equal(both.client.readyState, Plain.CLOSED);
    });
  }
}

test('both close at once: each hears the other’s code', async () => {
  const { client, server, over } = connected();
  client.close(4001);
  server.close(4002);
  await over;
  assert.deepEqual([client.ends, server.ends], [[[4002, '']], [[4001, '']]]);
});

/** @type {[string, number[], number][]} */
const wrongs = [
  ['a frame without a mask', [0x81, 0], 1002],
  ['a reserved opcode', [0x83, 0x80], 1002],
  ['text that is not UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
];
for (const [name, bytes, code] of wrongs) {
  test(`${name} is answered by ${code}`, async () => {
    const { ws, over, reader, writer } = withRawPeer();
    const answer = rest(reader);
    await writer.write(new Uint8Array(bytes));
    await writer.close();
    const [close] = new Stream({ role: 'client' }).receive(await answer);
    assert.ok(close.type === 'close' && close.code === code);
    await over;
    assert.deepEqual(ws.ends, [[code, close.reason]]);
  });
}

test('a peer that does not read: send waits, bufferedAmount is bounded, then all goes', async () => {
  const { ws, over, reader, writer } = withRawPeer({ maxBufferedAmount: 1 << 20 });
  const piece = new Uint8Array(60_000);
  let taken = 0;
  let sent = 0;
  let last = Promise.resolve();
  for (; ws.bufferedAmount + piece.length + 4 <= 1 << 20; sent++) {
    last = ws.send(piece).then(() => {
      taken++;
    });
    if (sent % 4 === 0) await pause(1);
  }
  await assert.rejects(ws.send(piece), /maxBufferedAmount is 1048576/);
  await pause(20);
  assert.ok(sent > 15 && taken <= 1, `${taken} of ${sent} were taken`);
  assert.ok(ws.bufferedAmount > 900_000 && ws.bufferedAmount <= 1 << 20);
  const all = rest(reader);
  await last;
  await until(() => ws.bufferedAmount === 0);
  await writer.write(closeFrame(1011));
  await writer.close();
  // What was accepted, and the close frame that says why there is no more.
  const reason = 'more was sent than the peer has taken';
  assert.equal((await all).length, sent * (piece.length + 4) + 4 + reason.length);
  await over;
  assert.deepEqual(ws.ends, [[1011, reason]]);
});

test('a consumer that is slow stops the reading', async () => {
  const message = new TextMessage('x'.repeat(10_000)).single(true);
  let pulls = 0;
  const readable = new ReadableStream({
    pull(controller) {
      controller.enqueue(message);
      if (++pulls === 2000) controller.close();
    },
  });
  const ws = new Plain({ readable, writable: new WritableStream() });
  let taken = 0;
  for await (const { data } of ws) {
    assert.equal(data.length, 10_000);
    // What waits is some 64 KiB and a few chunks, however long it takes.
    if (taken++ < 20) await pause(2);
    assert.ok(pulls - taken < 16, `${pulls} pulled, ${taken} taken`);
  }
  assert.equal(taken, 2000);
});

test('pause holds back what a read under way gives', async () => {
  const { ws, over, writer } = withRawPeer();
  await writer.write(new TextMessage('one').single(true));
  await until(() => ws.received.length === 1);
  ws.pause();
  void writer.write(new TextMessage('two').single(true));
  await pause(20);
  assert.deepEqual(ws.received, ['one']);
  ws.resume();
  // Resumed and paused again before the reading loop awakes: it sleeps on.
  ws.pause();
  await pause(20);
  assert.deepEqual(ws.received, ['one']);
  ws.resume();
  await until(() => ws.received.length === 2);
  void writer.close();
  await over;
  assert.deepEqual(ws.ends, [[1006, '']]);
});

/** @type {Record<string, (peer: ReturnType<typeof withRawPeer>) => unknown>} */
const losses = {
  'the readable ends': ({ writer }) => writer.close(),
  'the readable fails': ({ writer }) => writer.abort(new Error('reset')),
  'both fail': ({ reader, writer }) =>
    Promise.all([writer.abort(new Error('reset')), reader.cancel(new Error('stop'))]),
  'closeConnection()': ({ ws }) => ws.closeConnection(),
  'a chunk that is no bytes': ({ writer }) => writer.write(/** @type {any} */ ('text')),
  'the middle of a message': async ({ writer }) => {
    await writer.write(
      new TextMessage('begun').fragment({ first: true, last: false, mask: true }),
    );
    await writer.close();
  },
  'the middle of a frame': async ({ writer }) => {
    await writer.write(new PingControlMessage('ping').single(true).subarray(0, 7));
    await writer.abort();
  },
};
for (const [name, lose] of Object.entries(losses)) {
  test(`${name}: closed(1006) once, and nothing waits for ever`, async () => {
    const peer = withRawPeer({ closeTimeout: 300 });
    const { ws, over } = peer;
    // In part written, in part waiting; nobody reads.
    const sends = Array.from({ length: 5 }, (_, i) => ws.send(new Uint8Array(100_000 * i)));
    const sent = Promise.allSettled(sends);
    await pause(2);
    void Promise.resolve(lose(peer)).catch(() => {});
    await over;
    await sent;
    assert.deepEqual(codes(ws), [1006]);
    assert.equal(ws.received.length, 0);
    await assert.rejects(ws.send('late'), StreamClosed);
    ws.closeConnection();
    ws.close();
    await pause(2);
    assert.equal(ws.ends.length, 1);
    await ws.run();
  });
}

test('a write that never ends: its send fails when the connection does', async () => {
  const stuck = new WritableStream({ write: () => new Promise(() => {}) });
  const ws = new WebSocket({ readable: new ReadableStream(), writable: stuck });
  const over = ws.run();
  const sent = ws.send('into the void');
  await pause(2);
  ws.closeConnection();
  await assert.rejects(sent, StreamClosed);
  await over;
  assert.deepEqual(ws.ends, [[1006, '']]);
});

test('a stream that fails with undefined has not taken what was sent', async () => {
  const { ws, over, reader } = withRawPeer();
  const sent = ws.send('lost');
  await pause(2);
  void reader.cancel();
  await assert.rejects(sent, StreamClosed);
  ws.closeConnection();
  await over;
});

test('a close frame counts although the peer no longer takes our bytes', async () => {
  // As of a QUIC peer that sends its close frame and lets go of the stream: STOP_SENDING
  // may be seen before the frame.
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */
  let incoming;
  const readable = new ReadableStream({
    start: (controller) => {
      incoming = controller;
    },
  });
  const writable = new WritableStream({
    start: (controller) => controller.error(new Error('STOP_SENDING')),
  });
  const ws = new WebSocket({ readable, writable });
  const over = ws.run();
  await pause(5);
  assert.deepEqual(ws.ends, []);
  incoming?.enqueue(closeFrame(4002, 'enough'));
  incoming?.close();
  await over;
  assert.deepEqual(ws.ends, [[4002, 'enough']]);
});

test('a stream that fails after the closing handshake changes nothing', async () => {
  const [near, far] = pairs();
  const ws = new WebSocket(near, { role: 'client' });
  const over = ws.run();
  const writer = far.writable.getWriter();
  await writer.write(new CloseControlMessage(1000).single());
  await until(() => ws.clientTerminated);
  void writer.abort(new Error('reset')).catch(() => {});
  await over;
  assert.deepEqual(ws.ends, [[1000, '']]);
});

test('a peer that takes nothing and says nothing is given up', async () => {
  const { ws, over, reader } = withRawPeer();
  const started = performance.now();
  await reader.cancel(new Error('STOP_SENDING'));
  await over;
  const time = performance.now() - started;
  assert.ok(time > 900 && time < 3000, `${time} ms`);
  assert.deepEqual(codes(ws), [1006]);
});

test('a run that begins after the end is over at once', async () => {
  const [near] = pairs();
  const ws = new WebSocket(near, { role: 'client', pingInterval: 5 });
  ws.closeConnection();
  await ws.run();
  assert.deepEqual(ws.ends, [[1006, '']]);
});

test('a stream may keep or give away the memory that it is handed', async () => {
  /** @type {ArrayBuffer[]} */
  const kept = [];
  const sink = () =>
    new WritableStream({
      write: (/** @type {Uint8Array<ArrayBuffer>} */ chunk) => {
        assert.equal(chunk.byteLength, chunk.buffer.byteLength);
        kept.push(structuredClone(chunk.buffer, { transfer: [chunk.buffer] }));
      },
    });
  const sockets = [0, 1].map(
    () => new WebSocket({ readable: new ReadableStream(), writable: sink() }),
  );
  for (const ws of sockets) void ws.run();
  const prepared = sockets[0].stream.prepare('to all');
  await Promise.all(sockets.map((ws) => ws.send(prepared)));
  await Promise.all(sockets.map((ws) => ws.send(new Uint8Array(300_000))));
  await sockets[0].send('small');
  assert.equal(new Stream({ role: 'client' }).receive(kept[1])[0].type, 'text');
  assert.deepEqual(
    kept.map((buffer) => buffer.byteLength),
    [8, 8, 300_010, 300_010, 7],
  );
  for (const ws of sockets) ws.closeConnection();
});

test('a locked stream is refused, and the other one stays free', () => {
  const [near] = pairs();
  near.readable.getReader();
  assert.throws(() => new WebSocket(near), TypeError);
  assert.equal(near.writable.locked, false);
});

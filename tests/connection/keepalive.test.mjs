// Pings at an interval, the limit for their answers, the limit for silence. Timers are mocked:
// time passes when a test says so.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import {
  connection,
  noLeaks,
  RawPeer,
  Recorder,
  turns,
  until,
} from '../support/connections.mjs';

noLeaks();

/**
 * @param {import('node:test').TestContext} t
 * @param {import('ws4wasm').WebSocketOptions} options
 */
function mocked(t, options) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const [sock, other] = duplexPair();
  const peer = new RawPeer(/** @type {any} */ (other));
  const ws = new Recorder(sock, options);
  const done = ws.run();
  const pass = async (/** @type {number} */ time) => {
    now += time;
    t.mock.timers.tick(time);
    await turns(6);
  };
  return { ws, peer, done, pass };
}

/** @param {RawPeer} peer */
function answer(peer) {
  const ping = peer.frames.at(-1);
  assert.equal(ping?.opcode, 9);
  peer.send({ opcode: 10, payload: ping.payload });
}

test('a ping each interval after the last answer, and the round-trip time', async (t) => {
  const { ws, peer, pass } = mocked(t, { pingInterval: 1000 });
  assert.equal(ws.roundTripTime, undefined);
  await pass(999);
  assert.equal(peer.frames.length, 0);
  await pass(1);
  assert.equal(peer.frames.length, 1);
  await pass(40);
  answer(peer);
  await turns();
  assert.equal(ws.roundTripTime, 40);
  assert.equal(ws.log.length, 2);
  await pass(999);
  assert.equal(peer.frames.length, 1);
  await pass(1);
  assert.equal(peer.frames.length, 2);
  // Each ping has its own number.
  assert.notDeepEqual(peer.frames[0].payload, peer.frames[1].payload);
  await pass(7);
  answer(peer);
  await turns();
  assert.equal(ws.roundTripTime, 7);
  ws.closeConnection();
});

test('no answer in time: another ping; none to that either: 1006', async (t) => {
  const { ws, peer, done, pass } = mocked(t, { pingInterval: 1000, pingTimeout: 300 });
  await pass(1000);
  await pass(299);
  assert.equal(peer.frames.length, 1);
  await pass(1);
  assert.equal(peer.frames.length, 2);
  await pass(299);
  assert.equal(ws.readyState, 1);
  await pass(1);
  assert.equal(ws.readyState, 3);
  await done;
  assert.deepEqual(ws.log, ['opened', 'closed:1006 no answer to a ping']);
  assert.equal(peer.frames.length, 2);
});

test('pingTimeout is pingInterval when it is not given', async (t) => {
  const { ws, done, pass } = mocked(t, { pingInterval: 1000 });
  await pass(1000);
  await pass(1000);
  await pass(999);
  assert.equal(ws.readyState, 1);
  await pass(1);
  assert.equal(ws.readyState, 3);
  await done;
});

for (const [name, payload] of /** @type {[string, Buffer][]} */ ([
  ['empty', Buffer.alloc(0)],
  ['of something else', Buffer.from('unasked')],
  ['of another number', Buffer.of(0, 0, 0, 99)],
])) {
  test(`any pong is life: ${name}; what it measures is not known`, async (t) => {
    const { ws, peer, pass } = mocked(t, { pingInterval: 1000, pingTimeout: 500 });
    for (let i = 1; i <= 5; i++) {
      await pass(1000);
      assert.equal(peer.frames.length, i);
      peer.send({ opcode: 10, payload });
      await turns();
      await pass(0);
    }
    assert.equal(ws.readyState, 1);
    assert.equal(ws.roundTripTime, undefined);
    ws.closeConnection();
  });
}

test('a message after the ping is life', async (t) => {
  const { ws, peer, pass } = mocked(t, { pingInterval: 1000, pingTimeout: 500 });
  for (let i = 1; i <= 5; i++) {
    await pass(1000);
    assert.equal(peer.frames.length, i);
    peer.text('hello');
    await turns();
    await pass(500);
  }
  await pass(1000);
  await pass(500);
  assert.equal(ws.readyState, 1);
  await pass(500);
  assert.equal(ws.readyState, 3);
});

test('a peer in the middle of a long frame is not dead', async (t) => {
  const { ws, peer, pass } = mocked(t, { pingInterval: 1000, pingTimeout: 100 });
  peer.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]));
  await pass(1000);
  for (let i = 0; i < 50; i++) {
    peer.write(Buffer.alloc(100));
    await turns(4);
    await pass(100);
    assert.equal(ws.readyState, 1);
  }
  assert.equal(peer.frames.length, 1);
  await pass(100);
  assert.equal(peer.frames.length, 2);
  await pass(100);
  assert.equal(ws.readyState, 3);
});

test('a trickle is no life: a byte each 100 ms, and no answer', async (t) => {
  const { ws, peer, pass } = mocked(t, { pingInterval: 1000 });
  peer.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]));
  await pass(1000);
  let time = 0;
  for (; ws.readyState === 1; time += 100) {
    peer.write(Buffer.of(0));
    await turns(4);
    await pass(100);
    assert.ok(time < 5000);
  }
  assert.equal(time, 2000);
});

test('while paused a peer that answers is seen, and one that does not is dropped', async (t) => {
  const options = { pingInterval: 1000, pingTimeout: 100, idleTimeout: 5000 };
  const { ws, peer, pass } = mocked(t, options);
  ws.pause();
  peer.text('held back');
  for (let i = 1; i <= 20; i++) {
    await pass(1000);
    answer(peer);
    await turns();
    await pass(100);
    assert.equal(ws.readyState, 1);
  }
  // Of all that came only pongs were told.
  assert.equal(ws.log.filter((entry) => !entry.startsWith('pong')).length, 1);
  await pass(1000);
  await pass(100);
  for (let time = 0; ws.readyState === 1; time += 100) {
    await pass(100);
    assert.ok(time <= 300);
  }
  assert.equal(ws.readyState, 3);
  // What was held back is still there for who goes on.
  ws.resume();
  assert.deepEqual(ws.log.slice(-2), ['text:held back', 'closed:1006 no answer to a ping']);
});

test('idleTimeout: 1001 to a peer that is silent', async (t) => {
  const { ws, peer, pass } = mocked(t, { idleTimeout: 1000 });
  await pass(600);
  peer.text('hello');
  await turns();
  await pass(600);
  peer.write(Buffer.of(0x81));
  await turns();
  await pass(999);
  assert.equal(ws.readyState, 1);
  await pass(1);
  assert.equal(ws.readyState, 2);
  assert.equal(`${peer.frames[0].payload.subarray(2)}`, 'idle for too long');
  assert.equal(peer.frames[0].payload.readUInt16BE(0), 1001);
  ws.closeConnection();
});

test('what this side sends is not a sign of life', async (t) => {
  const { ws, pass } = mocked(t, { idleTimeout: 1000 });
  await pass(999);
  await ws.send('hello');
  await pass(1);
  assert.equal(ws.readyState, 2);
  ws.closeConnection();
});

test('once it closes, no ping: the closing time is the limit', async (t) => {
  const { ws, peer, done, pass } = mocked(t, {
    pingInterval: 100,
    pingTimeout: 50,
    closeTimeout: 10_000,
  });
  await pass(100);
  ws.close(1000);
  await pass(9_999);
  assert.equal(ws.readyState, 2);
  peer.close(4000, 'at last');
  await turns();
  await pass(9_000);
  assert.deepEqual(
    peer.frames.map(({ opcode }) => opcode),
    [9, 8],
  );
  peer.socket.end();
  await done;
  assert.equal(ws.log.at(-1), 'closed:4000 at last');
});

test('with real timers and sockets', async (t) => {
  const { ws, peer, done } = await connection(t, { pingInterval: 5, pingTimeout: 5000 });
  for (let i = 1; i < 5; i++) {
    await peer.receive(i);
    answer(peer);
    await until(() => ws.log.length === i + 1);
  }
  assert.ok(Number(ws.roundTripTime) >= 0);
  const silent = await connection(t, { pingInterval: 5 });
  await silent.done;
  assert.equal(silent.ws.log[1], 'closed:1006 no answer to a ping');
  const idle = await connection(t, { idleTimeout: 5 });
  await idle.peer.receive();
  idle.peer.close(1001);
  idle.peer.socket.end();
  await idle.done;
  ws.closeConnection();
  await done;
});

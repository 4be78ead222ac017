// Slow peers and slow consumers: memory stays where it is.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import {
  connection,
  describe as describeFrame,
  noLeaks,
  Recorder,
  tcpPair,
  turns,
  until,
} from '../support/connections.mjs';
import { gc } from '../support/gc.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

const MB = 2 ** 20;
const GB = 2 ** 30;
const key = Buffer.from('abcd');

/** Bytes in use, garbage aside. */
function held() {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Memory of buffers is given back some time after the collection. */
async function heldLessThan(/** @type {number} */ bound) {
  let least = Infinity;
  for (let i = 0; i < 100 && least >= bound; i++) {
    least = Math.min(least, held());
    await pause(10);
  }
  assert.ok(least < bound, `${(least - bound) / MB} MB too much`);
}

/**
 * A server connection on a real socket, and the other end's socket, that does not read.
 * @param {import('node:test').TestContext} t
 * @param {import('ws4wasm').WebSocketOptions} [options]
 */
async function deafPeer(t, options) {
  const [near, far] = await tcpPair(t);
  far.pause();
  far.on('error', () => {});
  const ws = new WebSocket(near, options);
  void ws.run();
  return { ws, far };
}

describe('1 GB for a peer that does not read', () => {
  const message = Buffer.alloc(MB, 'x');

  test('and sends that are waited for: little is held, and all arrives in the end', async (t) => {
    const { ws, far } = await deafPeer(t);
    const before = held();
    let sent = 0;
    let most = 0;
    const sending = (async () => {
      for (; sent < GB; sent += MB) {
        const taken = ws.send(message);
        most = Math.max(most, ws.bufferedAmount);
        await taken;
      }
    })();
    let stuck = -1;
    while (stuck !== sent) {
      stuck = sent;
      await pause(100);
    }
    assert.ok(sent < 64 * MB, `${sent / MB} MB went into the sockets`);
    await heldLessThan(before + 8 * MB);
    let received = 0;
    far.on('data', (bytes) => {
      received += bytes.length;
    });
    far.resume();
    await sending;
    await until(() => received === GB + 1024 * 10);
    assert.ok(most < 2 * MB, `${most}`);
    await heldLessThan(before + 8 * MB);
    ws.closeConnection();
  });

  test('and sends that are not: they fail, and no more than the limit is held', async (t) => {
    const maxBufferedAmount = 8 * MB;
    const { ws } = await deafPeer(t, { maxBufferedAmount });
    const before = held();
    let refused = 0;
    for (let sent = 0; sent < GB; sent += MB) {
      ws.send(message).catch((error) => {
        assert.ok(error instanceof RangeError || error.name === 'StreamClosed');
        refused++;
      });
      assert.ok(ws.bufferedAmount <= maxBufferedAmount);
      if (sent % (64 * MB) === 0) await turn();
    }
    await turns();
    assert.ok(refused > 900, `${refused}`);
    await heldLessThan(before + maxBufferedAmount + 4 * MB);
    // What comes after the first one that was refused must not arrive as if none were missing.
    assert.equal(ws.readyState, WebSocket.CLOSING);
    ws.closeConnection();
    await heldLessThan(before + 4 * MB);
  });

  test('that is fed to an echo: it is not read from either', async (t) => {
    const [near, far] = await tcpPair(t);
    far.pause();
    far.on('error', () => {});
    const ws = new EchoWebSocket(near);
    void ws.run();
    const bytes = frame({ opcode: 2, payload: message, key });
    const before = held();
    let offered = 0;
    let taken = true;
    while (taken) {
      for (let i = 0; i < 16; i++, offered += MB) taken = far.write(bytes);
      // Until the other side has read nothing for a while.
      const read = near.bytesRead;
      await pause(50);
      taken = near.bytesRead !== read;
    }
    assert.ok(offered < GB / 4);
    assert.ok(ws.bufferedAmount < 4 * MB, `${ws.bufferedAmount / MB} MB`);
    // What was offered and did not fit waits on the far side.
    const waiting = far.writableLength;
    await heldLessThan(before + waiting + 16 * MB);
    ws.closeConnection();
  });
});

describe('a consumer that is slower than its peer', () => {
  /**
   * @param {import('node:net').Socket} far
   * @param {{ stop: boolean, stopped: (nothing: unknown) => void }} state
   */
  async function firehose(far, state, payload = 'x'.repeat(16_000)) {
    const bytes = frame({ payload, key });
    let count = 0;
    while (!state.stop) {
      count++;
      if (!far.write(bytes)) {
        await new Promise((resolve) => {
          far.once('drain', resolve);
          if (far.destroyed) resolve(undefined);
          state.stopped = resolve;
        });
      }
    }
    return count;
  }

  for (const payload of ['x'.repeat(16_000), '']) {
    test(`one message a tick of ${payload.length} characters: the socket is paused, memory flat`, async (t) => {
      const [near, far] = await tcpPair(t);
      far.on('error', () => {});
      const ws = new WebSocket(near);
      const state = { stop: false, stopped: (/** @type {unknown} */ _nothing) => {} };
      const writing = firehose(far, state, payload);
      const before = held();
      let count = 0;
      let paused = 0;
      for await (const { data } of ws) {
        assert.equal(data.length, payload.length);
        await turn();
        if (near.isPaused()) paused++;
        if (++count === 2000) {
          await until(() => near.isPaused());
          await heldLessThan(before + 8 * MB);
          break;
        }
      }
      assert.ok(paused > 500, `${paused} of ${count}`);
      // Nobody wants messages any more: reading goes on, and nothing of them is kept.
      const { bytesRead } = near;
      await until(() => near.bytesRead > bytesRead + 16 * MB || payload === '');
      await heldLessThan(before + 8 * MB);
      state.stop = true;
      ws.closeConnection();
      far.destroy();
      state.stopped(undefined);
      await writing;
    });
  }

  test('nobody at all: what came first is kept for who comes, within its bounds', async (t) => {
    for (const [count, length] of [
      [60, 1000],
      [1000, 1],
    ]) {
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      for (let i = 0; i < count; i++) peer.text(`${i}`.padEnd(length));
      peer.send({ opcode: 9, payload: 'all is there' });
      await peer.receive(1);
      let next = 0;
      ws.onmessage = ({ data }) => {
        assert.equal(Number(data), next++);
      };
      peer.close(1000);
      peer.socket.end();
      await done;
      assert.equal(next, count);
    }
  });

  test('nobody at all: beyond the bounds it lives and ends as any other, and keeps nothing', async (t) => {
    for (const [count, length] of [
      [3000, 1000],
      [1100, 1],
    ]) {
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      const before = held();
      for (let i = 0; i < count; i++) peer.text(`${i}`.padEnd(length));
      // For a second it waits for somebody to come.
      await until(() => ws.sock.isPaused());
      await until(() => !ws.sock.isPaused());
      peer.send({ opcode: 9, payload: 'still there?' });
      assert.equal(describeFrame((await peer.receive(1))[0]), 'pong:still there?');
      await heldLessThan(before + 4 * MB);
      // Whoever comes now gets what comes from now on.
      /** @type {unknown[]} */
      const heard = [];
      ws.onmessage = ({ data }) => heard.push(data);
      peer.text('new');
      peer.close(1000, 'bye');
      peer.socket.end();
      await done;
      assert.deepEqual(heard, ['new']);
      assert.equal(ws.closeCode, 1000);
    }
  });

  test('the socket does not flutter: it is read again when half is gone', async () => {
    const [sock, other] = duplexPair();
    const calls = { pause: 0, resume: 0 };
    for (const name of /** @type {const} */ (['pause', 'resume'])) {
      const real = sock[name].bind(sock);
      sock[name] = () => {
        calls[name]++;
        return real();
      };
    }
    const ws = new WebSocket(sock);
    const iterator = ws[Symbol.asyncIterator]();
    const all = Buffer.concat(
      Array.from({ length: 1000 }, () => frame({ payload: 'x'.repeat(100), key })),
    );
    other.write(all);
    await turns();
    assert.equal(calls.pause, 1);
    const before = calls.resume;
    for (let i = 0; i < 1000; i++) assert.equal((await iterator.next()).done, false);
    assert.deepEqual(calls, { pause: 1, resume: before + 1 });
    ws.closeConnection();
  });
});

test('pause and resume', async (t) => {
  const { ws, peer } = await connection(t);
  ws.pause();
  peer.text('one');
  peer.send({ opcode: 9, payload: 'p' });
  await pause(30);
  assert.deepEqual(ws.log, ['opened']);
  assert.deepEqual(peer.frames, []);
  ws.resume();
  await peer.receive();
  assert.deepEqual(ws.log, ['opened', 'text:one']);
  ws.closeConnection();

  // Before run(), too.
  const [near, far] = await tcpPair(t);
  const early = new Recorder(near);
  early.pause();
  void early.run();
  far.write(frame({ payload: 'one', key }));
  await pause(30);
  assert.deepEqual(early.log, ['opened']);
  early.resume();
  await until(() => early.log.length === 2);
  early.closeConnection();
  early.pause();
  early.resume();
});

test('a flood of pings from a peer that does not read: the newest is answered', async (t) => {
  const { ws, far } = await deafPeer(t);
  const { sock } = ws;
  // More than the kernel's buffers take, so that the pongs wait behind it.
  const jam = 32 * MB;
  void ws.send(Buffer.alloc(jam));
  await turns();
  const before = held();
  let most = 0;
  const count = 100_000;
  for (let i = 0; i < count; i += 500) {
    const batch = [];
    for (let j = i; j < i + 500; j++) {
      batch.push(frame({ opcode: 9, payload: `${j}`.padStart(125), key }));
    }
    if (!far.write(Buffer.concat(batch))) {
      await new Promise((resolve) => far.once('drain', resolve));
    }
    most = Math.max(most, ws.bufferedAmount);
  }
  await until(() => sock.bytesRead === count * (125 + 6));
  assert.ok(most < jam + 1024, `${most - jam}`);
  await heldLessThan(before + 8 * MB);
  let tail = Buffer.alloc(0);
  let received = 0;
  far.on('data', (bytes) => {
    received += bytes.length;
    tail = Buffer.concat([tail, bytes]).subarray(-127);
  });
  far.resume();
  await until(() => ws.bufferedAmount === 0 && received === sock.bytesWritten);
  assert.equal(Number(tail.subarray(2)), count - 1);
  assert.ok(received < jam + 2000, `${received - jam}`);
  ws.closeConnection();
});

// [RFC 6455 5.5.2-1]
test('a flood of pings from a peer that reads: each is answered', async (t) => {
  const { ws, peer } = await connection(t);
  for (let i = 0; i < 1000; i++) peer.send({ opcode: 9, payload: `${i}` });
  const pongs = await peer.receive(1000);
  assert.deepEqual(
    pongs.map(({ opcode, payload }) => `${opcode} ${payload}`),
    Array.from({ length: 1000 }, (_, i) => `10 ${i}`),
  );
  ws.closeConnection();
});

// [RFC 6455 5.5.2-1]
test('a ping is answered under a stream of messages that never lets up', async (t) => {
  const { ws, peer } = await connection(t);
  let stop = false;
  const message = Buffer.alloc(100_000);
  const stream = async () => {
    while (!stop) await ws.send(message);
  };
  // Several at once: at no time has everything been taken.
  const streams = [stream(), stream(), stream()];
  let ponged = 0;
  let seam = Buffer.alloc(0);
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (bytes) => {
    // A chunk may end inside of the pong.
    const seen = Buffer.concat([seam, bytes]);
    const at = seen.indexOf('pong me');
    if (at >= 0) ponged++;
    seam = seen.subarray(Math.max(at + 1, seen.length - 6));
  });
  try {
    for (let i = 0; i < 5; i++) {
      peer.send({ opcode: 9, payload: 'pong me' });
      await until(() => ponged > i);
    }
  } finally {
    // Also when time is up, or the writers would go on for ever.
    stop = true;
    await Promise.allSettled(streams);
    ws.closeConnection();
  }
});

// Limits to how many messages a peer may send.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import {
  connection,
  listen,
  noLeaks,
  Recorder,
  turns,
  until,
} from '../support/connections.mjs';

noLeaks();

/** When messages came. */
class Clock extends WebSocket {
  /** @type {number[]} */
  times = [];

  receivedMessage() {
    this.times.push(performance.now());
  }
}

/**
 * No more than the bucket and what came into it by then, as closely as clocks tell.
 * @param {number[]} times
 * @param {{ messages: number, per: number }} rate
 */
function keeps(times, { messages, per }) {
  const begun = times[0];
  for (const [index, time] of times.entries()) {
    const most = messages + ((time - begun) / per) * messages + 2;
    assert.ok(index + 1 <= most + 1e-6, `${index + 1} after ${time - begun} ms`);
  }
}

describe('hold', () => {
  test('messages come no faster, in order, none is lost; control frames do', async (t) => {
    const messageRate = { messages: 10, per: 100 };
    const { ws, peer, done } = await connection(t, { messageRate }, Clock);
    for (let i = 0; i < 30; i++) peer.text(`${i}`);
    await until(() => ws.times.length === 30);
    keeps(ws.times, messageRate);
    assert.ok(ws.times[29] - ws.times[0] > 150, String(ws.times[29] - ws.times[0]));
    peer.send({ opcode: 9, payload: 'p' });
    await until(() => peer.frames.length === 1);
    peer.close(1000);
    peer.socket.end();
    await done;
  });

  test('the peer finds its socket full', async (t) => {
    /** @type {Clock[]} */
    const opened = [];
    const server = createServer({
      WebSocket: Clock,
      messageRate: 1,
      onWebSocket: (ws) => void opened.push(ws),
    });
    const ws = await connect(`ws://127.0.0.1:${await listen(server, t)}`);
    const text = 'x'.repeat(64 * 1024);
    let last = Promise.resolve();
    for (let i = 0; i < 500; i++) last = ws.send(text);
    last.catch(() => {});
    await until(() => opened[0]?.times.length);
    await turns(200);
    assert.ok(ws.bufferedAmount > 8 << 20, String(ws.bufferedAmount));
    assert.ok(server.stats().bytesReceived < 16 << 20);
    for (const one of [ws, ...opened]) one.closeConnection();
    await until(() => server.connections.size === 0);
  });

  test('a user that pauses and resumes does not get round it', async (t) => {
    const messageRate = { messages: 1, per: 60_000 };
    const { ws, peer } = await connection(t, { messageRate }, Recorder);
    for (let i = 0; i < 3; i++) peer.text(`${i}`);
    await until(() => ws.log.length === 2);
    ws.pause();
    ws.resume();
    await turns(50);
    assert.deepEqual(ws.log, ['opened', 'text:0']);
    ws.closeConnection();
  });

  test('what waits is delivered when the peer has gone', async (t) => {
    const messageRate = { messages: 1, per: 60_000 };
    const { ws, peer, done } = await connection(t, { messageRate }, Recorder);
    for (let i = 0; i < 3; i++) peer.text(`${i}`);
    peer.close(1000);
    await until(() => peer.frames.length === 1);
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'text:0', 'text:1', 'text:2', 'closed:1000']);
  });

  test('iterators, and fragments as the one message that they are', async (t) => {
    const messageRate = { messages: 2, per: 60_000 };
    const { ws, peer } = await connection(t, { messageRate, partial: true }, WebSocket);
    /** @type {string[]} */
    const heard = [];
    ws.addEventListener('fragment', ({ fragment }) => void heard.push(String(fragment.data)));
    peer.send({ opcode: 1, payload: 'a', fin: false });
    peer.send({ opcode: 0, payload: 'b', fin: false });
    peer.send({ opcode: 0, payload: 'c' });
    peer.text('d');
    peer.text('e');
    await until(() => heard.join('').length >= 4);
    await turns(50);
    assert.equal(heard.join(''), 'abcd');
    ws.closeConnection();
  });
});

describe('close', () => {
  test('1008 at the first that is too many, which is not delivered', async (t) => {
    const messageRate = /** @type {const} */ ({ messages: 3, per: 60_000, over: 'close' });
    const { ws, peer, done } = await connection(t, { messageRate }, Recorder);
    for (let i = 0; i < 10; i++) peer.text(`${i}`);
    await until(() => peer.frames.length === 1);
    peer.close(1008);
    peer.socket.end();
    await done;
    assert.deepEqual(await peer.rest(), ['close:1008 too many messages']);
    assert.deepEqual(ws.log, ['opened', 'text:0', 'text:1', 'text:2', 'closed:1008']);
  });

  test('a peer that keeps to it is not closed', async (t) => {
    const messageRate = /** @type {const} */ ({ messages: 20, per: 100, over: 'close' });
    const { ws, peer, done } = await connection(t, { messageRate }, Clock);
    for (let i = 0; i < 40; i++) {
      peer.text('x');
      const { length } = ws.times;
      await until(() => ws.times.length > length || ws.readyState !== 1);
      if (i % 10 === 9) {
        const later = performance.now() + 60;
        await until(() => performance.now() > later);
      }
    }
    assert.equal(ws.times.length, 40);
    peer.close(1000);
    peer.socket.end();
    await done;
    assert.equal(ws.closeCode, 1000);
  });
});

test('what is no rate', () => {
  for (const wrong of [
    0,
    -1,
    1.5,
    'fast',
    null,
    {},
    { messages: 0 },
    { messages: 5, per: 0 },
    { messages: 5, over: 'drop' },
    { messages: 5, burst: 1 },
  ]) {
    assert.throws(
      () => createServer({ messageRate: /** @type {any} */ (wrong) }),
      /^(Type|Range)Error: messageRate/,
      JSON.stringify(wrong),
    );
  }
});

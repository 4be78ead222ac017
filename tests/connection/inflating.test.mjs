// What a slow reader is sent compressed: 64 KiB may become 64 MiB, and inflating stops where
// reading does. In docs/limits.md: maxMessageSize and the high-water mark bound what is held.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { WebSocket } from 'ws4wasm';
import { noLeaks, tcpPair, until } from '../support/connections.mjs';
import { gc } from '../support/gc.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

const MB = 2 ** 20;
const key = Buffer.from('abcd');

/** A message as permessage-deflate has it (RFC 7692 section 7.2.1). @param {Uint8Array} data */
function compressed(data) {
  const whole = deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH });
  return frame({ opcode: 2, rsv: 4, payload: whole.subarray(0, -4), key });
}

const COUNT = 60;
const MESSAGE = MB;
const zeros = compressed(Buffer.alloc(MESSAGE));
const bomb = Buffer.concat(new Array(COUNT).fill(zeros));
const close = frame({ opcode: 8, payload: Buffer.from([3, 232]), key });
const deflate = { clientNoContextTakeover: true };

function inUse() {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What is held once nothing comes to it any more. */
async function settled() {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    least = Math.min(least, inUse());
    await pause(10);
  }
  return least;
}

/** @param {import('node:test').TestContext} t @param {Partial<import('ws4wasm').WebSocketOptions>} [options] */
async function server(t, options) {
  const [near, far] = await tcpPair(t);
  far.on('error', () => {});
  far.resume();
  const ws = new WebSocket(near, { deflate, ownsInput: true, ...options });
  return { ws, far };
}

assert.ok(bomb.length < 96 * 1024, 'it fits into two reads');

for (const ownsInput of [true, false]) {
  test(`a loop that is slow, ownsInput ${ownsInput}`, async (t) => {
    const { ws, far } = await server(t, { ownsInput });
    const before = await settled();
    /** @type {number[]} */
    const got = [];
    /** @type {() => void} */
    let go = () => {};
    const gate = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      go = () => resolve();
    });
    const reading = (async () => {
      for await (const { data } of ws) {
        got.push(data.length);
        await gate;
      }
    })();
    far.write(bomb);
    far.end(close);
    await until(() => got.length === 1);
    const more = (await settled()) - before;
    assert.ok(more < 4 * MB, `${more / MB} MB are held of ${COUNT}`);
    go();
    await reading;
    assert.deepEqual(got, new Array(COUNT).fill(MESSAGE));
    await ws.run();
    assert.deepEqual([ws.closeCode, ws.closeReason], [1000, '']);
  });
}

test('a handler that is slow; the peer ends without a close', async (t) => {
  let got = 0;
  /** @type {() => void} */
  let go = () => {};
  const gate = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    go = () => resolve();
  });
  const [near, far] = await tcpPair(t);
  far.resume();
  class Slow extends WebSocket {
    async receivedMessage() {
      got++;
      await gate;
    }
  }
  const ws = new Slow(near, { deflate, ownsInput: true });
  const before = await settled();
  const running = ws.run();
  far.end(bomb);
  await until(() => got === 1);
  const more = (await settled()) - before;
  assert.ok(more < 4 * MB, `${more / MB} MB are held of ${COUNT}`);
  go();
  await running;
  assert.equal(got, COUNT);
  assert.equal(ws.closeCode, 1006);
});

test('after pause() nothing is inflated, and resume() goes on', async (t) => {
  const { ws, far } = await server(t);
  let got = 0;
  ws.addEventListener('message', () => {
    got++;
    if (got === 3) ws.pause();
  });
  void ws.run();
  const before = await settled();
  far.write(bomb);
  await until(() => got === 3);
  const more = (await settled()) - before;
  assert.ok(more < 4 * MB, `${more / MB} MB are held of ${COUNT}`);
  assert.equal(got, 3);
  ws.resume();
  await until(() => got === COUNT);
  ws.closeConnection();
});

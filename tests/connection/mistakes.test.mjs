// One wrong value, and what it may cost: never the process.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws4wasm';
import {
  connection,
  describe as describeFrame,
  errorsOf,
  noLeaks,
  turns,
  until,
} from '../support/connections.mjs';

noLeaks();

const wrong = [undefined, null, 5, {}, Symbol('s'), true];

describe('a payload that cannot be sent', () => {
  for (const value of wrong) {
    const name = String(value);

    test(`${name}, not looked at: told once, and the connection goes on`, async (t) => {
      const errors = errorsOf(t);
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      /** @type {any[]} */
      const told = [];
      ws.onerror = ({ error }) => told.push(error);
      ws.onmessage = ({ data }) => {
        void ws.send(/** @type {any} */ (value));
        void ws.send(`after ${data}`);
      };
      peer.text('one');
      assert.deepEqual((await peer.receive()).map(describeFrame), ['text:after one']);
      await turns();
      assert.equal(told.length, 1);
      assert.equal(told[0].name, 'TypeError');
      assert.match(told[0].message, /^payload is /);
      assert.equal(ws.readyState, WebSocket.OPEN);
      assert.deepEqual(errors(), []);
      ws.closeConnection();
      await done;
    });

    test(`${name}, awaited or given by a handler: it rejects, told once, 1011`, async (t) => {
      const errors = errorsOf(t);
      for (const handler of [
        (/** @type {any} */ ws) => ws.send(value),
        async (/** @type {any} */ ws) => {
          await ws.send(value);
        },
      ]) {
        const { ws, peer, done } = await connection(t, {}, WebSocket);
        /** @type {unknown[]} */
        const told = [];
        ws.onerror = ({ error }) => told.push(error);
        const returned = handler.constructor === Function;
        ws.onmessage = () => handler(ws);
        peer.text('one');
        if (returned) {
          // The send's own promise: what is wrong with it was told.
          await until(() => told.length > 0);
          ws.close(1000);
        }
        const [close] = (await peer.receive()).map(describeFrame);
        assert.equal(close, returned ? 'close:1000' : 'close:1011 internal error');
        peer.close(1000);
        peer.socket.end();
        await done;
        assert.equal(told.length, 1);
      }
      assert.deepEqual(errors(), []);
    });
  }

  test('awaited by who catches it, nothing but the telling happens', async (t) => {
    const errors = errorsOf(t);
    const { ws } = await connection(t, {}, WebSocket);
    for (const value of wrong) {
      await assert.rejects(ws.send(/** @type {any} */ (value)), TypeError);
    }
    await assert.rejects(
      ws.send('x', undefined, { compress: /** @type {any} */ (1) }),
      TypeError,
    );
    await assert.rejects(ws.ping(/** @type {any} */ (5)), TypeError);
    await assert.rejects(ws.pong('x'.repeat(126)), RangeError);
    assert.equal(ws.readyState, WebSocket.OPEN);
    assert.equal(errors().length, wrong.length + 3);
    ws.closeConnection();
  });

  test('a wrong item of an iterable: told, and 1011 once the message is begun', async (t) => {
    const errors = errorsOf(t);
    const { ws, peer, done } = await connection(t, {}, WebSocket);
    void ws.send(/** @type {any} */ (['begun', 5, 'end']));
    void ws.send('behind it');
    const frames = (await peer.receive(2)).map(describeFrame);
    assert.deepEqual(frames, ['text+:begun', 'close:1011 a message could not be completed']);
    peer.close(1011);
    peer.socket.end();
    await done;
    assert.equal(ws.closeCode, 1011);
    assert.equal(errors().length, 1);
  });
});

test('uncaughtErrors: what nobody listens for is thrown where nobody catches it', async (t) => {
  const errors = errorsOf(t);
  const boom = new Error('boom');
  /** @type {unknown[]} */
  const uncaught = [];
  const real = globalThis.queueMicrotask;
  // A test's own process has a listener for uncaught errors that fails the test.
  t.mock.method(globalThis, 'queueMicrotask', (/** @type {() => void} */ f) => {
    real(() => {
      try {
        f();
      } catch (error) {
        uncaught.push(error);
      }
    });
  });
  const { ws, peer, done } = await connection(t, { uncaughtErrors: true }, WebSocket);
  ws.onmessage = () => {
    throw boom;
  };
  peer.text('one');
  assert.deepEqual((await peer.receive()).map(describeFrame), ['close:1011 internal error']);
  peer.close(1011);
  peer.socket.end();
  await done;
  assert.deepEqual(uncaught, [boom]);
  assert.deepEqual(errors(), []);
});

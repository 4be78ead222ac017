// What ws has of browsers' WebSocket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { bothWays, closing, pair, serve } from './support.mjs';

bothWays('events', (ws) => {
  const { WebSocket } = ws;

  test('onopen, onmessage and onclose are given events', async (t) => {
    const { url, wss } = await serve(t, ws);
    wss.on('connection', (far) => {
      far.send('text');
      far.send(Buffer.from([1]));
      far.close(1000, 'done');
    });
    const client = new WebSocket(url);
    client.binaryType = 'arraybuffer';
    /** @type {any[]} */
    const seen = [];
    client.onopen = (event) => seen.push([event.type, event.target === client]);
    client.onmessage = ({ type, data }) =>
      seen.push([
        type,
        typeof data === 'string' ? data : [...new Uint8Array(/** @type {any} */ (data))],
      ]);
    await new Promise((resolve) => {
      client.onclose = ({ type, code, reason, wasClean }) => {
        seen.push([type, code, reason, wasClean]);
        resolve(undefined);
      };
    });
    assert.deepEqual(seen, [
      ['open', true],
      ['message', 'text'],
      ['message', [1]],
      ['close', 1000, 'done', true],
    ]);
  });

  test('onerror is given the error', async (t) => {
    const { url } = await serve(t, ws, { verifyClient: () => false });
    const client = new WebSocket(url);
    const event = await new Promise((resolve) => {
      client.onerror = resolve;
    });
    assert.equal(event.type, 'error');
    assert.equal(event.message, 'Unexpected server response: 401');
    assert.equal(event.error.message, event.message);
  });

  test('on* are replaced, and are null at first', () => {
    const client = new WebSocket(/** @type {any} */ (null), undefined, {});
    for (const name of /** @type {const} */ (['onopen', 'onmessage', 'onerror', 'onclose'])) {
      assert.equal(client[name], null);
      const listener = () => {};
      client[name] = listener;
      assert.equal(client[name], listener);
      client[name] = /** @type {any} */ ('nothing');
      assert.equal(client[name], null);
    }
    assert.equal(client.listenerCount('open'), 0);
  });

  test('addEventListener adds one once', async (t) => {
    const { near, far } = await pair(t, ws);
    let count = 0;
    const listener = () => {
      count++;
    };
    near.addEventListener('message', listener);
    near.addEventListener('message', listener);
    near.addEventListener(/** @type {any} */ ('ping'), listener);
    assert.equal(near.listenerCount('message'), 1);
    assert.equal(near.listenerCount('ping'), 0);
    far.send('x');
    await once(near, 'message');
    assert.equal(count, 1);
    near.removeEventListener('message', listener);
    assert.equal(near.listenerCount('message'), 0);
  });

  test('addEventListener knows once, and objects', async (t) => {
    const { near, far } = await pair(t, ws);
    /** @type {any[]} */
    const seen = [];
    const object = {
      /** @param {any} event */
      handleEvent(event) {
        seen.push(['object', this === object, event.data]);
      },
    };
    near.addEventListener('message', object);
    near.addEventListener('message', ({ data }) => seen.push(['once', data]), { once: true });
    far.send('a');
    far.send('b');
    far.close();
    await closing(near);
    assert.deepEqual(seen, [
      ['object', true, 'a'],
      ['once', 'a'],
      ['object', true, 'b'],
    ]);
  });

  test('removeEventListener leaves others alone', () => {
    const client = new WebSocket(/** @type {any} */ (null), undefined, {});
    const listener = () => {};
    client.on('message', listener);
    client.onmessage = listener;
    client.removeEventListener('message', listener);
    assert.equal(client.listenerCount('message'), 2);
  });

  test('what it tells of itself is listed', () => {
    /** @type {string[]} */
    const names = [];
    for (const name in new WebSocket(/** @type {any} */ (null), undefined, {}))
      names.push(name);
    for (const name of [
      'binaryType',
      'bufferedAmount',
      'extensions',
      'isPaused',
      'protocol',
      'readyState',
      'url',
      'onopen',
      'onmessage',
      'CONNECTING',
      'OPEN',
    ]) {
      assert.ok(names.includes(name), name);
    }
  });
});

// createWebSocketStream of ws.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { bothWays, closing, pair, serve } from './support.mjs';

bothWays('createWebSocketStream', (ws) => {
  const { createWebSocketStream, WebSocket } = ws;

  test('is a Duplex', async (t) => {
    const { near } = await pair(t, ws);
    assert.ok(createWebSocketStream(near) instanceof Duplex);
  });

  test('carries bytes both ways, and ends', async (t) => {
    const { near, far } = await pair(t, ws);
    far.on('message', (/** @type {Buffer} */ data) => far.send(data.toString().toUpperCase()));
    const duplex = createWebSocketStream(near, { encoding: 'utf8' });
    duplex.write('hello');
    const [chunk] = await once(duplex, 'data');
    assert.equal(chunk, 'HELLO');
    duplex.end();
    await once(duplex, 'close');
    assert.equal(near.readyState, WebSocket.CLOSED);
  });

  test('writes wait until it is open', async (t) => {
    const { wss, url } = await serve(t, ws);
    const duplex = createWebSocketStream(new WebSocket(url));
    duplex.end('early');
    duplex.resume();
    const [far] = await once(wss, 'connection');
    const [data] = await once(far, 'message');
    assert.equal(String(data), 'early');
    await once(duplex, 'close');
  });

  test('many megabytes go through with backpressure', async (t) => {
    const { near, far } = await pair(t, ws);
    const one = createWebSocketStream(far);
    const other = createWebSocketStream(near);
    const block = Buffer.alloc(100_000, 'z');
    let length = 0;
    const read = (async () => {
      for await (const chunk of other) length += chunk.length;
    })();
    await Promise.all([
      pipeline(Readable.from(Array.from({ length: 60 }, () => block)), one, {
        end: true,
      }).catch(() => {}),
      read,
    ]);
    assert.equal(length, 6_000_000);
  });

  test('in objectMode text is a string', async (t) => {
    const { near, far } = await pair(t, ws);
    const duplex = createWebSocketStream(near, { readableObjectMode: true });
    far.send('text');
    const [chunk] = await once(duplex, 'data');
    assert.equal(chunk, 'text');
    near.terminate();
  });

  test('ends when the peer closes', async (t) => {
    const { near, far } = await pair(t, ws);
    const duplex = createWebSocketStream(near);
    far.send('last');
    far.close();
    assert.equal(await text(/** @type {any} */ (duplex)), 'last');
  });

  test('what was written in pieces leaves before it is destroyed', async (t) => {
    const { near, far } = await pair(t, ws);
    /** @type {string[]} */
    const heard = [];
    far.on('message', (/** @type {Buffer} */ data) => heard.push(String(data)));
    const duplex = createWebSocketStream(near);
    duplex.cork();
    for (const piece of ['a', 'b', 'c']) duplex.write(piece);
    duplex.uncork();
    setImmediate(() => duplex.destroy());
    await closing(far);
    assert.deepEqual(heard, ['a', 'b', 'c']);
  });

  test('destroy drops the connection', async (t) => {
    const { near, far } = await pair(t, ws);
    const closed = closing(far);
    const duplex = createWebSocketStream(near);
    duplex.destroy();
    assert.equal((await closed)[0], 1006);
  });

  test('an error of the WebSocket is the stream’s', async (t) => {
    const { url } = await serve(t, ws, { verifyClient: () => false });
    const duplex = createWebSocketStream(new WebSocket(url));
    const [error] = await once(duplex, 'error');
    assert.equal(error.message, 'Unexpected server response: 401');
  });
});

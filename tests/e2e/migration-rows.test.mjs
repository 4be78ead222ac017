// The rows of docs/migrating.md that somebody who knows only ws would try first.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { WebSocket } from 'ws4wasm';
import { connect, createServer, upgrade } from 'ws4wasm/node';

/**
 * @param {import('node:test').TestContext} t
 * @param {import('ws4wasm/node').ServerOptions} options
 * @param {(ws: WebSocket, request: any) => void} [onWebSocket]
 */
async function serve(t, options, onWebSocket) {
  const server = createServer(options, onWebSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `ws://127.0.0.1:${port}`;
}

/**
 * The first messages.
 * @param {WebSocket} ws
 * @param {number} count
 */
async function heard(ws, count) {
  const all = [];
  for await (const { data } of ws) {
    all.push(String(data));
    if (all.length === count) break;
  }
  ws.close();
  return all;
}

test('remote address, cookies, and headers of the answer', async (t) => {
  /** @type {any[]} */
  const seen = [];
  const url = await serve(
    t,
    {
      verify(request) {
        seen.push(request.remoteAddress, request.headers.get('cookie'));
        return { headers: { 'Set-Cookie': 'a=b' } };
      },
    },
    (ws) => {
      const { environ } = /** @type {any} */ (ws);
      ws.send(`${environ.remoteAddress} ${environ.headers.get('cookie')}`);
    },
  );
  const ws = await connect(url, { headers: { Cookie: 'user=ann' } });
  assert.deepEqual(await heard(ws, 1), ['127.0.0.1 user=ann']);
  assert.deepEqual(seen, ['127.0.0.1', 'user=ann']);
});

test('after upgrade the environ is the IncomingMessage', async (t) => {
  const server = createHttp();
  server.on('upgrade', (request, socket, head) => {
    void upgrade(request, socket, head, {}).then((ws) => {
      const { environ } = /** @type {any} */ (ws);
      assert.equal(environ, request);
      ws?.send(String(environ.socket.remoteAddress));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  assert.deepEqual(await heard(await connect(`ws://127.0.0.1:${port}`), 1), ['127.0.0.1']);
});

test('path, and auth', async (t) => {
  const url = await serve(t, {
    verify: ({ url, headers }) =>
      url.split('?')[0] === '/path'
        ? headers.get('authorization') === 'Basic YW5uOnNlY3JldA=='
        : 404,
  });
  await assert.rejects(connect(`${url}/other`), { status: 404 });
  await assert.rejects(connect(`${url}/path`), { status: 403 });
  const address = `${url.replace('//', '//ann:secret@')}/path?x`;
  (await connect(address)).close();
});

test('a stream is one message by send, and a message a chunk in a loop', async (t) => {
  const url = await serve(t, {}, async (ws) => {
    const chunks = () => Readable.from(['a', 'b', 'c']);
    for await (const chunk of chunks()) await ws.send(chunk);
    await ws.send(chunks());
  });
  assert.deepEqual(await heard(await connect(url), 4), ['a', 'b', 'c', 'abc']);
});

test('messages are kept for the first who listens', async (t) => {
  const url = await serve(t, {}, (ws) => ws.send('early'));
  const ws = await connect(url);
  await ws.ping('round trip');
  await new Promise((resolve) => ws.addEventListener('pong', resolve, { once: true }));
  assert.deepEqual(await heard(ws, 1), ['early']);
});

test('what is over maxBufferedAmount is refused, and the connection closes', async (t) => {
  const url = await serve(t, {});
  const ws = await connect(url, { maxBufferedAmount: 1000 });
  // One that is alone may have any length.
  const alone = ws.send('x'.repeat(2000));
  await assert.rejects(ws.send('y'), RangeError);
  await alone;
  await ws.run();
  assert.equal(ws.closeCode, 1011);
});

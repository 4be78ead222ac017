// WebSockets over HTTP/2 (RFC 8441), in clear text and over TLS.
import assert from 'node:assert/strict';
import {
  connect as connectSession,
  constants,
  createServer as createH2Server,
  createSecureServer,
} from 'node:http2';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { EchoWebSocket, HandshakeError, StreamClosed, WebSocket } from 'ws4wasm';
import { acceptConnect, connectHttp2 } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { errorsOf, listen, noLeaks, Recorder, until } from '../support/connections.mjs';

noLeaks();

const settings = { enableConnectProtocol: true };

/**
 * A server that answers plain requests too, and a session with it.
 * @param {import('node:test').TestContext} t
 * @param {import('ws4wasm/node').UpgradeOptions} [options]
 */
async function session(t, options = { WebSocket: EchoWebSocket }, secure = false) {
  const { key, cert } = secure ? makeCertificate() : { key: undefined, cert: undefined };
  const server = secure
    ? createSecureServer({ settings, key, cert })
    : createH2Server({ settings });
  let sessions = 0;
  server.on('session', () => sessions++);
  server.on('stream', (stream, headers) => {
    if (headers[':method'] === 'CONNECT' || headers[':path'] === '/ws') {
      void acceptConnect(stream, headers, options);
    } else {
      stream.respond({ ':status': 200 });
      stream.end(`page ${headers[':path']}`);
    }
  });
  const port = await listen(/** @type {any} */ (server), t);
  const url = `${secure ? 'https' : 'http'}://localhost:${port}`;
  const client = connectSession(url, { ca: cert });
  client.on('error', () => {});
  t.after(() => void client.destroy());
  return { client, url, count: () => sessions };
}

/** @param {import('node:http2').ClientHttp2Session} client @param {string} path */
async function page(client, path) {
  const request = client.request({ ':path': path });
  request.end();
  return await text(request);
}

for (const secure of [false, true]) {
  test(`several sockets and requests on one session, ${secure ? 'TLS' : 'clear text'}`, async (t) => {
    const { client, url, count } = await session(t, undefined, secure);
    const sockets = await Promise.all(
      Array.from({ length: 5 }, (_, i) => connectHttp2(client, `${url}/${i}`)),
    );
    const pages = Promise.all([page(client, '/a'), page(client, '/b')]);
    for (const [i, ws] of sockets.entries()) {
      void ws.send(`hello ${i}`);
      void ws.send(Buffer.alloc(200_000, i));
    }
    for (const [i, ws] of sockets.entries()) {
      const iterator = ws[Symbol.asyncIterator]();
      assert.equal((await iterator.next()).value.data, `hello ${i}`);
      assert.deepEqual((await iterator.next()).value.data, Buffer.alloc(200_000, i));
      void iterator.return?.();
    }
    assert.deepEqual(await pages, ['page /a', 'page /b']);
    for (const ws of sockets) ws.close(1000);
    await Promise.all(sockets.map((ws) => ws.run()));
    assert.equal(await page(client, '/after'), 'page /after');
    assert.equal(count(), 1);
  });
}

test('how it ends, on both sides', async (t) => {
  /** @type {any[]} */
  const servers = [];
  const options = {
    WebSocket: Recorder,
    onWebSocket: (/** @type {any} */ ws) => void servers.push(ws),
  };
  const { client, url } = await session(t, options);

  const closes = await connectHttp2(client, url, { WebSocket: Recorder });
  closes.close(4000, 'mine');
  await closes.run();
  assert.deepEqual(closes.log, ['opened', 'closed:4000 mine']);
  await until(() => servers[0].readyState === WebSocket.CLOSED);
  assert.deepEqual(servers[0].log, ['opened', 'closed:4000 mine']);

  const closed = await connectHttp2(client, url, { WebSocket: Recorder });
  servers[1].close(4001, 'yours');
  await closed.run();
  await servers[1].run();
  assert.deepEqual(
    [closed.log[1], servers[1].log[1]],
    ['closed:4001 yours', 'closed:4001 yours'],
  );

  const drops = await connectHttp2(client, url, { WebSocket: Recorder });
  drops.closeConnection();
  await servers[2].run();
  assert.match(servers[2].log[1], /^closed:1006/);

  const resets = await connectHttp2(client, url, { WebSocket: Recorder });
  servers[3].sock.close(constants.NGHTTP2_INTERNAL_ERROR);
  await resets.run();
  await servers[3].run();
  assert.match(resets.log[1], /^closed:1006/);

  const lost = await connectHttp2(client, url, { WebSocket: Recorder });
  client.destroy();
  await Promise.all([lost.run(), servers[4].run()]);
  assert.match(lost.log[1], /^closed:1006/);
  await assert.rejects(lost.send('x'), StreamClosed);
  await assert.rejects(connectHttp2(client, url));
});

test('the limits of the handshake end with it', async (t) => {
  const { client, url } = await session(t);
  const abort = new AbortController();
  const ws = await connectHttp2(client, url, { handshakeTimeout: 300, signal: abort.signal });
  abort.abort();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await ws.send('still here');
  for await (const { data } of ws) {
    assert.equal(data, 'still here');
    break;
  }
  ws.close();
  await ws.run();
});

test('protocols, headers, the request', async (t) => {
  /** @type {any} */
  let seen;
  const { client, url } = await session(t, {
    protocols: ['b'],
    headers: [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
    onWebSocket: (_ws, request) => {
      seen = request;
    },
  });
  const ws = await connectHttp2(client, `${url}/path?q`, {
    protocols: ['a', 'b'],
    headers: { Origin: 'https://a.example', Cookie: 'c=d' },
  });
  assert.equal(ws.protocol, 'b');
  assert.deepEqual(ws.environ.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual([seen.method, seen.url, seen.protocols], ['GET', '/path?q', ['a', 'b']]);
  assert.deepEqual(
    [seen.headers.get('origin'), seen.headers.get('cookie')],
    ['https://a.example', 'c=d'],
  );
  ws.close();
  await ws.run();
});

describe('refusals', () => {
  test('by the server, with a body', async (t) => {
    const options = {
      origins: ['https://a.example'],
      verify: async () => ({
        status: 401,
        body: 'Who are you?',
        headers: { 'WWW-Authenticate': 'Basic' },
      }),
    };
    const { client, url } = await session(t, options);
    const error = await connectHttp2(client, url).catch((reason) => reason);
    assert.ok(error instanceof HandshakeError);
    assert.equal(error.status, 401);
    const { response } = /** @type {any} */ (error);
    assert.equal(response.headers.get('www-authenticate'), 'Basic');
    assert.equal(`${response.body}`, 'Who are you?');
    const foreign = connectHttp2(client, url, { headers: { Origin: 'https://b.example' } });
    await assert.rejects(foreign, { status: 403 });
    assert.equal(await page(client, '/x'), 'page /x');
  });

  test('of what is no WebSocket request', async (t) => {
    const { client } = await session(t);
    const ask = async (/** @type {any} */ headers) => {
      const request = client.request(headers, { endStream: false });
      const status = new Promise((resolve) =>
        request.on('response', (h) => resolve(h[':status'])),
      );
      const body = await text(request);
      request.close();
      return `${await status} ${body}`;
    };
    const base = {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/',
      ':authority': 'x',
    };
    assert.equal(
      await ask({ ':path': '/ws' }),
      '426 This is a WebSocket server: Upgrade must be websocket.',
    );
    assert.equal(await ask({ ...base }), '426 The Sec-WebSocket-Version must be 13.');
    // Another protocol, and a tunnel that somebody would like to have.
    const none = '501 CONNECT is for :protocol websocket only.';
    assert.equal(await ask({ ...base, ':protocol': 'other' }), none);
    assert.equal(await ask({ ':method': 'CONNECT', ':authority': 'x:443' }), none);
  });

  test('by a verify that throws', async (t) => {
    const errors = errorsOf(t);
    const { client, url } = await session(t, {
      verify: () => {
        throw new Error('mine');
      },
    });
    await assert.rejects(connectHttp2(client, url), { status: 500 });
    assert.equal(errors().length, 1);
  });

  test('by a server without extended CONNECT', async (t) => {
    const server = createH2Server();
    const port = await listen(/** @type {any} */ (server), t);
    const client = connectSession(`http://localhost:${port}`);
    t.after(() => void client.destroy());
    await assert.rejects(connectHttp2(client, `ws://localhost:${port}`), /extended CONNECT/);
  });

  test('an answer that is no answer: wrong protocol, a reset, none in time, an abort', async (t) => {
    const server = createH2Server({ settings });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      const path = headers[':path'];
      if (path === '/protocol')
        stream.respond({ ':status': 200, 'sec-websocket-protocol': 'x' });
      if (path === '/reset') stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const port = await listen(/** @type {any} */ (server), t);
    const client = connectSession(`http://localhost:${port}`);
    t.after(() => void client.destroy());
    const to = (/** @type {string} */ path, options = {}) =>
      connectHttp2(client, `ws://localhost:${port}${path}`, options);
    await assert.rejects(to('/protocol'), HandshakeError);
    await assert.rejects(to('/reset'), /REFUSED_STREAM/);
    await assert.rejects(to('/none', { handshakeTimeout: 20 }), {
      message: 'no answer within 20 ms',
    });
    const reason = new Error('no longer wanted');
    await assert.rejects(to('/none', { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 10);
    await assert.rejects(to('/none', { signal: abort.signal }), reason);
  });

  test('a session that cannot be made', async (t) => {
    const client = connectSession('http://127.0.0.1:1');
    client.on('error', () => {});
    t.after(() => void client.destroy());
    await assert.rejects(connectHttp2(client, 'ws://127.0.0.1:1'), { code: 'ECONNREFUSED' });
  });
});

// What servers tell of themselves: refusals, connections, counts, diagnostics channels.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { connect as connectNet } from 'node:net';
import { describe, test } from 'node:test';
import { EchoWebSocket, HandshakeError, WebSocket } from 'ws4wasm';
import {
  acceptConnect,
  ConnectionGroup,
  connect,
  connectHttp2,
  createServer,
  upgrade,
} from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { errorsOf, listen, noLeaks, until } from '../support/connections.mjs';
import { ask, handshake } from '../support/http.mjs';

noLeaks();

const certificate = makeCertificate();

/** @typedef {import('node:test').TestContext} TestContext */

/** @type {[string, any, string, number, string | undefined][]} reason, options, request, status, URL */
const REFUSALS = [
  ['malformed', {}, 'nonsense\r\n\r\n', 400, undefined],
  ['malformed', {}, handshake().replace('dGhl', '!'), 400, '/chat'],
  ['method', {}, handshake().replace('GET', 'POST'), 405, '/chat'],
  ['upgrade', {}, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n', 426, '/x'],
  ['headers', { maxHeaderSize: 64 }, handshake(), 431, undefined],
  ['timeout', { handshakeTimeout: 30 }, 'GET / HT', 408, undefined],
  ['origin', { origins: [] }, handshake('Origin: https://a.example'), 403, '/chat'],
  ['verify', { verify: () => false }, handshake(), 403, '/chat'],
  [
    'verify',
    { verify: () => ({ status: 302, headers: { Location: '/' } }) },
    handshake(),
    302,
    '/chat',
  ],
  [
    'verify',
    {
      verify: () => {
        throw new HandshakeError('no', { status: 401 });
      },
    },
    handshake(),
    401,
    '/chat',
  ],
  [
    'error',
    {
      verify: () => {
        throw new Error('mine');
      },
    },
    handshake(),
    500,
    '/chat',
  ],
  ['error', { verify: () => ({ headers: { 'X-A': 'b\r\nc' } }) }, handshake(), 500, '/chat'],
  [
    'error',
    { verify: () => ({ status: 403, headers: { 'X-A': 'b\r\nc' } }) },
    handshake(),
    500,
    '/chat',
  ],
  ['proxy', { trustProxy: 1 }, handshake('X-Forwarded-For: x'), 400, '/chat'],
  ['proxy', { proxyProtocol: true }, handshake(), 400, undefined],
  ['proxy', { proxyProtocol: '192.0.2.1' }, handshake(), 403, undefined],
];

describe('refused', () => {
  test('each reason: the event, the count, the channel', async (t) => {
    errorsOf(t);
    /** @type {any[]} */
    const published = [];
    const note = (/** @type {any} */ details) => published.push(details);
    subscribe('ws4wasm.refused', note);
    t.after(() => void unsubscribe('ws4wasm.refused', note));
    for (const [reason, options, request, status, url] of REFUSALS) {
      const server = createServer(options);
      const port = await listen(server, t);
      /** @type {any[]} */
      const refused = [];
      server.on('refused', (details) => refused.push(details));
      const reply = await ask(port, request);
      const name = `${reason} ${status}`;
      assert.equal(reply.slice(9, 12), String(status), name);
      assert.equal(refused.length, 1, name);
      const [told] = refused;
      assert.deepEqual(
        [told.reason, told.status, told.request?.url],
        [reason, status, url],
        name,
      );
      assert.match(told.remoteAddress, /127\.0\.0\.1$/, name);
      assert.equal(typeof told.remotePort, 'number', name);
      if (reason === 'error') assert.ok(told.error instanceof Error, name);
      const { refused: counts, open, opened } = server.stats();
      assert.deepEqual(
        Object.entries(counts).filter(([, count]) => count),
        [[reason, 1]],
        name,
      );
      assert.deepEqual([open, opened, server.connections.size], [0, 0, 0], name);
      assert.equal(published.at(-1)?.reason, reason);
    }
    assert.equal(published.length, REFUSALS.length);
  });

  test('TLS that fails', async (t) => {
    const server = createServer(certificate);
    const port = await listen(server, t);
    const refused = once(server, 'refused');
    assert.equal(await ask(port, 'GET / HTTP/1.1\r\n\r\n'), '');
    const [{ reason, status, error, remoteAddress }] = await refused;
    assert.deepEqual([reason, status], ['tls', undefined]);
    assert.ok(error instanceof Error);
    assert.match(remoteAddress, /127\.0\.0\.1$/);
    assert.equal(server.stats().refused.tls, 1);
  });

  test('over http and HTTP/2: of the group', async (t) => {
    const group = new ConnectionGroup();
    const options = { group, verify: () => 403 };
    /** @type {any[]} */
    const refused = [];
    group.on('refused', (details) => refused.push(details));
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
    assert.match(await ask(await listen(http, t), handshake()), / 403 /);
    const h2 = createH2Server({ settings: { enableConnectProtocol: true } });
    h2.on('stream', (stream, headers) => void acceptConnect(stream, headers, options));
    const session = connectSession(
      `http://127.0.0.1:${await listen(/** @type {any} */ (h2), t)}`,
    );
    t.after(() => void session.destroy());
    await once(session, 'remoteSettings');
    await assert.rejects(connectHttp2(session, 'ws://x/two'), { status: 403 });
    assert.deepEqual(
      refused.map(({ reason, status, request }) => [reason, status, request.url]),
      [
        ['verify', 403, '/chat'],
        ['verify', 403, '/two'],
      ],
    );
    assert.equal(group.stats().refused.verify, 2);
  });

  test('a peer that leaves is none', async (t) => {
    const server = createServer();
    const port = await listen(server, t);
    server.on('refused', () => assert.fail());
    const socket = connectNet(port, '127.0.0.1');
    await until(() => server.stats().arriving === 1);
    socket.destroy();
    await until(() => server.stats().arriving === 0);
  });
});

describe('stats', () => {
  test('what came and went, of what is open and of what has ended', async (t) => {
    const server = createServer({ WebSocket: EchoWebSocket });
    const port = await listen(server, t);
    assert.equal(server.connections.size, 0);
    /** @type {any[]} */
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await connect(`ws://127.0.0.1:${port}`));
    for (const ws of clients) {
      await ws.ping('hello');
      await ws.send('four');
      await ws.send(new Uint8Array(1000));
    }
    const all = {
      messagesReceived: 6,
      messagesSent: 6,
      pingsReceived: 3,
      pingsSent: 0,
      // Headers of 2 and 4 bytes, and keys of 4.
      bytesReceived: 3 * (11 + 10 + 1008),
      // The pongs.
      bytesSent: 3 * (7 + 6 + 1004),
    };
    await until(() => server.stats().bytesSent === all.bytesSent);
    const { open, opened, buffered, enginesRetired, draining, ...rest } = server.stats();
    assert.deepEqual([open, opened, buffered, draining], [3, 3, 0, false]);
    assert.equal(typeof enginesRetired, 'number');
    for (const [name, count] of Object.entries(all)) {
      assert.equal(/** @type {any} */ (rest)[name], count, name);
    }
    const [one] = server.connections;
    assert.ok(one instanceof EchoWebSocket);
    clients[0].close();
    await until(() => server.connections.size === 2);
    const later = server.stats();
    assert.deepEqual([later.open, later.opened], [2, 3]);
    assert.equal(later.messagesReceived, 6);
    // A close frame of the client's, and the answer to it.
    assert.equal(later.bytesReceived, all.bytesReceived + 8);
    assert.equal(later.bytesSent, all.bytesSent + 4);
    for (const ws of clients) ws.close();
    await until(() => server.connections.size === 0);
  });

  test('bytes that process() does not take are not counted', async (t) => {
    const server = createServer({ WebSocket: EchoWebSocket });
    const port = await listen(server, t);
    const ws = await connect(`ws://127.0.0.1:${port}`);
    await until(() => server.connections.size === 1);
    const [near] = server.connections;
    for (const wrong of [undefined, 'text', { byteLength: 5 }, [1, 2]])
      assert.throws(() => near.process(/** @type {any} */ (wrong)), TypeError);
    assert.equal(server.stats().bytesReceived, 0);
    ws.send('four');
    await until(() => server.stats().bytesReceived === 10);
    ws.close();
    await until(() => server.connections.size === 0);
  });

  test("pings of the server's own, fragments, prepared frames, what waits", async (t) => {
    /** @type {WebSocket[]} */
    const opened = [];
    const server = createServer({ partial: true }, (ws) => void opened.push(ws));
    const port = await listen(server, t);
    const ws = await connect(`ws://127.0.0.1:${port}`);
    const [near] = opened;
    await near.ping();
    await near.send(near.stream.prepare('all'));
    await near.send(['a', 'b', 'c']);
    const counts = server.stats();
    assert.deepEqual([counts.pingsSent, counts.messagesSent], [1, 2]);
    await ws.send(['a', 'b', 'c']);
    await until(() => server.stats().messagesReceived === 1);
    ws.pause();
    near.send(new Uint8Array(16 << 20));
    assert.ok(server.stats().buffered > 1 << 20);
    ws.closeConnection();
    await until(() => server.stats().open === 0);
  });

  test('a connection is there until closed() has run', async (t) => {
    /** @type {number[]} */
    const seen = [];
    const server = createServer({
      WebSocket: class extends WebSocket {
        opened() {
          seen.push(server.connections.size);
        }

        closed() {
          seen.push(server.connections.size);
        }
      },
    });
    const ws = await connect(`ws://127.0.0.1:${await listen(server, t)}`);
    ws.close();
    await until(() => seen.length === 2 && server.connections.size === 0);
    assert.deepEqual(seen, [1, 1]);
  });
});

test('diagnostics channels: opened and closed, of servers and clients', async (t) => {
  /** @type {[string, any][]} */
  const published = [];
  for (const name of ['ws4wasm.opened', 'ws4wasm.closed']) {
    const note = (/** @type {any} */ details) => published.push([name, details]);
    subscribe(name, note);
    t.after(() => void unsubscribe(name, note));
  }
  const server = createServer((ws) => void ws.close(4000, 'bye'));
  const ws = await connect(`ws://127.0.0.1:${await listen(server, t)}/here`);
  await ws.run();
  await until(() => published.length === 4);
  const found = published.map(([name, { request, response, code, reason }]) => ({
    name: name.slice(8),
    url: request?.url,
    status: response?.status,
    code,
    reason,
  }));
  const at = (/** @type {string} */ name, /** @type {boolean} */ served) =>
    found.find((one) => one.name === name && (one.url !== undefined) === served);
  const none = { code: undefined, reason: undefined };
  const end = { code: 4000, reason: 'bye' };
  assert.deepEqual(at('opened', true), {
    name: 'opened',
    url: '/here',
    status: undefined,
    ...none,
  });
  assert.deepEqual(at('closed', true), {
    name: 'closed',
    url: '/here',
    status: undefined,
    ...end,
  });
  assert.deepEqual(at('opened', false), {
    name: 'opened',
    url: undefined,
    status: 101,
    ...none,
  });
  assert.deepEqual(at('closed', false), {
    name: 'closed',
    url: undefined,
    status: 101,
    ...end,
  });
  assert.ok(published.every(([, details]) => details.ws instanceof WebSocket));
});

test("AsyncLocalStorage: upgrade's caller's context is that of opened; snapshot() keeps it", async (t) => {
  const storage = new AsyncLocalStorage();
  /** @type {unknown[]} */
  const seen = [];
  class Kept extends WebSocket {
    /** @type {(f: (message: any) => void, message: any) => void} */
    #inContext = () => {};

    opened() {
      seen.push(['opened', storage.getStore()]);
      this.#inContext = AsyncLocalStorage.snapshot();
    }

    /** @param {any} message */
    receivedMessage(message) {
      this.#inContext(({ data }) => void seen.push([data, storage.getStore()]), message);
    }
  }
  const http = createHttpServer();
  http.on('upgrade', (request, socket, head) => {
    const verify = () => {
      seen.push(['verify', storage.getStore()]);
      return true;
    };
    const options = { WebSocket: Kept, verify };
    storage.run(request.url, () => void upgrade(request, socket, head, options));
  });
  const port = await listen(http, t);
  const one = await connect(`ws://127.0.0.1:${port}/one`);
  const two = await connect(`ws://127.0.0.1:${port}/two`);
  await one.send('first');
  await two.send('second');
  await until(() => seen.length === 6);
  for (const ws of [one, two]) {
    ws.close();
    await ws.run();
  }
  assert.deepEqual(new Map(/** @type {any} */ (seen)).get('first'), '/one');
  assert.deepEqual(new Map(/** @type {any} */ (seen)).get('second'), '/two');
  assert.deepEqual(seen.slice(0, 2), [
    ['verify', '/one'],
    ['opened', '/one'],
  ]);
});

// Chromium's own WebSocket against createServer, upgrade and acceptConnect, over TLS, HTTP/1.1
// and HTTP/2.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { test } from 'node:test';
import { EchoWebSocket } from 'ws4wasm';
import { acceptConnect, createServer, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, until } from '../support/connections.mjs';
import { launch } from './chromium.mjs';

/** What the servers saw of how their connections ended. @type {string[]} */
let ended = [];

class Echo extends EchoWebSocket {
  /** @param {any} message */
  receivedMessage(message) {
    // Fragments and pings, which a browser's own API cannot send.
    if (message.data === 'fragments') return this.send(['in ', 'three ', 'pieces']);
    if (message.data === 'ping') return this.ping('are you there');
    if (message.data === 'close') return this.close(4001, 'as you wish');
    return super.receivedMessage(message);
  }

  /** @param {any} pong */
  ponged(pong) {
    void this.send(`pong: ${pong}`);
  }

  /** @param {number} code @param {string} [reason] */
  closed(code, reason) {
    ended.push(`${code} ${reason}`.trimEnd());
  }
}

/**
 * Runs in the page.
 * @param {string} url
 */
async function converse(url) {
  /** @param {EventTarget} target @param {string} type @returns {Promise<any>} */
  const next = (target, type) =>
    new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
  const open = async () => {
    const socket = new WebSocket(url, ['a', 'b']);
    socket.binaryType = 'arraybuffer';
    await next(socket, 'open');
    return socket;
  };
  const socket = await open();
  /** @type {any[]} */
  const seen = [socket.protocol];
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
  for (const text of ['', 'häß €😀', 'x'.repeat(100_000), 'fragments', 'ping']) {
    socket.send(text);
    const { data } = await next(socket, 'message');
    seen.push(data === text ? 'echo' : data);
  }
  socket.send(bytes);
  const { data } = await next(socket, 'message');
  seen.push(new Uint8Array(data).every((byte, i) => byte === bytes[i]) && data.byteLength);
  const closes = [];
  socket.close(4000, 'done');
  closes.push(await next(socket, 'close'));
  const told = await open();
  told.send('close');
  closes.push(await next(told, 'close'));
  const plain = await open();
  plain.close();
  closes.push(await next(plain, 'close'));
  for (const { code, reason, wasClean } of closes)
    seen.push([code, reason, wasClean].join(' '));
  return seen;
}

const expected = [
  'b',
  'echo',
  'echo',
  'echo',
  'in three pieces',
  'pong: are you there',
  1_000_000,
  '4000 done true',
  '4001 as you wish true',
  '1005  true',
];
const expectedEnds = ['4000 done', '4001 as you wish', '1005'];

const options = { WebSocket: Echo, protocols: ['b'], origins: /** @type {const} */ ('same') };
const blank = '<!doctype html><link rel="icon" href="data:,"><title>test</title>';

/**
 * A page whose certificate errors are ignored.
 * @param {import('node:test').TestContext} t
 */
const browse = (t) => launch(t, { ignoreHTTPSErrors: true }, ['--ignore-certificate-errors']);

test('createServer over TLS, from a page of https', async (t) => {
  const page = await browse(t);
  if (!page) return;
  ended = [];
  const certificate = makeCertificate();
  const server = createServer({ ...options, origins: undefined, ...certificate });
  const port = await listen(server, t);
  const site = createHttpsServer(certificate, (_request, response) => response.end(blank));
  await page.goto(`https://localhost:${await listen(site, t)}/`);
  assert.deepEqual(await page.evaluate(converse, `wss://localhost:${port}/`), expected);
  await until(() => ended.length === 3);
  assert.deepEqual(ended, expectedEnds);
  site.closeAllConnections();
});

for (const secure of [false, true]) {
  test(`upgrade of ${secure ? 'https' : 'http'}, beside the page itself`, async (t) => {
    const page = await browse(t);
    if (!page) return;
    ended = [];
    const server = secure ? createHttpsServer(makeCertificate()) : createHttpServer();
    server.on('request', (_request, response) => response.end(blank));
    server.on(
      'upgrade',
      (request, socket, head) => void upgrade(request, socket, head, options),
    );
    const host = `localhost:${await listen(server, t)}`;
    await page.goto(`${secure ? 'https' : 'http'}://${host}/`);
    const url = `${secure ? 'wss' : 'ws'}://${host}/chat`;
    assert.deepEqual(await page.evaluate(converse, url), expected);
    await until(() => ended.length === 3);
    assert.deepEqual(ended, expectedEnds);
    server.closeAllConnections();
  });
}

test('one connection of HTTP/2 carries the page and two sockets', async (t) => {
  const page = await browse(t);
  if (!page) return;
  ended = [];
  const server = createSecureServer({
    ...makeCertificate(),
    settings: { enableConnectProtocol: true },
  });
  /** What each stream was for, and its session. @type {[string, unknown][]} */
  const streams = [];
  /** @type {Set<import('node:http2').ServerHttp2Session>} */
  const sessions = new Set();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    const { ':method': method, ':path': path } = headers;
    streams.push([`${method} ${path}`, stream.session]);
    if (method === 'CONNECT') {
      void acceptConnect(stream, headers, options);
    } else {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end(blank);
    }
  });
  const host = `localhost:${await listen(/** @type {any} */ (server), t)}`;
  await page.goto(`https://${host}/`);
  const both = await page.evaluate(async (url) => {
    const sockets = [new WebSocket(`${url}/1`), new WebSocket(`${url}/2`)];
    const echoes = sockets.map(
      (socket, i) =>
        new Promise((resolve, reject) => {
          socket.onopen = () => socket.send(`hello ${i}`);
          socket.onmessage = ({ data }) => resolve(data);
          socket.onerror = () => reject(new Error(`socket ${i} failed`));
        }),
    );
    const result = [...(await Promise.all(echoes)), await (await fetch('/also')).text()];
    for (const socket of sockets) socket.close(1000);
    return result;
  }, `wss://${host}`);
  assert.deepEqual(both, ['hello 0', 'hello 1', blank]);
  const session = streams[0][1];
  assert.deepEqual(streams.map(([what]) => what).sort(), [
    'CONNECT /1',
    'CONNECT /2',
    'GET /',
    'GET /also',
  ]);
  for (const [what, on] of streams) assert.equal(on, session, what);
  await until(() => ended.length === 2);
  assert.deepEqual(ended, ['1000', '1000']);

  ended = [];
  assert.deepEqual(await page.evaluate(converse, `wss://${host}/`), expected);
  await until(() => ended.length === 3);
  assert.deepEqual(ended, expectedEnds);
  for (const own of sessions) own.destroy();
});

test('a page of another origin is kept out', async (t) => {
  const page = await browse(t);
  if (!page) return;
  const port = await listen(createServer({ ...options, origins: ['https://example.com'] }), t);
  const site = createHttpServer((_request, response) => response.end(blank));
  await page.goto(`http://localhost:${await listen(site, t)}/`);
  page.removeAllListeners('console');
  const code = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        new WebSocket(url).onclose = (event) => resolve(event.code);
      }),
    `ws://localhost:${port}/`,
  );
  assert.equal(code, 1006);
  site.closeAllConnections();
});

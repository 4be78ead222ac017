// `ws4wasm inspect` with HTTP/2 on either side: WebSockets by extended CONNECT (RFC 8441), and plain
// requests.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as requestHttp } from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { EchoWebSocket } from 'ws4wasm';
import { acceptConnect, connect, connectHttp2, upgrade } from 'ws4wasm/node';
import { allRows, inspect as inspected } from '../inspect/support.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { listen } from '../support/connections.mjs';
import { inspect, start } from './support.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-http2-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
// The authority of --tls is not that of whoever runs this.
process.env.XDG_STATE_HOME = folder;

/** What the servers do with a request for a WebSocket. */
const HOW = {
  WebSocket: EchoWebSocket,
  deflate: true,
  protocols: ['chat'],
  verify: (/** @type {{ url: string }} */ { url }) =>
    url.endsWith('/refused') ? { status: 409, body: 'not now' } : true,
};

/**
 * An echo server that speaks HTTP/2; notes the heads that it has got.
 * @param {TestContext} t
 * @param {{ takes?: boolean, secure?: { key: Buffer, cert: Buffer } }} [options]
 */
async function target2(t, { takes = true, secure } = {}) {
  /** @type {import('node:http2').IncomingHttpHeaders[]} */
  const heads = [];
  const settings = { enableConnectProtocol: takes };
  const server = secure
    ? http2.createSecureServer({ ...secure, settings })
    : http2.createServer({ settings });
  /** @type {Set<import('node:http2').Http2Session>} */
  const sessions = new Set();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    heads.push(headers);
    stream.on('error', () => {});
    if (headers[':method'] === 'CONNECT') {
      acceptConnect(stream, headers, HOW);
      return;
    }
    stream.respond({ ':status': 200, 'x-te': headers.te ?? 'none' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  const port = await listen(server, t);
  t.after(() => {
    for (const session of sessions) session.destroy();
  });
  return { at: `${secure ? 'localhost' : '127.0.0.1'}:${port}`, heads };
}

/** The same in HTTP/1.1. @param {TestContext} t */
async function target1(t) {
  /** @type {import('node:http').IncomingHttpHeaders[]} */
  const heads = [];
  const server = createServer((request, response) => {
    heads.push(request.headers);
    response.writeHead(200, { Connection: 'keep-alive', 'X-Mine': 'yes' });
    request.pipe(response);
  });
  server.on('upgrade', (request, socket, head) => {
    heads.push(request.headers);
    upgrade(request, socket, head, HOW);
  });
  const at = `127.0.0.1:${await listen(server, t)}`;
  t.after(() => server.closeAllConnections());
  return { at, heads };
}

/** @param {TestContext} t @param {string} url @param {object} [options] */
async function session(t, url, options) {
  const one = http2.connect(url, options);
  one.on('error', () => {});
  t.after(() => one.destroy());
  await once(one, 'connect');
  return one;
}

/** @param {any} ws @param {string} text */
async function heard(ws, text) {
  await ws.send(text);
  const { value } = await ws[Symbol.asyncIterator]().next();
  return value.data;
}

/** Closes it in order. @param {any} ws @param {[number?, string?]} how */
async function ended(ws, ...how) {
  ws.close(...how);
  for await (const _ of ws);
}

/**
 * A plain request over a session.
 * @param {import('node:http2').ClientHttp2Session} over
 * @param {import('node:http2').OutgoingHttpHeaders} headers
 * @param {string} [body]
 */
async function asked(over, headers, body) {
  const stream = over.request(headers, { endStream: body === undefined });
  /** @type {any} */
  let trailers;
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  if (body !== undefined) stream.end(body);
  const [answer] = await once(stream, 'response');
  let text = '';
  for await (const part of stream.setEncoding('utf8')) text += part;
  return { answer, text, trailers };
}

describe('WebSockets', () => {
  for (const [near, far] of /** @type {const} */ ([
    [2, 1],
    [1, 2],
    [2, 2],
  ])) {
    test(`a client of HTTP/${near}, a target of HTTP/${far}`, async (t) => {
      const { at, heads } = await (far === 2 ? target2(t) : target1(t));
      const file = join(folder, `${++files}.pcapng`);
      const more = far === 2 ? ['--http2'] : [];
      const proxy = await inspect(t, `ws://${at}/base`, '--save', file, ...more);
      const url = `ws://127.0.0.1:${proxy.port}`;
      const over = near === 2 ? await session(t, `http://127.0.0.1:${proxy.port}`) : undefined;
      const open = (/** @type {string} */ path, /** @type {object} */ options = {}) =>
        over ? connectHttp2(over, url + path, options) : connect(url + path, options);

      // Two at once: in HTTP/2 they share a connection.
      const one = await open('/one', { protocols: ['chat'], headers: { 'X-Mine': 'yes' } });
      const two = await open('/two?x=1', { deflate: false });
      assert.equal(one.protocol, 'chat');
      assert.equal(await heard(one, 'over one'), 'over one');
      const long = 'long '.repeat(60_000);
      assert.equal(await heard(two, long), long);
      for (const [i, path] of ['/base/one', '/base/two?x=1'].entries()) {
        if (far === 2) assert.equal(heads[i][':path'], path);
        assert.equal(heads[i][far === 2 ? ':authority' : 'host'], at);
      }
      assert.equal(heads[0]['x-mine'], 'yes');
      for (const ws of [one, two]) {
        await ended(ws, 4001, 'done');
      }
      await proxy.printed(/#1 · open \/one/);
      for (const number of [1, 2]) await proxy.printed(new RegExp(`#${number} · closed`));

      const refused = await open('/refused').catch((/** @type {any} */ error) => error);
      assert.equal(refused.status, 409);
      assert.equal(`${Buffer.from(refused.response.body)}`, 'not now');
      await proxy.stop();
      const saved = inspected(file);
      const connections = saved.connections();
      assert.deepEqual(
        connections.map(({ status }) => status),
        [101, 101, 409],
      );
      assert.equal(saved.totals.errors, 0);
      const texts = allRows(saved, { kind: 'messages' }).filter(
        ({ opcode }) => opcode === 'text',
      );
      assert.deepEqual(
        texts.map(({ direction, inflated, length }) => [direction, inflated ?? length]),
        [
          ['c2s', 8],
          ['s2c', 8],
          ['c2s', long.length],
          ['s2c', long.length],
        ],
      );
    });
  }
});

test('TLS on both sides: what is spoken is negotiated', async (t) => {
  const secure = makeCertificate();
  const { at } = await target2(t, { secure });
  const proxy = start(
    t,
    ...[
      'inspect',
      '--listen',
      '0',
      '--tls',
      '--http2',
      '--insecure',
      '--target',
      `wss://${at}`,
    ],
  );
  const [, port] = await proxy.printed(/Connect to wss:\/\/127\.0\.0\.1:(\d+)\//);
  const [, authority] = await proxy.printed(/Its certificate is by (\S+)\. To trust it/);
  const ca = readFileSync(authority);
  const url = `https://localhost:${port}`;
  const over = await session(t, url, { ca });
  const ws = await connectHttp2(over, `wss://localhost:${port}/`);
  assert.equal(await heard(ws, 'in HTTP/2'), 'in HTTP/2');
  await ended(ws);
  const old = await connect(`wss://localhost:${port}/`, { tls: { ca } });
  assert.equal(await heard(old, 'in HTTP/1.1'), 'in HTTP/1.1');
  await ended(old);
  assert.equal((await asked(over, { ':path': '/' })).answer[':status'], 200);
});

test('plain requests from HTTP/2 to HTTP/1.1', async (t) => {
  const { at, heads } = await target1(t);
  const proxy = await inspect(t, `ws://${at}`);
  const over = await session(t, `http://127.0.0.1:${proxy.port}`);
  const cookies = ['a=1', `ws4wasm-${proxy.pagePort}=secret`, 'b=2'];
  const { answer, text } = await asked(
    over,
    { ':method': 'POST', ':path': '/x', cookie: cookies, te: 'trailers' },
    'body',
  );
  assert.equal(answer[':status'], 200);
  assert.equal(answer['x-mine'], 'yes');
  assert.equal(answer.connection, undefined);
  assert.equal(text, 'body');
  assert.equal(heads[0].host, at);
  assert.equal(heads[0].cookie, 'a=1; b=2');
  assert.equal(heads[0]['transfer-encoding'], 'chunked');
  const foreign = await asked(over, { ':path': '/', ':authority': 'evil.test' });
  assert.equal(foreign.answer[':status'], 403);
  assert.equal(
    (await asked(over, { ':path': '/', origin: 'http://evil.test' })).answer[':status'],
    403,
  );
  // No tunnel, and nothing else that RFC 8441 could carry.
  for (const [
    fields,
    status,
  ] of /** @type {[import('node:http2').OutgoingHttpHeaders, number][]} */ ([
    [{ ':method': 'CONNECT', ':authority': at }, 405],
    [
      {
        ':method': 'CONNECT',
        ':protocol': 'connect-udp',
        ':path': '/',
        ':scheme': 'http',
        ':authority': at,
      },
      501,
    ],
  ])) {
    const stream = over.request(fields, { endStream: false });
    const [refusal] = await once(stream, 'response');
    assert.equal(refusal[':status'], status);
    stream.close();
  }
});

test('plain requests to HTTP/2, with trailers', async (t) => {
  const { at, heads } = await target2(t);
  const proxy = await inspect(t, `ws://${at}`, '--http2');
  const over = await session(t, `http://127.0.0.1:${proxy.port}`);
  const rpc = await asked(over, { ':method': 'POST', ':path': '/rpc', te: 'trailers' }, 'call');
  assert.equal(rpc.text, 'call');
  assert.equal(rpc.answer['x-te'], 'trailers');
  assert.equal(rpc.trailers['grpc-status'], '0');
  const request = requestHttp({
    port: proxy.port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/old?a',
    headers: { 'Keep-Alive': 'timeout=5', Upgrade: 'h2c', 'Proxy-Connection': 'close' },
  });
  request.end('from HTTP/1.1');
  const [response] = await once(request, 'response');
  let body = '';
  for await (const part of response.setEncoding('utf8')) body += part;
  assert.equal(body, 'from HTTP/1.1');
  assert.equal(response.headers['x-te'], 'none');
  assert.equal(response.trailers['grpc-status'], '0');
  assert.equal(heads[1][':path'], '/old?a');
  assert.equal(heads[1][':authority'], at);
});

describe('targets of --http2', () => {
  test('one that does not speak it, and one that takes no WebSockets in it', async (t) => {
    for (const [target, why] of /** @type {[{ at: string }, RegExp][]} */ ([
      [await target1(t), /does not speak HTTP\/2\. Without --http2/],
      [await target2(t, { takes: false }), /takes no WebSockets over HTTP\/2/],
    ])) {
      const proxy = await inspect(t, `ws://${target.at}`, '--http2');
      const refused = await connect(proxy.address).catch((/** @type {any} */ error) => error);
      assert.equal(refused.status, 502);
      assert.match(`${Buffer.from(refused.response.body)}`, why);
    }
  });

  test('a session that ended is begun anew', async (t) => {
    /** @type {import('node:http2').Http2Session[]} */
    const sessions = [];
    /** @type {import('node:net').Socket[]} */
    const sockets = [];
    const server = http2.createServer((_, response) => response.end('here'));
    server.on('session', (one) => sessions.push(one));
    server.on('connection', (one) => sockets.push(one));
    const at = `127.0.0.1:${await listen(server, t)}`;
    t.after(() => {
      for (const one of sessions) one.destroy();
    });
    const proxy = await inspect(t, `ws://${at}`, '--http2');
    for (const n of [1, 2, 3]) {
      assert.equal(await (await fetch(proxy.address.replace('ws', 'http'))).text(), 'here');
      assert.equal(sessions.length, n);
      // By GOAWAY, then as the system ends a program's connections, without a word of HTTP/2.
      const over = once(sessions[n - 1], 'close');
      if (n === 1) sessions[0].close();
      else sockets[n - 1].destroy();
      await over;
    }
  });
});

test('a stream that is reset breaks the other side, too', async (t) => {
  const { at } = await target1(t);
  const proxy = await inspect(t, `ws://${at}`);
  const over = await session(t, `http://127.0.0.1:${proxy.port}`);
  const fields = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/',
    ':authority': `127.0.0.1:${proxy.port}`,
    'sec-websocket-version': '13',
  };
  const stream = over.request(fields, { endStream: false });
  assert.equal((await once(stream, 'response'))[0][':status'], 200);
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await proxy.printed(/#1 ✗ the client: the stream was reset/);
  // The others of its connection go on.
  const ws = await connectHttp2(over, `ws://127.0.0.1:${proxy.port}`);
  assert.equal(await heard(ws, 'x'), 'x');
  await ended(ws);
});

// What verify and the connection know of a request, and which origins may connect.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { WebSocket } from 'ws4wasm';
import { acceptConnect, connect, connectHttp2, createServer, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { errorsOf, listen, noLeaks } from '../support/connections.mjs';

noLeaks();

/** Opens a connection and lets it go. @param {Promise<WebSocket>} opening */
async function opens(opening) {
  const ws = await opening;
  ws.close();
  await ws.run();
}

describe('the request', () => {
  /** What verify has seen, and what the connection has. */
  function noting(more = {}) {
    /** @type {{ asked: any[], opened: any[] }} */
    const seen = { asked: [], opened: [] };
    const options = {
      ...more,
      verify: (/** @type {any} */ request) => {
        // What is gone with the socket is noted while it is there.
        seen.asked.push(request);
        return true;
      },
      onWebSocket: (/** @type {any} */ ws, /** @type {any} */ request) =>
        void seen.opened.push({ ws, request }),
    };
    return { seen, options };
  }

  const headers = {
    Cookie: 'a=b',
    Origin: 'https://example.com',
    'X-Forwarded-For': '1.2.3.4',
  };

  test('createServer: address, socket, origin; environ is the same', async (t) => {
    const { seen, options } = noting();
    const port = await listen(createServer(options), t);
    const ws = await connect(`ws://127.0.0.1:${port}/path?q`, { headers, protocols: ['a'] });
    const { localPort } = ws.sock;
    ws.close();
    await ws.run();
    const [request] = seen.asked;
    assert.deepEqual(
      [request.method, request.url, request.protocols, request.origin],
      ['GET', '/path?q', ['a'], 'https://example.com'],
    );
    assert.deepEqual(
      [request.remoteAddress, request.remotePort],
      ['127.0.0.1', localPort],
      'after the end, too',
    );
    assert.equal(seen.opened[0].ws.environ, request);
    assert.equal(seen.opened[0].request, request);
    assert.equal(request.socket, seen.opened[0].ws.sock);
    // The socket is nothing to print or to copy.
    assert.ok(!Object.keys(request).includes('socket'));
    assert.match(inspect(request), /remoteAddress: '127\.0\.0\.1'/);
    assert.equal(JSON.parse(JSON.stringify(request)).headers.cookie, 'a=b');
  });

  test('without an Origin, on a Unix socket', async (t) => {
    const { seen, options } = noting();
    const socketPath = join(tmpdir(), `ws4wasm-verify-${process.pid}.sock`);
    const server = createServer(options);
    await new Promise((resolve) => server.listen(socketPath, () => resolve(undefined)));
    t.after(() => void server.close());
    await opens(connect('ws://anything/', { socketPath }));
    const [{ origin, remoteAddress, remotePort }] = seen.asked;
    assert.deepEqual([origin, remoteAddress, remotePort], [undefined, undefined, undefined]);
  });

  test("TLS: the client's certificate", async (t) => {
    const { key, cert } = makeCertificate();
    const { seen, options } = noting({ key, cert, ca: cert, requestCert: true });
    const verify = (/** @type {any} */ request) => {
      seen.asked.push(request.socket.getPeerCertificate().subject?.CN);
      return request.socket.authorized || 401;
    };
    const server = createServer({ ...options, rejectUnauthorized: false, verify });
    const port = await listen(server, t);
    const url = `wss://localhost:${port}`;
    await opens(connect(url, { tls: { ca: cert, key, cert } }));
    await assert.rejects(connect(url, { tls: { ca: cert } }), { status: 401 });
    assert.deepEqual(seen.asked, ['localhost', undefined]);
    assert.ok(seen.opened[0].ws.environ.socket instanceof TLSSocket);
  });

  test('tls has what does not stand beside it', async (t) => {
    const { key, cert } = makeCertificate();
    const server = createServer({ tls: { key, cert, minVersion: 'TLSv1.3' } });
    const port = await listen(server, t);
    const url = `wss://localhost:${port}`;
    await opens(connect(url, { tls: { ca: cert } }));
    await assert.rejects(connect(url, { tls: { ca: cert, maxVersion: 'TLSv1.2' } }));
  });

  test('upgrade, with the IncomingMessage as environ', async (t) => {
    const { seen, options } = noting();
    const server = createHttpServer();
    /** @type {any} */
    let incoming;
    server.on('upgrade', (request, socket, head) => {
      incoming = request;
      void upgrade(request, socket, head, options);
    });
    const port = await listen(server, t);
    await opens(connect(`ws://127.0.0.1:${port}/path`, { headers }));
    const [request] = seen.asked;
    assert.equal(request.remoteAddress, '127.0.0.1');
    assert.ok(request.remotePort > 0);
    assert.equal(request.socket, incoming.socket);
    assert.equal(request.headers.get('x-forwarded-for'), '1.2.3.4');
    assert.equal(seen.opened[0].ws.environ, incoming);
  });

  test('HTTP/2', async (t) => {
    const { seen, options } = noting();
    const server = createH2Server({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream, fields) => void acceptConnect(stream, fields, options));
    const port = await listen(/** @type {any} */ (server), t);
    const session = connectSession(`http://127.0.0.1:${port}`);
    t.after(() => void session.destroy());
    await opens(connectHttp2(session, `ws://127.0.0.1:${port}/path`, { headers }));
    const [request] = seen.asked;
    assert.deepEqual(
      [request.method, request.url, request.origin, request.remoteAddress],
      ['GET', '/path', 'https://example.com', '127.0.0.1'],
    );
    assert.ok(request.remotePort > 0 && request.socket);
  });

  test("headers are a Headers that reads as Node's do, too", async (t) => {
    const { seen, options } = noting();
    const port = await listen(createServer(options), t);
    const strange = [
      ...Object.entries(headers),
      ['get', 'x'],
      ['Constructor', 'y'],
      ['then', 'z'],
    ];
    const ws = await connect(`ws://127.0.0.1:${port}`, {
      headers: /** @type {[string, string][]} */ (strange),
    });
    assert.equal(/** @type {any} */ (ws.environ).headers.upgrade, 'websocket');
    ws.close();
    await ws.run();
    const [{ headers: seenHeaders }] = seen.asked;
    assert.equal(seenHeaders instanceof Headers, true);
    assert.equal(seenHeaders.get('cookie'), 'a=b');
    assert.deepEqual(
      [
        seenHeaders.cookie,
        seenHeaders.Cookie,
        seenHeaders['x-forwarded-for'],
        seenHeaders.host,
      ],
      ['a=b', 'a=b', '1.2.3.4', `127.0.0.1:${port}`],
    );
    assert.deepEqual(
      [seenHeaders.authorization, seenHeaders['no token'], seenHeaders['']],
      [undefined, undefined, undefined],
    );
    // What Headers has itself is never a peer's.
    assert.equal(typeof seenHeaders.get, 'function');
    assert.equal(typeof seenHeaders.constructor, 'function');
    assert.deepEqual([seenHeaders.get('get'), seenHeaders.get('constructor')], ['x', 'y']);
    assert.equal((await seenHeaders).get('then'), 'z');
    assert.equal(new Headers(seenHeaders).get('cookie'), 'a=b');
    assert.deepEqual([...seenHeaders.keys()].includes('cookie'), true);
  });
});

describe('origins', () => {
  /** @type {[any, Record<string, boolean>][]} */
  const rules = [
    [
      'https://Example.com:443/',
      {
        'https://example.com': true,
        'https://EXAMPLE.com': true,
        'https://example.com:443': true,
        'https://example.com:8443': false,
        'http://example.com': false,
        'https://a.example.com': false,
        'https://example.com.evil.org': false,
        null: false,
      },
    ],
    ['http://localhost:3000', { 'http://localhost:3000': true, 'http://localhost': false }],
    ['https://bücher.example', { 'https://xn--bcher-kva.example': true }],
    [
      'chrome-extension://abcdef',
      { 'chrome-extension://abcdef': true, 'https://abcdef': false },
    ],
    ['null', { null: true, 'https://a.example': false }],
    ['*', { 'https://a.example': true, null: true }],
    ['same', { 'https://example.com': false, null: false }],
    [
      'https://*.example.com',
      {
        'https://a.example.com': true,
        'https://a.b.Example.com': true,
        'https://example.com': false,
        'https://evilexample.com': false,
        'https://a.example.com.evil.org': false,
        'http://a.example.com': false,
        'https://a.example.com:8443': false,
        null: false,
      },
    ],
    ['https://*.example.com:8443', { 'https://a.example.com:8443': true }],
    [
      '*.example.com',
      {
        'https://a.example.com': true,
        'http://a.example.com': true,
        'https://a.example.com:444': false,
        'chrome-extension://a.example.com': false,
        'https://example.com': false,
      },
    ],
    [
      ['https://a.example', /^https:\/\/(b|c)\.example$/g, 'same'],
      {
        'https://a.example': true,
        'https://b.example': true,
        'https://C.example:443': true,
        'https://d.example': false,
      },
    ],
    // Asked twice, the second time with what a g remembers.
    [/^https:\/\/a\.example$/g, { 'https://a.example': true, 'https://A.example:443': true }],
    [
      (/** @type {string} */ origin) => origin === 'https://a.example',
      { 'https://A.example': true, 'https://b.example': false },
    ],
    [
      async (/** @type {string} */ _origin, /** @type {any} */ request) =>
        request.url === '/in',
      { 'https://a.example': false },
    ],
    [[], { 'https://a.example': false }],
  ];
  for (const [origins, cases] of rules) {
    test(inspect(origins), async (t) => {
      const port = await listen(createServer({ origins }), t);
      for (const [origin, allowed] of Object.entries(cases)) {
        const opening = connect(`ws://127.0.0.1:${port}`, { headers: { Origin: origin } });
        if (allowed) await opens(opening);
        else await assert.rejects(opening, { status: 403 }, origin);
      }
      // A program, not a page.
      await opens(connect(`ws://127.0.0.1:${port}`));
    });
  }

  test('what is no origin passes no rule', async (t) => {
    const origins = [/./, () => true, 'https://a.example'];
    const port = await listen(createServer({ origins }), t);
    for (const origin of ['https://a.example, https://b.example', 'a.example', '']) {
      const opening = connect(`ws://127.0.0.1:${port}`, { headers: { Origin: origin } });
      await assert.rejects(opening, { status: 403 }, origin);
    }
  });

  test('entries that can never match, and what is no rule, are told at once', () => {
    for (const [origins, message] of /** @type {[any, RegExp][]} */ ([
      ['example.com', /^origins is "example\.com"; .*no scheme, such as in 'https:\/\/example/],
      [
        ['https://a.example', 'localhost:3000'],
        /^origins\[1\] is "localhost:3000"; .*no scheme/,
      ],
      ['https://example.com/chat', /a scheme, a host and a port: 'https:\/\/example\.com'/],
      ['https://user@example.com', /a scheme, a host and a port/],
      ['https://example.com?x', /a scheme, a host and a port/],
      ['wss://example.com', /pages are http: or https:/],
      ['file:///home', /'null'/],
      ['https://a.*.example.com', /a \* stands in front/],
      ['https://*', /a \* stands in front/],
      ['*.example.com/x', /a \* stands in front/],
      ['', /no scheme/],
    ])) {
      assert.throws(() => createServer({ origins }), { name: 'RangeError', message });
    }
    for (const origins of [
      5,
      null,
      true,
      {},
      [5],
      [['a', 5]],
      new Set(['https://a.example']),
    ]) {
      const wrong = /** @type {any} */ (origins);
      assert.throws(() => createServer({ origins: wrong }), {
        message: /^origins.* must be an origin such as|^origins\[0\]\[0\] is "a"/,
      });
    }
  });

  test('a function that gives no boolean, or throws, lets nobody in', async (t) => {
    const errors = errorsOf(t);
    const functions = [
      () => 'yes',
      () => undefined,
      () => {
        throw new Error('mine');
      },
    ];
    for (const origins of functions) {
      const wrong = /** @type {any} */ (origins);
      for (const rule of [wrong, [wrong]]) {
        const port = await listen(createServer({ origins: rule }), t);
        const headers = { Origin: 'https://a.example' };
        await assert.rejects(connect(`ws://127.0.0.1:${port}`, { headers }), { status: 500 });
      }
    }
    assert.equal(errors().length, 6);
  });
});

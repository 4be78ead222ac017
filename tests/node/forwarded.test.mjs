// Who is there, behind proxies that say so in header fields, for each kind of server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { BlockList } from 'node:net';
import { describe, test } from 'node:test';
import { HandshakeError } from 'ws4wasm';
import { acceptConnect, connect, connectHttp2, createServer, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks } from '../support/connections.mjs';

noLeaks();

const certificate = makeCertificate();

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * Each kind of server with the same options, as ways to ask it.
 * @type {Record<string, (t: TestContext, options: any) => Promise<(headers: any) => Promise<any>>>}
 */
const kinds = {
  createServer: async (t, options) => {
    const port = await listen(createServer(options), t);
    return (headers) => connect(`ws://127.0.0.1:${port}`, { headers });
  },
  'createServer, TLS': async (t, options) => {
    const port = await listen(createServer({ ...certificate, ...options }), t);
    const tls = { ca: certificate.cert };
    return (headers) => connect(`wss://localhost:${port}`, { headers, tls });
  },
  upgrade: async (t, options) => {
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
    const port = await listen(http, t);
    return (headers) => connect(`ws://127.0.0.1:${port}`, { headers });
  },
  'upgrade, TLS': async (t, options) => {
    const https = createHttpsServer(certificate);
    https.on(
      'upgrade',
      (request, socket, head) => void upgrade(request, socket, head, options),
    );
    const port = await listen(https, t);
    const tls = { ca: certificate.cert };
    return (headers) => connect(`wss://localhost:${port}`, { headers, tls });
  },
  acceptConnect: async (t, options) => {
    const h2 = createH2Server({ settings: { enableConnectProtocol: true } });
    h2.on('stream', (stream, headers) => void acceptConnect(stream, headers, options));
    const port = await listen(/** @type {any} */ (h2), t);
    const session = connectSession(`http://127.0.0.1:${port}`);
    t.after(() => void session.destroy());
    await once(session, 'remoteSettings');
    return (headers) => connectHttp2(session, 'ws://inner.example:81', { headers });
  },
};

/** What `verify` and `environ` say. @param {any} options */
function observed(options) {
  /** @type {any[]} */
  const seen = [];
  /** @type {any[]} */
  const environs = [];
  const all = {
    ...options,
    verify: (/** @type {any} */ { remoteAddress, remotePort, host }) => {
      seen.push({ remoteAddress, remotePort, host });
      return true;
    },
    onWebSocket: (/** @type {any} */ { environ: { remoteAddress, remotePort } }) =>
      environs.push({ remoteAddress, remotePort }),
  };
  return { seen, environs, all: /** @type {any} */ (all) };
}

for (const [kind, start] of Object.entries(kinds)) {
  describe(kind, () => {
    test('the client is who a trusted proxy says', async (t) => {
      const { seen, environs, all } = observed({ trustProxy: 1 });
      const ask = await start(t, all);
      for (const headers of [
        {
          'X-Forwarded-For': '192.0.2.9, 192.0.2.1:4711',
          'X-Forwarded-Host': 'a.example:8443',
        },
        { Forwarded: 'for=192.0.2.9, for="192.0.2.1:4711";host="a.example:8443"' },
      ]) {
        const ws = await ask(headers);
        ws.close();
        await ws.run();
      }
      const client = { remoteAddress: '192.0.2.1', remotePort: 4711 };
      assert.deepEqual(seen, [
        { ...client, host: 'a.example:8443' },
        { ...client, host: 'a.example:8443' },
      ]);
      assert.deepEqual(environs, [client, client]);
    });

    test('one that is not trusted is the client itself', async (t) => {
      for (const trustProxy of [undefined, false, '192.0.2.0/24']) {
        const { seen, environs, all } = observed({ trustProxy });
        const ask = await start(t, all);
        const ws = await ask({
          'X-Forwarded-For': '192.0.2.1',
          'X-Forwarded-Host': 'a.example',
          Forwarded: 'for=192.0.2.2;host=b.example',
        });
        ws.close();
        await ws.run();
        assert.match(seen[0].remoteAddress, /^(::ffff:)?127\.0\.0\.1$/);
        assert.match(seen[0].host, /^(127\.0\.0\.1|localhost|inner\.example):\d+$/);
        assert.equal(typeof environs[0].remotePort, 'number');
      }
    });

    test('a forged one is refused', async (t) => {
      const { seen, all } = observed({ trustProxy: 1 });
      const ask = await start(t, all);
      const error = await ask({ 'X-Forwarded-For': 'not-an-address' }).catch(
        (reason) => reason,
      );
      assert.ok(error instanceof HandshakeError, String(error));
      assert.equal(error.status, 400);
      assert.match(String(error.response?.body), /X-Forwarded-For/);
      assert.deepEqual(seen, []);
    });
  });
}

/** @type {[string, any, Record<string, string>, string | undefined | 400][]} */
const cases = [
  ['no header', 1, {}, '127.0.0.1'],
  ['fewer entries than proxies', 3, { 'X-Forwarded-For': '192.0.2.1' }, '192.0.2.1'],
  [
    'what the client wrote is not read',
    1,
    { 'X-Forwarded-For': 'evil, 192.0.2.1' },
    '192.0.2.1',
  ],
  ['two proxies', 2, { 'X-Forwarded-For': '192.0.2.7, 192.0.2.1, 10.0.0.1' }, '192.0.2.1'],
  [
    'networks, from the right to the first that is not theirs',
    ['loopback', '10.0.0.0/8'],
    { 'X-Forwarded-For': '192.0.2.7, 192.0.2.1, 10.0.0.1, 10.9.9.9' },
    '192.0.2.1',
  ],
  [
    'all of the networks: the outermost',
    ['loopback', 'uniquelocal'],
    { 'X-Forwarded-For': '10.0.0.3, 10.0.0.1' },
    '10.0.0.3',
  ],
  ['IPv6', 'loopback', { 'X-Forwarded-For': '2001:db8::1' }, '2001:db8::1'],
  ['IPv6 in brackets', 'loopback', { 'X-Forwarded-For': '[2001:db8::1]:99' }, '2001:db8::1'],
  [
    'IPv4 as IPv6 in a network of IPv4',
    ['loopback', '10.0.0.0/8'],
    { 'X-Forwarded-For': '192.0.2.1, ::ffff:10.0.0.1' },
    '192.0.2.1',
  ],
  [
    'Forwarded, IPv6',
    1,
    { Forwarded: 'For="[2001:db8::17]:4711";proto=https' },
    '2001:db8::17',
  ],
  ['Forwarded, quoted', 1, { Forwarded: 'by=_x;for="192.0.2.1" , for=192.0.2.2' }, '192.0.2.2'],
  ['Forwarded, unknown', 1, { Forwarded: 'for=unknown' }, undefined],
  ['Forwarded, hidden', 1, { Forwarded: 'for=_gazonk' }, undefined],
  [
    'an unknown one is not walked past',
    'loopback',
    { Forwarded: 'for=192.0.2.1, for=unknown' },
    undefined,
  ],
  [
    'both, and they agree',
    1,
    { Forwarded: 'for=192.0.2.1', 'X-Forwarded-For': '192.0.2.1' },
    '192.0.2.1',
  ],
  [
    'both, and they do not',
    1,
    { Forwarded: 'for=192.0.2.1', 'X-Forwarded-For': '192.0.2.2' },
    400,
  ],
  [
    'one of both that is named',
    { hops: 1, header: 'x-forwarded-for' },
    { Forwarded: 'for=192.0.2.1', 'X-Forwarded-For': '192.0.2.2' },
    '192.0.2.2',
  ],
  [
    'the other',
    { networks: 'loopback', header: 'forwarded' },
    { Forwarded: 'for=192.0.2.1', 'X-Forwarded-For': 'x' },
    '192.0.2.1',
  ],
  ['a name', 1, { 'X-Forwarded-For': 'a.example' }, 400],
  ['nothing', 1, { 'X-Forwarded-For': '192.0.2.1, ' }, 400],
  ['unknown, which only Forwarded has', 1, { 'X-Forwarded-For': 'unknown' }, 400],
  ['a port out of range', 1, { 'X-Forwarded-For': '192.0.2.1:65536' }, 400],
  ['digits that are no address', 1, { 'X-Forwarded-For': '1.2.3' }, 400],
  ['IPv4 in brackets', 1, { Forwarded: 'for="[192.0.2.1]"' }, 400],
  ['an open quote', 1, { Forwarded: 'for="x, for=192.0.2.1' }, 400],
  ['a parameter twice', 1, { Forwarded: 'for=192.0.2.1;for=192.0.2.2' }, 400],
  ['no pair', 1, { Forwarded: '192.0.2.1' }, 400],
  ['no host', 1, { 'X-Forwarded-Host': 'a b' }, 400],
  ['a URL as host', 1, { 'X-Forwarded-Host': 'https://a.example' }, 400],
  ['credentials as host', 1, { Forwarded: 'for=192.0.2.1;host="a@b.example"' }, 400],
  [
    'hosts that differ',
    1,
    {
      'X-Forwarded-For': '192.0.2.1',
      'X-Forwarded-Host': 'a.example',
      Forwarded: 'for=192.0.2.1;host=b.example',
    },
    400,
  ],
];

test('what the headers may say', async (t) => {
  for (const [name, trustProxy, headers, expected] of cases) {
    const { seen, all } = observed({ trustProxy });
    const ask = await kinds.createServer(t, all);
    const outcome = await ask(headers).catch((reason) => reason);
    if (expected === 400) {
      assert.equal(outcome.status, 400, name);
    } else {
      assert.equal(seen[0]?.remoteAddress, expected, name);
      outcome.close();
      await outcome.run();
    }
  }
});

test("origins: 'same' is about the host that the proxy was asked for", async (t) => {
  const port = await listen(createServer({ origins: 'same', trustProxy: 1 }), t);
  /** @type {[Record<string, string>, number][]} */
  const pages = [
    [{ Origin: 'https://a.example' }, 403],
    [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example' }, 101],
    [{ Origin: 'https://a.example', Forwarded: 'host=a.example' }, 101],
    // Apache adds to what it was given.
    [{ Origin: 'https://a.example', 'X-Forwarded-Host': 'evil.example, a.example' }, 101],
    [{ Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example, a.example' }, 403],
    [{ Origin: 'https://evil.example', 'X-Forwarded-Host': 'a.example' }, 403],
    [{ Origin: 'https://a.example:8443', 'X-Forwarded-Host': 'a.example' }, 403],
  ];
  for (const [headers, status] of pages) {
    const outcome = await connect(`ws://127.0.0.1:${port}`, { headers }).catch((e) => e);
    assert.equal(outcome.status ?? 101, status, JSON.stringify(headers));
    outcome.close?.();
    await outcome.run?.();
  }
});

test('what may not be trusted', () => {
  const list = new BlockList();
  list.addAddress('192.0.2.1');
  for (const right of [1, 32, 'loopback', '::1', ['10.0.0.0/8', list], { networks: list }]) {
    createServer({ trustProxy: /** @type {any} */ (right) });
  }
  for (const wrong of [
    true,
    0,
    33,
    1.5,
    'everybody',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::1/129',
    'example.com',
    [5],
    {},
    { hops: 1, networks: 'loopback' },
    { hops: 0 },
    { hops: 1, header: 'x-real-ip' },
    { hop: 1 },
    null,
  ]) {
    assert.throws(
      () => createServer({ trustProxy: /** @type {any} */ (wrong) }),
      { message: /trustProxy/ },
      JSON.stringify(wrong),
    );
  }
});

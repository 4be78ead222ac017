// The PROXY protocol before a handshake, for each kind of server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  connect as connectSession,
  createServer as createH2Server,
  createSecureServer as createH2sServer,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectNet } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import {
  acceptConnect,
  connect,
  connectHttp2,
  createServer,
  proxyProtocol,
  upgrade,
} from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks, until } from '../support/connections.mjs';

noLeaks();

const certificate = makeCertificate();
const ca = { ca: certificate.cert };

/** @param {number} command @param {number} kind @param {Buffer} rest */
function v2(command, kind, rest) {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  head[12] = command;
  head[13] = kind;
  head.writeUInt16BE(rest.length, 14);
  return Buffer.concat([head, rest]);
}

const FOUR = Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0x30, 0x39, 0, 80]);
const SIX = Buffer.alloc(36);
SIX.set([0x20, 0x01, 0x0d, 0xb8], 0);
SIX[15] = 1;
SIX.writeUInt16BE(12345, 32);
const TLV = Buffer.from([4, 0, 3, 1, 2, 3]);

/** What a header says. @type {[string, string | Buffer, string | undefined][]} */
const HEADERS = [
  ['v1, IPv4', 'PROXY TCP4 192.0.2.1 10.0.0.1 12345 80\r\n', '192.0.2.1:12345'],
  ['v1, IPv6', 'PROXY TCP6 2001:db8::1 ::1 12345 80\r\n', '2001:db8::1:12345'],
  ['v2, IPv4', v2(0x21, 0x11, FOUR), '192.0.2.1:12345'],
  ['v2, IPv6', v2(0x21, 0x21, SIX), '2001:db8::1:12345'],
  ['v2 with more', v2(0x21, 0x11, Buffer.concat([FOUR, TLV])), '192.0.2.1:12345'],
  ['v2, Unix', v2(0x21, 0x31, Buffer.alloc(216)), 'undefined:undefined'],
  // The proxy speaks for itself.
  ['v1, unknown', 'PROXY UNKNOWN\r\n', undefined],
  ['v1, unknown with more', 'PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n', undefined],
  ['v2, local', v2(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['v2, unspecified', v2(0x21, 0x00, TLV), undefined],
];

/** @type {[string, string | Buffer][]} */
const MALFORMED = [
  ['none', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['small letters', 'proxy TCP4 192.0.2.1 10.0.0.1 12345 80\r\n'],
  ['no address', 'PROXY TCP4 192.0.2 10.0.0.1 12345 80\r\n'],
  ['the other family', 'PROXY TCP6 192.0.2.1 10.0.0.1 12345 80\r\n'],
  ['a port out of range', 'PROXY TCP4 192.0.2.1 10.0.0.1 65536 80\r\n'],
  ['a port with a zero in front', 'PROXY TCP4 192.0.2.1 10.0.0.1 0123 80\r\n'],
  ['a line feed alone', 'PROXY TCP4 192.0.2.1 10.0.0.1 12345 80\n'],
  ['two spaces', 'PROXY TCP4  192.0.2.1 10.0.0.1 12345 80\r\n'],
  ['too long', `PROXY UNKNOWN ${'x'.repeat(107)}`],
  ['version 1 of the second form', v2(0x11, 0x11, FOUR)],
  ['an unknown command', v2(0x22, 0x11, FOUR)],
  ['UDP', v2(0x21, 0x12, FOUR)],
  ['addresses that are cut', v2(0x21, 0x11, FOUR.subarray(0, 8))],
  ['too much', v2(0x21, 0x11, Buffer.alloc(5000))],
];

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * Each kind of server, behind a proxy; `ask` opens a WebSocket with the header in front.
 * @type {Record<string, (t: TestContext, options: any) => Promise<(head: string | Buffer) => Promise<any>>>}
 */
const kinds = {
  createServer: async (t, options) => {
    const port = await listen(createServer({ ...options, proxyProtocol: true }), t);
    return (head) => connect('ws://a.example', { createConnection: () => dial(port, head) });
  },
  'createServer, TLS': async (t, options) => {
    const server = createServer({ ...certificate, ...options, proxyProtocol: ['127.0.0.0/8'] });
    const port = await listen(server, t);
    const createConnection = (/** @type {any} */ head) => () =>
      connectTls({ socket: dial(port, head), servername: 'localhost', ...ca });
    return (head) => connect('wss://localhost', { createConnection: createConnection(head) });
  },
  upgrade: async (t, options) => {
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
    const port = await listen(proxyProtocol(http), t);
    return (head) => connect('ws://a.example', { createConnection: () => dial(port, head) });
  },
  'upgrade, TLS': async (t, options) => {
    const https = createHttpsServer(certificate);
    https.on(
      'upgrade',
      (request, socket, head) => void upgrade(request, socket, head, options),
    );
    const port = await listen(proxyProtocol(https), t);
    const createConnection = (/** @type {any} */ head) => () =>
      connectTls({ socket: dial(port, head), servername: 'localhost', ...ca });
    return (head) => connect('wss://localhost', { createConnection: createConnection(head) });
  },
  acceptConnect: async (t, options) => {
    const h2 = createH2Server({ settings: { enableConnectProtocol: true } });
    h2.on('stream', (stream, headers) => void acceptConnect(stream, headers, options));
    const port = await listen(proxyProtocol(/** @type {any} */ (h2)), t);
    return async (head) => {
      const session = connectSession('http://a.example', {
        createConnection: () => dial(port, head),
      });
      t.after(() => void session.destroy());
      await once(session, 'remoteSettings');
      return connectHttp2(session, 'ws://a.example');
    };
  },
  'acceptConnect, TLS': async (t, options) => {
    const h2 = createH2sServer({ ...certificate, settings: { enableConnectProtocol: true } });
    h2.on('stream', (stream, headers) => void acceptConnect(stream, headers, options));
    const port = await listen(proxyProtocol(/** @type {any} */ (h2)), t);
    return async (head) => {
      const session = connectSession('https://localhost', {
        createConnection: () =>
          connectTls({
            socket: dial(port, head),
            servername: 'localhost',
            ALPNProtocols: ['h2'],
            ...ca,
          }),
      });
      t.after(() => void session.destroy());
      await once(session, 'remoteSettings');
      return connectHttp2(session, 'wss://localhost');
    };
  },
};

/** @param {number} port @param {string | Buffer} head */
function dial(port, head) {
  const socket = connectNet(port, '127.0.0.1');
  socket.write(head);
  return socket;
}

for (const [kind, start] of Object.entries(kinds)) {
  describe(kind, () => {
    test('the header names the client, and what follows is the connection', async (t) => {
      /** @type {string[]} */
      const seen = [];
      const options = {
        verify: (/** @type {any} */ { remoteAddress, remotePort, socket }) => {
          seen.push(`${remoteAddress}:${remotePort}`);
          assert.equal(socket.remoteAddress, remoteAddress);
          return true;
        },
        onWebSocket: (/** @type {any} */ ws) => {
          const { remoteAddress, remotePort } = ws.environ;
          assert.equal(`${remoteAddress}:${remotePort}`, seen.at(-1));
          ws.onmessage = (/** @type {any} */ { data }) => ws.send(data);
        },
      };
      const ask = await start(t, options);
      for (const [name, head, client] of HEADERS) {
        const ws = await ask(head);
        const sent = ['hello', 'x'.repeat(100_000)];
        for (const text of sent) ws.send(text);
        for await (const { data } of ws) {
          assert.equal(data, sent.shift(), name);
          if (sent.length === 0) break;
        }
        ws.close();
        await ws.run();
        if (client) assert.equal(seen.at(-1), client, name);
        else assert.match(seen.at(-1) ?? '', /^(::ffff:)?127\.0\.0\.1:\d+$/, name);
      }
    });

    test('no connection without a header, or with a wrong one', async (t) => {
      const options = { verify: () => assert.fail('asked'), onWebSocket: () => assert.fail() };
      const ask = await start(t, options);
      for (const [name, head] of MALFORMED) {
        if (kind.startsWith('acceptConnect')) {
          const opening = ask(head);
          await assert.rejects(opening, name);
        } else {
          const error = await ask(head).catch((reason) => reason);
          assert.ok(error instanceof Error, name);
          if (!kind.includes('TLS')) assert.equal(/** @type {any} */ (error).status, 400, name);
        }
      }
    });
  });
}

/**
 * What comes back until the end.
 * @param {number} port
 * @param {(string | Buffer)[]} pieces
 */
async function answer(port, pieces) {
  const socket = connectNet(port, '127.0.0.1').setNoDelay().setEncoding('latin1');
  let reply = '';
  let over = false;
  socket.on('data', (text) => {
    reply += text;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    over = true;
  });
  for (const piece of pieces) socket.write(piece);
  await until(() => over || reply.includes('\r\n\r\n'));
  socket.destroy();
  return reply;
}

test('a header byte by byte, in one piece with the request', async (t) => {
  const request = [
    'GET / HTTP/1.1',
    'Host: a',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n');
  /** @type {(string | undefined)[]} */
  const seen = [];
  const verify = (/** @type {any} */ { remoteAddress }) => {
    seen.push(remoteAddress);
    return true;
  };
  const http = createHttpServer();
  http.on('upgrade', (req, socket, head) => void upgrade(req, socket, head, { verify }));
  const ports = [
    await listen(createServer({ proxyProtocol: true, verify }), t),
    await listen(proxyProtocol(http), t),
  ];
  for (const port of ports) {
    for (const head of ['PROXY TCP4 192.0.2.1 10.0.0.1 1 80\r\n', v2(0x21, 0x11, FOUR)]) {
      const bytes = Buffer.concat([Buffer.from(head), Buffer.from(request)]);
      assert.match(await answer(port, [bytes]), /^HTTP\/1\.1 101 /);
      const single = [...bytes].map((byte) => Buffer.of(byte));
      assert.match(await answer(port, single), /^HTTP\/1\.1 101 /);
    }
  }
  assert.deepEqual(new Set(seen), new Set(['192.0.2.1']));
});

test('from elsewhere than a proxy: refused, header or not', async (t) => {
  const from = ['192.0.2.0/24'];
  const ports = [
    await listen(createServer({ proxyProtocol: from, verify: () => assert.fail() }), t),
    await listen(proxyProtocol(createHttpServer(), { from }), t),
  ];
  for (const port of ports) {
    for (const piece of ['PROXY TCP4 192.0.2.1 10.0.0.1 1 80\r\n', 'GET / HTTP/1.1\r\n\r\n']) {
      assert.match(await answer(port, [piece]), /^HTTP\/1\.1 403 /);
    }
  }
});

test('a header that does not come in time', async (t) => {
  const ports = [
    await listen(createServer({ proxyProtocol: true, handshakeTimeout: 40 }), t),
    await listen(proxyProtocol(createHttpServer(), { timeout: 40 }), t),
  ];
  for (const port of ports) {
    for (const pieces of [[], ['PROXY TCP4 192.0.2.1']]) {
      assert.match(await answer(port, pieces), /^HTTP\/1\.1 408 /);
    }
  }
});

test('peers that leave before it is there', async (t) => {
  const server = createServer({ proxyProtocol: true });
  const port = await listen(server, t);
  for (const leave of ['end', 'resetAndDestroy', 'destroy']) {
    const socket = connectNet(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    await until(() => count(server) === 1);
    socket.write('PROXY TCP4 ');
    /** @type {any} */ (socket)[leave]();
    await until(() => count(server) === 0);
  }
});

/** @param {any} server */
const count = (server) => server._connections;

test('where it is not an option', () => {
  assert.throws(() => createServer({ proxyProtocol: /** @type {any} */ (5) }), /proxyProtocol/);
  assert.throws(() => createServer({ proxyProtocol: 'nowhere' }), /proxyProtocol/);
  const http = createHttpServer();
  assert.throws(
    () => proxyProtocol(http, /** @type {any} */ ({ trust: 1 })),
    /no option 'trust'/,
  );
  assert.throws(() => proxyProtocol(http, { timeout: 0 }), /timeout/);
});

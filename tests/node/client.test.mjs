// connect: the ways there, and what it makes of answers.
import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectNet, createServer as createNetServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { acceptKey, EchoWebSocket, HandshakeError, WebSocket } from 'ws4wasm';
import { connect, createServer, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks, Recorder, until } from '../support/connections.mjs';

noLeaks();

/**
 * Sends text, waits for the echo, closes.
 * @param {any} ws
 */
async function echoes(ws, text = 'hello') {
  await ws.send(text);
  for await (const message of ws) {
    assert.equal(message.data, text);
    break;
  }
  ws.close(1000);
  await ws.run();
  assert.equal(ws.readyState, WebSocket.CLOSED);
}

/**
 * A server that gives this answer; `%accept%` stands for the right Accept.
 * @param {import('node:test').TestContext} t
 * @param {string | string[]} answer
 */
async function answering(t, answer, end = true) {
  /** @type {string[]} */
  const requests = [];
  const server = createNetServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', async (bytes) => {
      request += bytes.toString('latin1');
      if (!request.endsWith('\r\n\r\n')) return;
      requests.push(request);
      const [, key] = /^Sec-WebSocket-Key: (.*)$/im.exec(request) ?? [];
      for (const piece of [answer].flat()) {
        socket.write(piece.replace('%accept%', acceptKey(key ?? '')), 'latin1');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (end) socket.end();
    });
    t.after(() => void socket.destroy());
  });
  const port = await listen(server, t);
  return { url: `ws://127.0.0.1:${port}/path?query`, requests, port };
}

const good =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %accept%\r\n';

describe('the way there', () => {
  test('a name, an address, a URL object, http:', async (t) => {
    const port = await listen(createServer({ WebSocket: EchoWebSocket }), t);
    for (const url of [
      `ws://localhost:${port}`,
      `ws://127.0.0.1:${port}/`,
      new URL(`ws://127.0.0.1:${port}/a`),
      `http://127.0.0.1:${port}`,
    ]) {
      await echoes(await connect(url));
    }
  });

  test('IPv6', async (t) => {
    const loopback = Object.values(networkInterfaces()).flat();
    if (!loopback.some((own) => own?.address === '::1')) return t.skip('no ::1 here');
    const port = await listen(createServer({ WebSocket: EchoWebSocket }), t, '::1');
    await echoes(await connect(`ws://[::1]:${port}`));
  });

  test('a Unix socket', async (t) => {
    const socketPath = join(tmpdir(), `ws4wasm-${process.pid}.sock`);
    const server = createServer({ WebSocket: EchoWebSocket });
    await new Promise((resolve) => server.listen(socketPath, () => resolve(undefined)));
    t.after(() => void server.close());
    await echoes(await connect('ws://anything/', { socketPath }));
  });

  test('createConnection', async (t) => {
    const port = await listen(createServer({ WebSocket: EchoWebSocket }), t);
    /** @type {any[]} */
    const asked = [];
    const createConnection = (/** @type {any} */ address) => {
      asked.push(address);
      return connectNet(port, '127.0.0.1');
    };
    await echoes(await connect('ws://far.example/', { createConnection }));
    assert.deepEqual(asked, [{ host: 'far.example', port: 80, secure: false }]);
  });

  test('TLS: createServer, https and upgrade, with the certificate checked', async (t) => {
    const { key, cert } = makeCertificate();
    const https = createHttpsServer({ key, cert });
    https.on('upgrade', (request, socket, head) => {
      void upgrade(request, socket, head, { WebSocket: EchoWebSocket });
    });
    for (const server of [createServer({ key, cert, WebSocket: EchoWebSocket }), https]) {
      const port = await listen(server, t);
      for (const host of ['localhost', '127.0.0.1']) {
        await echoes(await connect(`wss://${host}:${port}/`, { tls: { ca: cert } }));
      }
      await echoes(
        await connect(`wss://localhost:${port}`, { tls: { ca: cert } }),
        'x'.repeat(1e6),
      );
      await assert.rejects(connect(`wss://localhost:${port}`), {
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      });
      await echoes(
        await connect(`wss://localhost:${port}`, { tls: { rejectUnauthorized: false } }),
      );
    }
  });

  test('headers, protocols, credentials; what the server sees and answers', async (t) => {
    /** @type {any} */
    let seen;
    const server = createServer(
      { protocols: ['b'], headers: { 'X-Answer': 'yes' } },
      (ws, request) => {
        seen = request;
        void ws.send(ws.protocol);
      },
    );
    const port = await listen(server, t);
    const ws = await connect(`ws://user:p%40ss@127.0.0.1:${port}/path?q=1`, {
      protocols: ['a', 'b'],
      headers: [
        ['Cookie', 'c=d'],
        ['Origin', 'https://example.com'],
      ],
      WebSocket: Recorder,
    });
    await until(() => ws.log.length === 2);
    assert.deepEqual(ws.log, ['opened', 'text:b']);
    assert.deepEqual([ws.protocol, ws.protocols, ws.extensions], ['b', ['b'], []]);
    assert.equal(ws.environ.status, 101);
    assert.equal(ws.environ.headers.get('x-answer'), 'yes');
    assert.equal(seen.url, '/path?q=1');
    const header = (/** @type {string} */ name) => seen.headers.get(name);
    assert.equal(header('authorization'), `Basic ${btoa('user:p@ss')}`);
    assert.deepEqual(
      [header('cookie'), header('origin'), header('host')],
      ['c=d', 'https://example.com', `127.0.0.1:${port}`],
    );
    ws.close();
    await ws.run();
  });

  test('wrong arguments', async () => {
    /** @type {[any, any, RegExp][]} */
    const wrong = [
      [5, {}, /^url is /],
      ['/relative', {}, /^url is /],
      ['ftp://x', {}, /^url is /],
      ['ws://x/#fragment', {}, /^url is /],
      ['ws://x', 5, /^options is /],
      ['ws://x', { maxRedirects: -1 }, /^maxRedirects is /],
      ['ws://x', { handshakeTimeout: 'long' }, /^handshakeTimeout is /],
      ['ws://x', { headers: { 'X-A': 'a\r\nB: c' } }, /X-A|header/],
      ['ws://x', { headers: { 'Sec-WebSocket-Key': 'a' } }, /Sec-WebSocket-Key/],
      ['ws://x', { protocols: ['a b'] }, /protocol/],
      ['ws://x', { protocols: ['a', 'a'] }, /protocol/],
      ['ws://%zz@x', {}, /^url /],
    ];
    for (const [url, options, message] of wrong)
      await assert.rejects(connect(url, options), { message });
  });
});

describe('answers that open', () => {
  test('in pieces, with the first frames behind them', async (t) => {
    const whole = `${good}\r\n\x81\x02hi\x81\x03`;
    const { url, requests } = await answering(
      t,
      [...whole.split(/(?<=\n)/), 'you', '\x88\x00'],
      false,
    );
    const ws = await connect(url, { WebSocket: Recorder });
    await until(() => ws.terminated);
    assert.deepEqual(ws.log.slice(0, 3), ['opened', 'text:hi', 'text:you']);
    assert.match(
      requests[0],
      /^GET \/path\?query HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: [\w+/]{22}==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n$/,
    );
    ws.closeConnection();
  });

  test('after an interim answer', async (t) => {
    const { url } = await answering(
      t,
      `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${good}\r\n`,
      false,
    );
    (await connect(url)).closeConnection();
  });
});

describe('answers that do not', () => {
  const failures = [
    ['a wrong Accept', good.replace('%accept%', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')],
    ['no Accept', good.replace(/Sec-WebSocket-Accept.*\r\n/, '')],
    ['no Upgrade', good.replace(/Upgrade: websocket\r\n/, '')],
    ['no Connection', good.replace(/Connection: Upgrade\r\n/, '')],
    ['a protocol that was not offered', `${good}Sec-WebSocket-Protocol: other\r\n`],
    ['two protocols', `${good}Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n`],
    ['an extension that was not offered', `${good}Sec-WebSocket-Extensions: other\r\n`],
  ];
  for (const [name, head] of failures) {
    test(name, async (t) => {
      // It does not end either: nothing is waited for.
      const { url } = await answering(t, `${head}\r\n`, false);
      await assert.rejects(connect(url, { protocols: ['a'] }), {
        name: 'HandshakeError',
        code: 1006,
      });
    });
  }

  /** @type {[string, import('ws4wasm/node').ConnectOptions['deflate'], string][]} */
  const agreements = [
    ['that was not offered', false, ''],
    ['with a parameter that does not exist', true, '; window=15'],
    ['with a parameter twice', true, '; server_max_window_bits=9; server_max_window_bits=9'],
    ['with a value where there is none', true, '; server_no_context_takeover=1'],
    ['without a value where there is one', true, '; client_max_window_bits'],
    ['with a window that is too small', true, '; client_max_window_bits=7'],
    ['with a window that is too large', true, '; server_max_window_bits=16'],
    ['with a window larger than asked for', { serverMaxWindowBits: 10 }, ''],
    ['with one of 11 bits, not 10', { serverMaxWindowBits: 10 }, '; server_max_window_bits=11'],
    ['with the takeover that was not wanted', { serverNoContextTakeover: true }, ''],
    ['twice', true, ', permessage-deflate'],
  ];
  for (const [name, deflate, parameters] of agreements) {
    // [RFC 6455 7.2.1-1, RFC 7692 7-5, 7-6, 7-8]
    test(`permessage-deflate ${name}`, async (t) => {
      const head = `${good}Sec-WebSocket-Extensions: permessage-deflate${parameters}\r\n`;
      const { url } = await answering(t, `${head}\r\n`, false);
      await assert.rejects(connect(url, { deflate }), {
        name: 'HandshakeError',
        code: 1006,
        status: 0,
        message: /Sec-WebSocket-Extensions|permessage-deflate/,
      });
    });
  }

  // [RFC 6455 7.2.1-1]
  test('no HTTP, a head that is too large or ends early, nothing', async (t) => {
    for (const [answer, message] of /** @type {[string, RegExp][]} */ ([
      ['SSH-2.0-OpenSSH\r\n', /./],
      [`HTTP/1.1 101 x\r\nX: ${'x'.repeat(20_000)}`, /./],
      ['HTTP/1.1 101 Switching', /ended the connection/],
      ['', /ended the connection/],
    ])) {
      const { url } = await answering(t, answer);
      await assert.rejects(connect(url), { name: 'HandshakeError', status: 0, message });
    }
  });

  test('401 with a body, however it comes', async (t) => {
    const head =
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 12\r\n\r\n';
    for (const answer of [`${head}Who are you?`, [head, 'Who are', ' you?', 'more']]) {
      const { url } = await answering(t, answer, false);
      const error = await connect(url).catch((reason) => reason);
      assert.ok(error instanceof HandshakeError);
      const { status, response } = /** @type {any} */ (error);
      assert.deepEqual([status, response.status], [401, 401]);
      assert.equal(response.headers.get('www-authenticate'), 'Basic');
      assert.equal(`${response.body}`, 'Who are you?');
    }
  });

  test('time runs out: in the handshake, in the body', async (t) => {
    const silent = await answering(t, [], false);
    await assert.rejects(connect(silent.url, { handshakeTimeout: 20 }), {
      message: 'no answer within 20 ms',
      status: 0,
    });
    const slow = await answering(
      t,
      'HTTP/1.1 500 Slow\r\nContent-Length: 9\r\n\r\nhalf',
      false,
    );
    const error = await connect(slow.url, { handshakeTimeout: 50 }).catch((reason) => reason);
    assert.deepEqual([error.status, `${error.response.body}`], [500, 'half']);
  });

  test('an abort: before, during, after', async (t) => {
    const { url } = await answering(t, [], false);
    const reason = new Error('no longer wanted');
    await assert.rejects(connect(url, { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const connecting = connect(url, { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 10);
    await assert.rejects(connecting, reason);
    const port = await listen(createServer({ WebSocket: EchoWebSocket }), t);
    const late = new AbortController();
    const ws = await connect(`ws://127.0.0.1:${port}`, { signal: late.signal });
    late.abort();
    await echoes(ws);
  });

  test('nobody there, a reset', async (t) => {
    const server = createNetServer((socket) => void socket.resetAndDestroy());
    const port = await listen(server, t);
    await assert.rejects(connect(`ws://127.0.0.1:${port}`), { code: 'ECONNRESET' });
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(connect(`ws://127.0.0.1:${port}`), { code: 'ECONNREFUSED' });
  });

  test('an option that the connection refuses', async (t) => {
    const port = await listen(createServer(), t);
    await assert.rejects(connect(`ws://127.0.0.1:${port}`, { pingInterval: -1 }), RangeError);
  });
});

// The bodies of refusals: decoded, bounded, and not waited for for long.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { createServer as createNetServer } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HandshakeError } from 'ws4wasm';
import { connect, connectHttp2 } from 'ws4wasm/node';
import { Body } from '../../js/node/refusal.js';
import { listen, noLeaks } from '../support/connections.mjs';

noLeaks();

/** A limit that has long passed where an answer would be waited for. */
const handshakeTimeout = 60_000;
const AT_ONCE = 900;
const SHORT = 10_000;

/**
 * What becomes of an answer that comes in pieces.
 * @param {import('node:test').TestContext} t
 * @param {string[]} pieces
 */
async function answered(t, pieces, end = false) {
  const server = createNetServer((socket) => {
    socket.on('error', () => {});
    t.after(() => void socket.destroy());
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await pause(5);
      }
      if (end) socket.end();
    });
  });
  const url = `ws://127.0.0.1:${await listen(server, t)}/`;
  const begun = performance.now();
  const error = await connect(url, { handshakeTimeout }).catch((reason) => reason);
  assert.ok(error instanceof HandshakeError, String(error));
  return { error, body: `${error.response?.body}`, took: performance.now() - begun };
}

const head = (/** @type {string} */ more, status = 401) =>
  `HTTP/1.1 ${status} Reason\r\n${more}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

describe('over HTTP/1.1', () => {
  /** @type {[string, string[], string][]} */
  const complete = [
    [
      'chunks',
      [head(CHUNKED), '9\r\n{"error":\r\n4\r\n"no"\r\n1\r\n}\r\n0\r\n\r\n'],
      '{"error":"no"}',
    ],
    ['chunks along with the head', [`${head(CHUNKED)}3\r\nno.\r\n0\r\n\r\n`], 'no.'],
    [
      'chunks in later packets',
      [head(CHUNKED), '3', '\r', '\nn', 'o.\r', '\n0\r\n', '\r\n'],
      'no.',
    ],
    [
      'extensions and trailers',
      [head(CHUNKED), '2;a="b"\r\nno\r\n0;c\r\nX: y\r\nZ: 1\r\n\r\n'],
      'no',
    ],
    [
      'capitals and zeros',
      [head('TRANSFER-ENCODING: Chunked\r\n'), '00A\r\n0123456789\r\n0\r\n\r\n'],
      '0123456789',
    ],
    [
      'chunks in spite of a length',
      [head(`Content-Length: 99\r\n${CHUNKED}`), '2\r\nno\r\n0\r\n\r\n'],
      'no',
    ],
    [
      'a coding below chunked',
      [head('Transfer-Encoding: gzip, chunked\r\n'), '2\r\nno\r\n0\r\n\r\n'],
      'no',
    ],
    ['what is not well-formed ends', [head(CHUNKED), '2\r\nno\r\nnonsense\r\nmore'], 'no'],
    ['a line without an end', [head(CHUNKED), '2\r\nno\r\n', '0'.repeat(5000)], 'no'],
    ['a length', [head('Content-Length: 3\r\n'), 'no', '.more'], 'no.'],
    [
      'the same length twice',
      [head('Content-Length: 3\r\nContent-Length: 3\r\n'), 'no.'],
      'no.',
    ],
    ['no length that is one', [head('Content-Length: -3\r\n'), 'no.'], ''],
    ['several lengths', [head('Content-Length: 3, 4\r\n'), 'no.'], ''],
    ['length 0', [head('Content-Length: 0\r\n')], ''],
    ['204', [head('', 204)], ''],
    ['304, whose length is of something else', [head('Content-Length: 99\r\n', 304)], ''],
  ];
  for (const [name, pieces, expected] of complete) {
    test(`${name}: at once`, async (t) => {
      const { body, took } = await answered(t, pieces);
      assert.equal(body, expected);
      assert.ok(took < SHORT, `${took} ms`);
    });
  }

  test('at once is sooner than a body is waited for', async (t) => {
    for (const pieces of [[head('', 204)], [head('', 304)], [head(CHUNKED), '0\r\n\r\n']]) {
      const { took } = await answered(t, pieces);
      assert.ok(took < AT_ONCE, `${took} ms`);
    }
  });

  /** @type {[string, string[], string][]} */
  const endless = [
    ['a length that is not reached', [head('Content-Length: 9\r\n'), 'half'], 'half'],
    ['chunks that go on', [head(CHUNKED), '4\r\nhalf\r\n', '9\r\nand'], 'halfand'],
    ['no length', [head(''), 'so far'], 'so far'],
    ['nothing at all', [head(CHUNKED)], ''],
  ];
  for (const [name, pieces, expected] of endless) {
    test(`${name}: for a short time, then what there is`, async (t) => {
      const { error, body, took } = await answered(t, pieces);
      assert.deepEqual([error.status, body], [401, expected]);
      assert.ok(took > AT_ONCE && took < SHORT, `${took} ms`);
      // With the end of the connection there is nothing to wait for.
      const ended = await answered(t, pieces, true);
      assert.deepEqual([ended.error.status, ended.body], [401, expected]);
    });
  }

  test('64 KiB and no more, however it comes', async (t) => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (const pieces of [
      [head(''), 'x'.repeat(200_000)],
      [head('Content-Length: 999999999999\r\n'), 'x'.repeat(200_000)],
      [head(CHUNKED), chunk.repeat(20)],
      [head(CHUNKED), `ffffffff\r\n${'x'.repeat(200_000)}`],
    ]) {
      const { body } = await answered(t, pieces);
      assert.equal(body.length, 65_536);
    }
  });

  test("of Node's own server", async (t) => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(503, { 'Content-Type': 'application/json' });
      response.write('{"error":');
      setTimeout(() => response.end('"busy"}'), 20);
    });
    const url = `ws://127.0.0.1:${await listen(server, t)}/`;
    const error = await connect(url).catch((reason) => reason);
    assert.deepEqual([error.status, `${error.response.body}`], [503, '{"error":"busy"}']);
    server.closeAllConnections();
  });

  test('an abort while a body is waited for', async (t) => {
    const server = createNetServer((socket) => {
      socket.on('error', () => {});
      t.after(() => void socket.destroy());
      socket.once('data', () => {
        socket.write(head(''));
        setTimeout(() => abort.abort(reason), 20);
      });
    });
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const url = `ws://127.0.0.1:${await listen(server, t)}/`;
    await assert.rejects(connect(url, { signal: abort.signal }), reason);
  });
});

test('cut anywhere, chunks give the same', () => {
  const bytes = Buffer.from(
    '5;x\r\nhello\r\n1\r\n \r\n00c\r\nworld, world\r\n0\r\nA: b\r\n\r\nmore',
  );
  const headers = new Headers({ 'Transfer-Encoding': 'chunked' });
  for (let size = 1; size <= bytes.length; size++) {
    const body = new Body({ status: 400, headers });
    for (let at = 0; at < bytes.length; at += size) {
      assert.equal(body.complete, at >= bytes.length - 4, `${size} ${at}`);
      body.add(bytes.subarray(at, at + size));
      if (body.complete) break;
    }
    assert.ok(body.complete);
    assert.equal(`${body.bytes}`, 'hello world, world');
  }
});

describe('over HTTP/2', () => {
  test('one that does not end, one that is too long, one that is reset', async (t) => {
    const server = createH2Server({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 401, 'x-why': 'because' });
      if (headers[':path'] === '/long') stream.end('x'.repeat(200_000));
      else stream.write('who are you?');
      if (headers[':path'] === '/reset') setTimeout(() => stream.close(8), 20);
    });
    const port = await listen(/** @type {any} */ (server), t);
    const session = connectSession(`http://127.0.0.1:${port}`);
    t.after(() => void session.destroy());
    for (const path of ['/endless', '/long', '/reset']) {
      const begun = performance.now();
      const url = `ws://127.0.0.1:${port}${path}`;
      const error = await connectHttp2(session, url, { handshakeTimeout }).catch((e) => e);
      const took = performance.now() - begun;
      assert.ok(error instanceof HandshakeError, String(error));
      assert.equal(error.status, 401);
      assert.equal(error.response?.headers.get('x-why'), 'because');
      const body = `${error.response?.body}`;
      assert.equal(body, path === '/long' ? 'x'.repeat(65_536) : 'who are you?');
      assert.ok(took < SHORT, `${took} ms`);
    }
    // Its time may run out meanwhile; the answer has been given.
    const url = `ws://127.0.0.1:${port}/endless`;
    const error = await connectHttp2(session, url, { handshakeTimeout: 200 }).catch((e) => e);
    assert.equal(error.status, 401);
  });
});

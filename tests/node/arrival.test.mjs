// From the accepted socket to the 101 or the refusal: how long each phase may take, and what may
// follow what.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { connect, createServer as createNetServer } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import { acceptConnect, createServer, upgrade } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { errorsOf, listen, noLeaks, until } from '../support/connections.mjs';

noLeaks();

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/**
 * A socket to a port, and what comes of it.
 * @param {import('node:test').TestContext} t
 * @param {number} port
 */
function dial(t, port) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setNoDelay();
  const peer = { socket, text: '', ended: 0, closed: 0 };
  const begun = performance.now();
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    peer.text += text;
  });
  socket.on('error', () => {});
  socket.on('end', () => {
    peer.ended = performance.now() - begun;
  });
  socket.on('close', () => {
    peer.closed = performance.now() - begun;
  });
  t.after(() => void socket.destroy());
  return peer;
}

/**
 * When a peer heard of the end, by a FIN or a reset, in milliseconds.
 * @param {ReturnType<typeof dial>} peer
 */
const gone = ({ ended, closed }) => ended || closed;

/** The beginning of what a TLS client sends. @param {import('node:test').TestContext} t */
async function clientHello(t) {
  const server = createNetServer();
  const port = await listen(server, t);
  const client = connectTls({ port, host: '127.0.0.1', servername: 'localhost' });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  client.destroy();
  return bytes;
}

describe('handshakeTimeout', () => {
  // A server that keeps a socket longer than this has forgotten it.
  const LIMIT = 1000;
  const AT_MOST = 10_000;

  test('over TLS: silence, half a ClientHello, one that drips, TLS and then silence', async (t) => {
    const certificate = makeCertificate();
    const server = createServer({ ...certificate, handshakeTimeout: LIMIT });
    const port = await listen(server, t);
    const hello = await clientHello(t);
    const silent = dial(t, port);
    const half = dial(t, port);
    half.socket.write(hello.subarray(0, hello.length >> 1));
    const drips = dial(t, port);
    const dripping = (async () => {
      for (const byte of hello.subarray(0, -1)) {
        if (gone(drips)) break;
        drips.socket.write(Buffer.of(byte));
        await pause(50);
      }
    })();
    const secure = connectTls({ port, host: '127.0.0.1', ca: certificate.cert });
    secure.on('error', () => {});
    const begun = performance.now();
    let reply = '';
    secure.on('data', (bytes) => {
      reply += bytes;
    });
    await once(secure, 'close');
    const took = performance.now() - begun;
    await until(() => gone(silent) && gone(half) && gone(drips));
    await dripping;
    assert.match(reply, /^HTTP\/1\.1 408 /);
    for (const ms of [gone(silent), gone(half), gone(drips), took]) {
      assert.ok(ms > LIMIT - 20 && ms < AT_MOST, `${ms} ms`);
    }
    assert.equal(silent.text + half.text + drips.text, '');
    while (await connections(server)) await pause(5);
  });

  test('TLS and the request share it', async (t) => {
    const certificate = makeCertificate();
    const server = createServer({ ...certificate, handshakeTimeout: 3000 });
    const port = await listen(server, t);
    const raw = connect(port, '127.0.0.1');
    raw.on('error', () => {});
    await once(raw, 'connect');
    const begun = performance.now();
    await pause(2000);
    const secure = connectTls({ socket: raw, ca: certificate.cert, servername: 'localhost' });
    secure.on('error', () => {});
    await once(secure, 'secureConnect');
    secure.resume();
    await once(secure, 'end');
    const took = performance.now() - begun;
    // Beginning anew after TLS it would be 5000 at least.
    assert.ok(took < 4900, `${took} ms`);
    secure.destroy();
  });

  test('not TLS at all', async (t) => {
    const server = createServer(makeCertificate());
    const peer = dial(t, await listen(server, t));
    peer.socket.write(REQUEST);
    await until(() => gone(peer));
    assert.ok(!peer.text.includes('HTTP'));
  });

  /** @param {import('node:test').TestContext} t @param {any} options */
  async function everywhere(t, options) {
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
    return [createServer(options), http].map(async (server) => {
      const port = await listen(server, t);
      const peer = dial(t, port);
      peer.socket.write(REQUEST);
      return peer;
    });
  }

  test('a verify that hangs, in createServer and upgrade', async (t) => {
    const options = { verify: () => new Promise(() => {}), handshakeTimeout: LIMIT };
    for (const made of await everywhere(t, options)) {
      const peer = await made;
      await until(() => gone(peer));
      assert.match(peer.text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
      assert.ok(gone(peer) < AT_MOST, `${gone(peer)} ms`);
      // It does not end its side: it is dropped all the same.
      const writing = setInterval(() => peer.socket.write('x'), 20);
      await until(() => peer.closed);
      clearInterval(writing);
      assert.ok(peer.closed < AT_MOST, `${peer.closed} ms`);
    }
  });

  test('a verify that answers when it is too late', async (t) => {
    /** @type {((verdict: boolean) => void)[]} */
    const answers = [];
    const options = {
      verify: () => new Promise((resolve) => void answers.push(resolve)),
      handshakeTimeout: LIMIT,
      onWebSocket: () => assert.fail(),
    };
    const peers = await Promise.all(await everywhere(t, options));
    for (const peer of peers) await until(() => gone(peer));
    for (const answer of answers) answer(true);
    await pause(20);
    for (const peer of peers) assert.equal(peer.text.match(/HTTP\/1\.1/g)?.length, 1);
  });

  test('a verify that hangs, over HTTP/2', async (t) => {
    const options = { verify: () => new Promise(() => {}), handshakeTimeout: LIMIT };
    const server = createH2Server({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream, headers) => void acceptConnect(stream, headers, options));
    const port = await listen(/** @type {any} */ (server), t);
    const session = connectSession(`http://127.0.0.1:${port}`);
    t.after(() => void session.destroy());
    await once(session, 'remoteSettings');
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'http',
        ':path': '/',
        ':authority': 'x',
        'sec-websocket-version': '13',
      },
      { endStream: false },
    );
    const begun = performance.now();
    stream.on('error', () => {});
    stream.resume();
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 408);
    await until(() => stream.closed || stream.destroyed);
    const took = performance.now() - begun;
    assert.ok(took > LIMIT - 20 && took < AT_MOST, `${took} ms`);
  });

  test('it is over with the handshake', async (t) => {
    const port = await listen(createServer({ handshakeTimeout: LIMIT }), t);
    const peer = dial(t, port);
    peer.socket.write(REQUEST);
    await until(() => peer.text.startsWith('HTTP/1.1 101'));
    await pause(2 * LIMIT);
    assert.equal(peer.ended + peer.closed, 0);
  });
});

/** @param {import('node:net').Server} server @returns {Promise<number>} */
const connections = (server) =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

test('server.close waits for a pending refusal no longer than handshakeTimeout', async (t) => {
  const server = createServer({ handshakeTimeout: 200 });
  const peer = dial(t, await listen(server, t));
  // Refused at once, it goes on and on.
  peer.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => peer.text);
  assert.match(peer.text, /^HTTP\/1\.1 426 /);
  const begun = performance.now();
  await new Promise((resolve) => server.close(resolve));
  const took = performance.now() - begun;
  assert.ok(took < 5000, `${took} ms`);
});

test('a request that a framework made up is enough for upgrade', async (t) => {
  const http = createHttpServer();
  /** @type {any} */
  let environ;
  http.on('upgrade', async ({ method, url, headers }, socket, head) => {
    const made = /** @type {any} */ ({
      method,
      url,
      headers: { ...headers, 'x-list': ['1', '2'] },
    });
    const verify = (/** @type {any} */ request) => request.headers.get('x-list') === '1, 2';
    const ws = await upgrade(made, socket, head, { WebSocket: EchoWebSocket, verify });
    environ = ws && ws.environ === made;
  });
  const peer = dial(t, await listen(http, t));
  peer.socket.write(REQUEST);
  await until(() => environ !== undefined);
  assert.equal(environ, true);
  await until(() => peer.text.startsWith('HTTP/1.1 101 '));
});

test('one that is none is answered, and the promise rejects', async (t) => {
  const http = createHttpServer();
  /** @type {any} */
  let reason;
  http.on('upgrade', async (_request, socket, head) => {
    reason = await upgrade(/** @type {any} */ ({}), socket, head).catch((error) => error);
  });
  const peer = dial(t, await listen(http, t));
  peer.socket.write(REQUEST);
  await until(() => gone(peer));
  assert.match(peer.text, /^HTTP\/1\.1 500 /);
  assert.equal(reason.name, 'TypeError');
});

describe('a socket is answered once', () => {
  test('a second upgrade throws and writes nothing', async (t) => {
    const http = createHttpServer();
    /** @type {PromiseSettledResult<any>[]} */
    let outcomes = [];
    http.on('upgrade', async (request, socket, head) => {
      outcomes = await Promise.allSettled([
        upgrade(request, socket, head, { WebSocket: EchoWebSocket }),
        upgrade(request, socket, head, { verify: () => false }),
      ]);
    });
    const peer = dial(t, await listen(http, t));
    peer.socket.write(REQUEST);
    await until(() => outcomes.length);
    assert.equal(outcomes[0].status, 'fulfilled');
    assert.ok(/** @type {any} */ (outcomes[0]).value instanceof EchoWebSocket);
    const { reason } = /** @type {PromiseRejectedResult} */ (outcomes[1]);
    assert.equal(reason.name, 'TypeError');
    assert.match(reason.message, /upgrade was called before with the same socket/);
    await pause(20);
    assert.equal(peer.text.match(/HTTP\/1\.1/g)?.length, 1);
    assert.ok(peer.text.endsWith('\r\n\r\n'));
  });

  test('nor after a refusal', async (t) => {
    const http = createHttpServer();
    /** @type {any} */
    let second;
    http.on('upgrade', async (request, socket, head) => {
      await upgrade(request, socket, head, { verify: () => 401 });
      second = await upgrade(request, socket, head).catch((error) => error);
    });
    const peer = dial(t, await listen(http, t));
    peer.socket.write(REQUEST);
    await until(() => second);
    assert.equal(second.name, 'TypeError');
    await until(() => gone(peer));
    assert.equal(peer.text.match(/HTTP\/1\.1/g)?.length, 1);
  });

  test('wrong options: it is answered, and the promise rejects', async (t) => {
    const http = createHttpServer();
    /** @type {any} */
    let reason;
    http.on('upgrade', async (request, socket, head) => {
      const options = /** @type {any} */ ({ verifyClient: () => true });
      reason = await upgrade(request, socket, head, options).catch((error) => error);
    });
    const peer = dial(t, await listen(http, t));
    peer.socket.write(REQUEST);
    await until(() => gone(peer));
    assert.match(peer.text, /^HTTP\/1\.1 500 /);
    assert.match(reason.message, /^upgrade has no option 'verifyClient': use 'verify'/);
  });
});

describe('nothing follows a 101 but frames', () => {
  /** As a second copy of the package has it. */
  class Foreign {
    receivedMessage() {}
    run() {}
  }
  const foreign = /** @type {any} */ (Foreign);

  test('a class of another copy is refused where it is given', async (t) => {
    assert.throws(() => createServer({ WebSocket: foreign }), {
      name: 'TypeError',
      message: /^WebSocket is a class of another copy of ws4wasm/,
    });
    const http = createHttpServer();
    http.on('upgrade', (request, socket, head) => {
      upgrade(request, socket, head, { WebSocket: foreign }).catch(() => {});
    });
    const peer = dial(t, await listen(http, t));
    peer.socket.write(REQUEST);
    await until(() => gone(peer));
    assert.match(peer.text, /^HTTP\/1\.1 500 /);
    assert.equal(peer.text.match(/HTTP\/1\.1/g)?.length, 1);
  });

  /** @type {[string, any][]} */
  const faulty = [
    [
      'a constructor that throws',
      class extends WebSocket {
        constructor(/** @type {any} */ sock, /** @type {any} */ options) {
          super(sock, options);
          throw new Error('mine');
        }
      },
    ],
    [
      'a constructor that gives something else',
      class extends WebSocket {
        constructor(/** @type {any} */ sock, /** @type {any} */ options) {
          super(sock, options);
          // biome-ignore lint/correctness/noConstructorReturn: that is the fault
          return /** @type {any} */ (new Foreign());
        }
      },
    ],
    [
      'a constructor that gives a proxy',
      class extends WebSocket {
        constructor(/** @type {any} */ sock, /** @type {any} */ options) {
          super(sock, options);
          // biome-ignore lint/correctness/noConstructorReturn: that is the fault
          return new Proxy(this, {});
        }
      },
    ],
  ];
  for (const [name, Kind] of faulty) {
    test(name, async (t) => {
      const errors = errorsOf(t);
      const peer = dial(t, await listen(createServer({ WebSocket: Kind }), t));
      peer.socket.write(REQUEST);
      await until(() => gone(peer));
      assert.match(peer.text, /^HTTP\/1\.1 500 /);
      assert.equal(peer.text.match(/HTTP\/1\.1/g)?.length, 1);
      assert.equal(errors().length, 1);
    });
  }

  test('a run that throws, an onWebSocket that throws', async (t) => {
    errorsOf(t);
    class Runs extends WebSocket {
      /** @returns {never} */
      run() {
        throw new Error('mine');
      }
    }
    const throws = () => {
      throw new Error('mine');
    };
    // It has not been run, so that only this timer ends it.
    const runs = createServer({ WebSocket: Runs, closeTimeout: 50 });
    for (const server of [runs, createServer(throws)]) {
      const peer = dial(t, await listen(server, t));
      peer.socket.write(REQUEST);
      await until(() => peer.text.includes('\r\n\r\n'));
      await pause(50);
      const [head, frames] = peer.text.split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 101 /);
      // A close frame.
      assert.match(frames, /^\u0088/);
    }
  });
});

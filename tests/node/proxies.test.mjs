// Ways to a server through others: createConnection, agents, HTTP proxies.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, Agent as HttpAgent } from 'node:http';
import { createServer as createHttpsServer, Agent as HttpsAgent } from 'node:https';
import { connect as connectNet, createServer as createNetServer } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { EchoWebSocket, HandshakeError } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks, until } from '../support/connections.mjs';

noLeaks();

const certificate = makeCertificate();
const tls = { ca: certificate.cert };

/** Says something and hears it. @param {Promise<any>} opening */
async function echoes(opening) {
  const ws = await opening;
  await ws.send('hello');
  for await (const { data } of ws) {
    assert.equal(data, 'hello');
    break;
  }
  ws.close();
  await ws.run();
}

/** Echo servers with and without TLS. @param {import('node:test').TestContext} t */
async function targets(t) {
  const plain = await listen(createServer({ WebSocket: EchoWebSocket }), t);
  const secure = await listen(createServer({ ...certificate, WebSocket: EchoWebSocket }), t);
  return [`ws://localhost:${plain}/`, `wss://localhost:${secure}/`];
}

/**
 * A proxy that tunnels, wherever it is asked to, to this machine; and what it was asked.
 * @param {import('node:test').TestContext} t
 * @param {{ secure?: boolean, answer?: string }} [how]
 */
async function proxy(t, { secure = false, answer } = {}) {
  const server = secure ? createHttpsServer(certificate) : createHttpServer();
  /** @type {{ path: string | undefined, authorization: string | undefined }[]} */
  const asked = [];
  server.on('connect', (request, socket, head) => {
    const { 'proxy-authorization': authorization } = request.headers;
    asked.push({ path: request.url, authorization });
    t.after(() => void socket.destroy());
    socket.on('error', () => {});
    if (answer !== undefined) {
      socket.write(answer);
      return;
    }
    const [, port] = /:(\d+)$/.exec(request.url ?? '') ?? [];
    const onward = connectNet(Number(port), '127.0.0.1');
    onward.on('error', () => void socket.destroy());
    onward.on('close', () => void socket.destroy());
    socket.on('close', () => void onward.destroy());
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length) onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  const port = await listen(server, t);
  const url = `${secure ? 'https' : 'http'}://localhost:${port}`;
  return { url, asked, server };
}

/** One that nobody has listened to. @param {import('node:test').TestContext} t */
async function silent(t) {
  /** @type {import('node:net').Socket[]} */
  const sockets = [];
  const server = createNetServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    t.after(() => void socket.destroy());
  });
  return { port: await listen(server, t), sockets };
}

/** A limit that has long passed when nothing is noticed at once. */
const LONG = { handshakeTimeout: 60_000 };
const AT_ONCE = 5000;

/** @param {() => Promise<unknown>} call */
async function tookFor(call) {
  const begun = performance.now();
  await call();
  return performance.now() - begun;
}

describe('createConnection', () => {
  test('a promise of a socket, for ws: and wss:', async (t) => {
    for (const url of await targets(t)) {
      const createConnection = async (/** @type {any} */ { host, port, secure }) => {
        await pause(5);
        return secure ? connectTls({ host, port, ...tls }) : connectNet({ host, port });
      };
      await echoes(connect(url, { createConnection }));
    }
  });

  test('asked again for a redirect', async (t) => {
    const port = await listen(createServer({ WebSocket: EchoWebSocket }), t);
    const first = createServer({
      verify: () => ({ status: 302, headers: { Location: 'ws://b.example:81/' } }),
    });
    const ports = new Map([
      ['a.example:80', await listen(first, t)],
      ['b.example:81', port],
    ]);
    /** @type {string[]} */
    const asked = [];
    const createConnection = async (/** @type {any} */ { host, port }) => {
      asked.push(`${host}:${port}`);
      return connectNet(/** @type {number} */ (ports.get(`${host}:${port}`)), '127.0.0.1');
    };
    await echoes(connect('ws://a.example/', { createConnection, maxRedirects: 1 }));
    assert.deepEqual(asked, ['a.example:80', 'b.example:81']);
  });

  test('one that fails, now or later, or gives no socket', async () => {
    const mine = new Error('mine');
    const fail = () => {
      throw mine;
    };
    for (const createConnection of [fail, async () => fail()]) {
      await assert.rejects(connect('ws://a.example', { createConnection }), mine);
    }
    for (const given of [undefined, null, 5, {}, Promise.resolve('socket')]) {
      const createConnection = () => /** @type {any} */ (given);
      await assert.rejects(connect('ws://a.example', { createConnection }), {
        name: 'TypeError',
        message: /^what 'createConnection' gave is .* must be a socket, or a promise of one/,
      });
    }
  });

  test('the time and the signal hold while it takes its time; a late socket is closed', async (t) => {
    const { port, sockets } = await silent(t);
    /** @type {((socket: any) => void)[]} */
    const later = [];
    const createConnection = () =>
      /** @type {Promise<any>} */ (new Promise((resolve) => later.push(resolve)));
    const late = connect('ws://a.example', { createConnection, handshakeTimeout: 50 });
    await assert.rejects(late, { message: 'no answer within 50 ms' });
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const aborted = connect('ws://a.example', { createConnection, signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    const mine = later.map((resolve) => {
      const socket = connectNet(port, '127.0.0.1');
      socket.on('connect', () => resolve(socket));
      return socket;
    });
    await until(() => mine.every(({ destroyed }) => destroyed));
    await until(() =>
      sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded),
    );
  });

  test('a socket that is destroyed, before and later, is noticed at once', async (t) => {
    const { port, sockets } = await silent(t);
    const gone = connectNet(port, '127.0.0.1');
    gone.destroy();
    const closed = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    closed.destroy();
    await once(closed, 'close');
    for (const given of [gone, closed]) {
      const took = await tookFor(() =>
        assert.rejects(connect('ws://a.example', { ...LONG, createConnection: () => given }), {
          name: 'HandshakeError',
          status: 0,
          message: /ended the connection before/,
        }),
      );
      assert.ok(took < AT_ONCE, `${took} ms`);
    }
    const socket = connectNet(port, '127.0.0.1');
    const opening = connect('ws://a.example', { ...LONG, createConnection: () => socket });
    await until(() => sockets.at(-1)?.bytesRead);
    const took = await tookFor(() => {
      socket.destroy();
      return assert.rejects(opening, { status: 0, message: /ended the connection before/ });
    });
    assert.ok(took < AT_ONCE, `${took} ms`);
  });
});

describe('agent', () => {
  test("Node's own", async (t) => {
    const [plain, secure] = await targets(t);
    const http = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    const https = new HttpsAgent({ keepAlive: true, maxSockets: 1 });
    // One after the other and at the same time: the sockets are no longer the agents'.
    const first = await connect(plain, { agent: http });
    await echoes(connect(plain, { agent: http }));
    await echoes(Promise.resolve(first));
    await echoes(connect(secure, { agent: https, tls }));
    await assert.rejects(connect(secure, { agent: https }), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    assert.deepEqual([Object.keys(http.sockets), Object.keys(https.sockets)], [[], []]);
    await assert.rejects(connect('ws://127.0.0.1:1', { agent: http }), {
      code: 'ECONNREFUSED',
    });
  });

  test('for http: only, with wss:', async (t) => {
    const { port, sockets } = await silent(t);
    const agent = new HttpAgent();
    const url = `wss://user:secret@localhost:${port}`;
    await assert.rejects(connect(url, { agent }), /without TLS for a wss: URL/);
    assert.ok(sockets.every(({ bytesRead }) => bytesRead === 0));
  });

  test('https-proxy-agent', async (t) => {
    const { url: through, asked } = await proxy(t);
    const agent = new HttpsProxyAgent(through.replace('//', '//user:secret@'));
    const urls = await targets(t);
    for (const url of urls) await echoes(connect(url, { agent, tls }));
    const authorization = `Basic ${btoa('user:secret')}`;
    assert.deepEqual(
      asked,
      urls.map((url) => ({ path: new URL(url).host, authorization })),
    );
  });

  test("https-proxy-agent, refused: the proxy's answer is the refusal", async (t) => {
    const answer =
      'HTTP/1.1 407 Who are you\r\nContent-Length: 3\r\nProxy-Authenticate: Basic\r\n\r\nno.';
    for (const url of ['ws://a.example/', 'wss://a.example/']) {
      const { url: through } = await proxy(t, { answer });
      const error = await connect(url, { agent: new HttpsProxyAgent(through) }).catch((e) => e);
      assert.ok(error instanceof HandshakeError, String(error));
      assert.equal(error.status, 407);
      assert.equal(error.response?.headers.get('proxy-authenticate'), 'Basic');
    }
  });

  test('the time and the signal hold while it has no socket', async (t) => {
    const { port } = await silent(t);
    const agent = new HttpAgent({ maxSockets: 1 });
    // The only one is taken, by a request that gets no answer.
    const url = `ws://127.0.0.1:${port}`;
    const busy = connectNet(port, '127.0.0.1');
    agent.createConnection = /** @type {any} */ (() => busy);
    const { port: proxyPort, sockets } = await silent(t);
    const waiting = new HttpsProxyAgent(`http://127.0.0.1:${proxyPort}`);
    await assert.rejects(connect(url, { agent: waiting, handshakeTimeout: 50 }), {
      message: 'no answer within 50 ms',
    });
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const aborted = connect(url, { agent: waiting, signal: abort.signal });
    await until(() => sockets.length === 2);
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    busy.destroy();
    // What the proxy says afterwards finds nobody.
    for (const socket of sockets) socket.resume().end('HTTP/1.1 200 OK\r\n\r\n');
    await until(() => sockets.every(({ destroyed }) => destroyed));
  });

  test('what is no agent', async () => {
    for (const agent of [5, {}, 'http://proxy']) {
      const wrong = /** @type {any} */ (agent);
      await assert.rejects(connect('ws://a.example', { agent: wrong }), {
        name: 'TypeError',
        message: /^agent is .* an Agent of node:http/,
      });
    }
  });
});

describe('proxy', () => {
  for (const secure of [false, true]) {
    test(`a tunnel through ${secure ? 'https:' : 'http:'}`, async (t) => {
      const { url, asked } = await proxy(t, { secure });
      const through = url.replace('//', '//user:se%20cret@');
      const urls = await targets(t);
      // To a proxy of TLS its own certificate would have to be known to Node.
      const net = secure ? { net: /** @type {any} */ (tls) } : {};
      for (const target of urls) {
        await echoes(connect(target, { proxy: through, tls, ...net }));
        await echoes(connect(target, { proxy: new URL(through), tls, ...net }));
      }
      const authorization = `Basic ${btoa('user:se cret')}`;
      assert.deepEqual(
        asked,
        urls.flatMap((target) => {
          const one = { path: new URL(target).host, authorization };
          return [one, one];
        }),
      );
    });
  }

  test('default ports, IPv6', async (t) => {
    const { url, asked } = await proxy(t, { answer: 'HTTP/1.1 502 No\r\n\r\n' });
    for (const target of ['ws://a.example', 'wss://a.example', 'ws://[::1]:8080/']) {
      await assert.rejects(connect(target, { proxy: url, handshakeTimeout: 5000 }), {
        status: 502,
      });
    }
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['a.example:80', 'a.example:443', '[::1]:8080'],
    );
  });

  test('a refusal of its own, with a body; a redirect is none', async (t) => {
    for (const [status, more] of /** @type {[number, string][]} */ ([
      [407, 'Proxy-Authenticate: Basic\r\n'],
      [302, 'Location: ws://evil.example/\r\n'],
    ])) {
      const answer = `HTTP/1.1 ${status} x\r\n${more}Transfer-Encoding: chunked\r\n\r\n3\r\nno.\r\n0\r\n\r\n`;
      const { url, asked } = await proxy(t, { answer });
      const error = await connect('wss://a.example', { proxy: url, maxRedirects: 5 }).catch(
        (reason) => reason,
      );
      assert.ok(error instanceof HandshakeError, String(error));
      assert.deepEqual(
        [error.status, error.message],
        [status, `The proxy answered ${status}.`],
      );
      assert.equal(`${error.response?.body}`, 'no.');
      assert.equal(asked.length, 1);
    }
  });

  test('one that is not there, that ends, that never answers', async (t) => {
    const gone = { proxy: 'http://127.0.0.1:1' };
    await assert.rejects(connect('ws://a.example', gone), { code: 'ECONNREFUSED' });
    const ends = createNetServer((socket) => void socket.resume().end());
    const proxy = `http://127.0.0.1:${await listen(ends, t)}`;
    await assert.rejects(connect('ws://a.example', { proxy, ...LONG }), { code: 'ECONNRESET' });
    const { port, sockets } = await silent(t);
    const never = { proxy: `http://127.0.0.1:${port}` };
    await assert.rejects(connect('ws://a.example', { ...never, handshakeTimeout: 50 }), {
      message: 'no answer within 50 ms',
    });
    const abort = new AbortController();
    const aborted = connect('ws://a.example', { ...never, signal: abort.signal });
    await until(() => sockets.length === 2);
    abort.abort(new Error('mine'));
    await assert.rejects(aborted, /mine/);
    for (const socket of sockets) socket.resume();
    await until(() =>
      sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded),
    );
  });

  test('of the environment, unless NO_PROXY has the host', async (t) => {
    const [plain, secure] = await targets(t);
    const { url, asked } = await proxy(t);
    const names = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
    const all = [...names, ...names.map((name) => name.toUpperCase())];
    const before = all.map((name) => process.env[name]);
    t.after(() => {
      for (const [i, name] of all.entries()) {
        delete process.env[name];
        if (before[i] !== undefined) process.env[name] = before[i];
      }
    });
    /** @type {[Record<string, string>, string, boolean][]} */
    const cases = [
      [{}, secure, false],
      [{ HTTPS_PROXY: url }, secure, true],
      [{ https_proxy: url.slice('http://'.length) }, secure, true],
      [{ HTTPS_PROXY: url }, plain, true],
      [{ HTTP_PROXY: url }, plain, true],
      [{ HTTP_PROXY: url }, secure, false],
      [{ ALL_PROXY: url }, secure, true],
      [{ HTTPS_PROXY: url, NO_PROXY: 'localhost' }, secure, false],
      [{ HTTPS_PROXY: url, no_proxy: 'a.example, LOCALHOST' }, secure, false],
      [{ HTTPS_PROXY: url, NO_PROXY: '*' }, secure, false],
      [{ HTTPS_PROXY: url, NO_PROXY: `localhost:${new URL(secure).port}` }, secure, false],
      [{ HTTPS_PROXY: url, NO_PROXY: 'localhost:1' }, secure, true],
      [{ HTTPS_PROXY: url, NO_PROXY: 'host,local' }, secure, true],
      [
        { HTTPS_PROXY: url, NO_PROXY: '127.0.0.0/8' },
        secure.replace('localhost', '127.0.0.1'),
        false,
      ],
      [
        { HTTPS_PROXY: url, NO_PROXY: '10.0.0.0/8' },
        secure.replace('localhost', '127.0.0.1'),
        true,
      ],
    ];
    for (const [variables, target, through] of cases) {
      for (const name of all) delete process.env[name];
      Object.assign(process.env, variables);
      asked.length = 0;
      await echoes(connect(target, { proxy: true, tls }));
      assert.equal(asked.length, through ? 1 : 0, JSON.stringify(variables));
      asked.length = 0;
      await echoes(connect(target, { tls }));
      await echoes(connect(target, { tls, proxy: false }));
      assert.equal(asked.length, 0);
    }
    process.env.HTTPS_PROXY = 'socks5://user:secret@proxy';
    const error = await connect(secure, { proxy: true }).catch((reason) => reason);
    assert.match(error.message, /^https_proxy in the environment is no http: or https: URL$/);
  });

  test('what is no proxy, and two ways at once', async () => {
    for (const proxy of [5, 'proxy:3128', 'socks5://user:secret@proxy', {}]) {
      const wrong = /** @type {any} */ (proxy);
      await assert.rejects(connect('ws://a.example', { proxy: wrong }), {
        name: 'TypeError',
        message: /^proxy must be an http: or https: URL, .* SOCKS give an agent$/,
      });
    }
    const agent = new HttpAgent();
    await assert.rejects(connect('ws://a.example', { agent, proxy: true }), {
      name: 'TypeError',
      message: 'agent and proxy are two ways to the server: give one',
    });
  });
});

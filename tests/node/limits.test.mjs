// How many connections there may be, and plain requests beside them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectNet } from 'node:net';
import { describe, test } from 'node:test';
import { ConnectionGroup, connect, createServer, upgrade } from 'ws4wasm/node';
import { errorsOf, listen, noLeaks, until } from '../support/connections.mjs';
import { ask, handshake } from '../support/http.mjs';

noLeaks();

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * A server of each kind with these limits: its port and its stats.
 * @param {TestContext} t
 * @param {any} limits
 * @param {any} [options]
 * @returns {Promise<[number, () => import('ws4wasm/node').ServerStats][]>}
 */
async function both(t, limits, options = {}) {
  const server = createServer({ ...limits, ...options });
  const group = new ConnectionGroup(limits);
  const http = createHttpServer();
  http.on('upgrade', (request, socket, head) => {
    void upgrade(request, socket, head, { group, ...options });
  });
  return [
    [await listen(server, t), () => server.stats()],
    [await listen(http, t), () => group.stats()],
  ];
}

describe('limits', () => {
  test('maxConnections: 503, until one leaves', async (t) => {
    for (const [port, stats] of await both(t, { maxConnections: 2 })) {
      const url = `ws://127.0.0.1:${port}`;
      const [one, two] = [await connect(url), await connect(url)];
      const reply = await ask(port, handshake());
      assert.match(reply, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
      assert.match(reply, /\r\nRetry-After: \d+\r\n/);
      one.close();
      await until(() => stats().open === 1);
      const three = await connect(url);
      assert.equal(stats().refused.full, 1);
      for (const ws of [two, three]) {
        ws.close();
        await ws.run();
      }
      await until(() => stats().open === 0);
    }
  });

  test('maxConnections: who is being verified has a place', async (t) => {
    /** @type {((verdict: boolean) => void)[]} */
    const decide = [];
    const verify = () => new Promise((resolve) => decide.push(resolve));
    for (const [port, stats] of await both(t, { maxConnections: 1 }, { verify })) {
      decide.length = 0;
      const first = ask(port, handshake());
      await until(() => decide.length === 1);
      assert.match(await ask(port, handshake()), / 503 /);
      decide[0](false);
      assert.match(await first, / 403 /);
      const next = ask(port, handshake());
      await until(() => decide.length === 2);
      decide[1](true);
      assert.match(await next, / 101 /);
      await until(() => stats().open === 0);
    }
  });

  test('maxConnections: nor may more than that begin and say nothing', async (t) => {
    const server = createServer({ maxConnections: 2 });
    const port = await listen(server, t);
    const silent = [connectNet(port, '127.0.0.1'), connectNet(port, '127.0.0.1')];
    await until(() => server.stats().arriving === 2);
    assert.match(await ask(port, handshake()), / 503 /);
    for (const socket of silent) socket.destroy();
    await until(() => server.stats().arriving === 0);
    assert.match(await ask(port, handshake()), / 101 /);
  });

  test('maxConnectionsPerAddress: 429, by the address that proxies name', async (t) => {
    const limits = { maxConnectionsPerAddress: 2 };
    for (const [port, stats] of await both(t, limits, { trustProxy: 1 })) {
      const from = (/** @type {string} */ address) =>
        connect(`ws://127.0.0.1:${port}`, { headers: { 'X-Forwarded-For': address } });
      const clients = [await from('192.0.2.1'), await from('::ffff:192.0.2.1')];
      const reply = await ask(port, handshake('X-Forwarded-For: 192.0.2.1'));
      assert.match(reply, /^HTTP\/1\.1 429 Too Many Requests\r\n/);
      assert.match(reply, /\r\nRetry-After: \d+\r\n/);
      clients.push(await from('192.0.2.2'));
      // One network of IPv6.
      clients.push(await from('2001:db8:0:1::1'), await from('2001:0DB8::1:2:3:4:5'));
      await assert.rejects(from('2001:db8:0:1:ffff::'), { status: 429 });
      clients.push(await from('2001:db8:0:2::1'));
      assert.equal(stats().refused.address, 2);
      clients[0].close();
      await until(() => stats().open === 5);
      clients.push(await from('192.0.2.1'));
      for (const ws of clients) {
        ws.close();
        await ws.run();
      }
      await until(() => stats().open === 0);
    }
  });

  test('what is no limit', () => {
    for (const wrong of [0, -1, 'many', NaN, null]) {
      const value = /** @type {any} */ (wrong);
      assert.throws(
        () => createServer({ maxConnections: value }),
        /^(Type|Range)Error: maxConn/,
      );
      assert.throws(
        () => new ConnectionGroup({ maxConnectionsPerAddress: value }),
        /^(Type|Range)Error: maxConnectionsPerAddress/,
      );
    }
    assert.throws(
      () => new ConnectionGroup(/** @type {any} */ ({ max: 1 })),
      /ConnectionGroup has no option 'max'/,
    );
  });
});

describe('plain requests', () => {
  const VERSIONS = ['HTTP/1.1\r\nHost: a', 'HTTP/1.0', 'HTTP/1.0\r\nHost: a'];

  test('health answers GET and HEAD; all else is as without it', async (t) => {
    const server = createServer({ health: '/healthz' });
    const port = await listen(server, t);
    for (const version of VERSIONS) {
      const get = await ask(port, `GET /healthz ${version}\r\n\r\n`);
      assert.match(get, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(get, /\r\nContent-Length: 3\r\n/);
      assert.match(get, /\r\nConnection: close\r\n\r\nok\n$/);
      const head = await ask(port, `HEAD /healthz?from=balancer ${version}\r\n\r\n`);
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n.*\r\nContent-Length: 3\r\n.*\r\n\r\n$/s);
    }
    /** @type {[string, number][]} */
    const others = [
      ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 426],
      ['GET /healthz/more HTTP/1.1\r\nHost: a\r\n\r\n', 426],
      ['GET / HTTP/1.0\r\n\r\n', 400],
      ['POST /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 405],
      ['OPTIONS /healthz HTTP/1.0\r\n\r\n', 405],
      // RFC 9112 section 3.2: a Host there has to be.
      ['GET /healthz HTTP/1.1\r\n\r\n', 400],
      ['HEAD /healthz HTTP/1.1\r\n\r\n', 405],
      ['GET /healthz HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n', 426],
      [handshake(), 101],
    ];
    for (const [request, status] of others) {
      const reply = await ask(port, request);
      assert.equal(reply.slice(9, 12), String(status), request);
    }
    assert.equal(server.stats().refused.upgrade, 3);
  });

  test('byte by byte', async (t) => {
    const port = await listen(createServer({ health: '/healthz' }), t);
    const socket = connectNet(port, '127.0.0.1').setNoDelay();
    let reply = '';
    socket.on('data', (bytes) => {
      reply += bytes;
    });
    for (const byte of 'GET /healthz HTTP/1.0\r\n\r\n') socket.write(byte);
    await once(socket, 'close');
    assert.match(reply, / 200 OK\r\n/);
  });

  test('a hook answers, or does not', async (t) => {
    /** @type {any[]} */
    const seen = [];
    const errors = errorsOf(t);
    const server = createServer({
      request: async (request) => {
        seen.push(request);
        const { url } = request;
        if (url === '/fault') throw new Error('mine');
        if (url === '/split') return { headers: { 'X-A': 'b\r\nc' } };
        if (url === '/text') return { body: 'text' };
        if (url === '/json') {
          const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
          return { status: 201, headers, body: Buffer.from('{}') };
        }
        if (url === '/string') return /** @type {any} */ ('text');
        return undefined;
      },
    });
    const port = await listen(server, t);
    const get = (/** @type {string} */ url) =>
      ask(port, `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.match(await get('/text'), / 200 OK\r\n.*\r\n\r\ntext$/s);
    assert.match(
      await get('/json'),
      / 201 .*Content-Type: application\/json\r\n.*\r\n\r\n{}$/s,
    );
    assert.match(await get('/other'), / 426 /);
    for (const url of ['/fault', '/split', '/string'])
      assert.match(await get(url), / 500 /, url);
    assert.equal(errors().length, 3);
    assert.match(seen[0].remoteAddress, /127\.0\.0\.1$/);
    const { upgrade: upgrades, error } = server.stats().refused;
    assert.deepEqual([upgrades, error], [1, 3]);
  });

  test('a hook that takes too long, and a peer that leaves', async (t) => {
    let asked = 0;
    const server = createServer({
      request: () => {
        asked++;
        return new Promise(() => {});
      },
      handshakeTimeout: 100,
    });
    const port = await listen(server, t);
    assert.match(await ask(port, 'GET / HTTP/1.0\r\n\r\n'), / 408 /);
    const socket = connectNet(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    await until(() => asked === 2);
    socket.resetAndDestroy();
    await until(() => server.stats().arriving === 0);
  });

  test('what is no path', () => {
    for (const health of ['healthz', '', '/a b', '/a?b', 5]) {
      assert.throws(() => createServer({ health: /** @type {any} */ (health) }), /health/);
    }
  });
});

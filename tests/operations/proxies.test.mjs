// The configurations of docs/operations.md, with the real programs in front of real servers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect as connectSession } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EchoWebSocket } from 'ws4wasm';
import { connect, connectHttp2, createServer } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { listen, noLeaks, until } from '../support/connections.mjs';
import { ask } from '../support/http.mjs';
import { proxyProgram } from '../support/tools.mjs';
import { blocks, startProxy } from './proxies.mjs';

noLeaks();

const [haproxyHttp, haproxyTcp, haproxyTwo] = blocks('haproxy');
const CONFIGURATIONS = /** @type {const} */ ({
  nginx: blocks('nginx')[0],
  haproxy: haproxyHttp,
  apache2: blocks('apache')[0],
});

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * @param {TestContext} t
 * @param {any} [options]
 */
async function echo(t, options) {
  const server = createServer({
    WebSocket: EchoWebSocket,
    trustProxy: 1,
    origins: 'same',
    health: '/healthz',
    protocols: ['chat'],
    deflate: true,
    ...options,
  });
  return { server, port: await listen(server, t) };
}

/** Something of each kind, and back. @param {import('ws4wasm').WebSocket} ws */
async function echoes(ws) {
  const sent = ['hello', 'Grüße 🎈', '', 'x'.repeat(70_000), Buffer.alloc(3 << 20, 7)];
  for (const message of sent) ws.send(message);
  for await (const { data } of ws) {
    const next = sent.shift() ?? '';
    assert.ok(
      typeof next === 'string' ? next === data : next.equals(/** @type {any} */ (data)),
    );
    if (sent.length === 0) break;
  }
}

for (const [name, block] of Object.entries(CONFIGURATIONS)) {
  const kind = /** @type {keyof typeof CONFIGURATIONS} */ (name);
  describe(kind, () => {
    test('messages of all kinds, who is there, pages of the host, closes both ways', async (t) => {
      const program = proxyProgram(t, kind);
      if (!program) return;
      const { server, port: inner } = await echo(t);
      const { port } = await startProxy(t, program, kind, block, inner);
      const url = `ws://127.0.0.1:${port}/room?a=b`;
      const origin = { Origin: `http://127.0.0.1:${port}` };
      for (const closing of ['client', 'server']) {
        const ws = await connect(url, {
          protocols: 'chat',
          // What a client claims is nothing.
          headers: { ...origin, 'X-Forwarded-For': '192.0.2.9' },
        });
        assert.equal(ws.protocol, 'chat');
        await echoes(ws);
        const [near] = server.connections;
        assert.equal(near.environ.remoteAddress, '127.0.0.1');
        assert.equal(near.environ.url, '/room?a=b');
        if (closing === 'client') ws.close(4000, 'enough');
        else near.close(4000, 'enough');
        await ws.run();
        assert.deepEqual([ws.closeCode, ws.closeReason], [4000, 'enough'], closing);
        await until(() => server.connections.size === 0);
        assert.deepEqual([near.closeCode, near.closeReason], [4000, 'enough'], closing);
      }
      const foreign = connect(url, { headers: { Origin: 'http://evil.example' } });
      await assert.rejects(foreign, { status: 403 });
      assert.match(
        await ask(port, 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
        / 200 /,
      );
    });

    test('a connection that says nothing lives by its pings, and not without', async (t) => {
      const program = proxyProgram(t, kind);
      if (!program) return;
      const short = block.replaceAll(/75s|(?<=timeout=)75/g, (time) => time.replace('75', '1'));
      assert.notEqual(short, block);
      const lively = await echo(t, { pingInterval: 250 });
      const silent = await echo(t);
      const one = await startProxy(t, program, kind, short, lively.port);
      const other = await startProxy(t, program, kind, short, silent.port);
      const lives = await connect(`ws://127.0.0.1:${one.port}/`);
      const ends = await connect(`ws://127.0.0.1:${other.port}/`);
      await ends.run();
      assert.equal(ends.closeCode, 1006);
      await pause(2500);
      await echoes(lives);
      lives.close();
      await lives.run();
      assert.equal(lives.closeCode, 1000);
    });

    test('a server that drains: 1001 arrives, and the proxy says 503', async (t) => {
      const program = proxyProgram(t, kind);
      if (!program) return;
      const { server, port: inner } = await echo(t, { closeTimeout: 60_000 });
      const { port } = await startProxy(t, program, kind, block, inner);
      const url = `ws://127.0.0.1:${port}/`;
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect(url)));
      const stays = await connect(`ws://127.0.0.1:${inner}/`);
      stays.sock.pause();
      const drained = server.drain({ timeout: 60_000 });
      await Promise.all(clients.map((ws) => ws.run()));
      assert.ok(clients.every(({ closeCode }) => closeCode === 1001));
      await assert.rejects(connect(url), { status: 503 });
      stays.sock.resume();
      await drained;
    });
  });
}

test("nginx sends the name of its upstream as Host: origins: 'same' needs to be told the other", async (t) => {
  const program = proxyProgram(t, 'nginx');
  if (!program) return;
  const block = CONFIGURATIONS.nginx;
  const passing = block.replace(
    /proxy_set_header X-Forwarded-Host.*/,
    'proxy_set_header Host $http_host;',
  );
  const silent = block.replace(/proxy_set_header X-Forwarded-.*/g, '');
  assert.ok(passing !== block && !silent.includes('Forwarded'));
  for (const [config, trustProxy, accepted] of /** @type {const} */ ([
    [block, 1, true],
    [block, false, false],
    [silent, false, false],
    [passing, false, true],
  ])) {
    const { server, port: inner } = await echo(t, { trustProxy });
    /** @type {import('ws4wasm/node').Refused[]} */
    const refused = [];
    server.on('refused', (one) => refused.push(one));
    const { port } = await startProxy(t, program, 'nginx', config, inner);
    const headers = { Origin: `http://127.0.0.1:${port}` };
    const tried = connect(`ws://127.0.0.1:${port}/`, { headers });
    if (accepted) {
      const ws = await tried;
      ws.close();
      await ws.run();
    } else {
      await assert.rejects(tried, { status: 403 });
    }
    const seen = refused.map(({ status, reason }) => `${status} ${reason}`);
    assert.deepEqual(seen, accepted ? [] : ['403 origin']);
  }
});

describe('haproxy, more', () => {
  test('the PROXY protocol over TCP, for plain servers and TLS', async (t) => {
    const program = proxyProgram(t, 'haproxy');
    if (!program) return;
    const certificate = makeCertificate();
    for (const how of ['send-proxy-v2', 'send-proxy']) {
      for (const secrets of [{}, certificate]) {
        const options = { proxyProtocol: true, trustProxy: false, ...secrets };
        const { server, port: inner } = await echo(t, options);
        const block = haproxyTcp.replace('send-proxy-v2', how);
        const { port } = await startProxy(t, program, 'haproxy', block, inner);
        const scheme = secrets === certificate ? 'wss' : 'ws';
        const tls = { ca: certificate.cert };
        const ws = await connect(`${scheme}://localhost:${port}/`, { tls });
        const [near] = server.connections;
        // Not HAProxy's own port, but the client's.
        const { remoteAddress, remotePort } = near.environ;
        const { localPort } = /** @type {any} */ (ws.sock);
        assert.deepEqual([remoteAddress, remotePort], ['127.0.0.1', localPort]);
        await echoes(ws);
        ws.close();
        await ws.run();
        const straight = connect(`${scheme}://localhost:${inner}/`, { tls });
        await assert.rejects(straight);
        assert.equal(server.stats().refused.proxy, 1);
      }
    }
  });

  test('one of two servers drains, and no client hears of it', async (t) => {
    const program = proxyProgram(t, 'haproxy');
    if (!program) return;
    const [one, two] = [await echo(t), await echo(t)];
    const block = haproxyTwo.replace('8081', String(two.port));
    const { port } = await startProxy(t, program, 'haproxy', block, one.port);
    const url = (/** @type {number} */ at) => `ws://localhost:${at}/`;
    // They keep it from being done.
    const stay = [await connect(url(one.port)), await connect(url(one.port))];
    const drained = one.server.drain({ spread: 600_000, timeout: 600_000 });
    // More than HAProxy gives to the other one by itself.
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(url(port))));
    assert.ok(one.server.stats().refused.draining > 0);
    assert.equal(two.server.stats().open, clients.length);
    for (const ws of [...clients, ...stay]) {
      ws.close();
      await ws.run();
    }
    await drained;
  });

  test('HTTP/2 in front, with TLS', async (t) => {
    const program = proxyProgram(t, 'haproxy');
    if (!program) return;
    const { cert, key } = makeCertificate();
    const file = join(tmpdir(), `ws4wasm-${process.pid}.pem`);
    writeFileSync(file, `${cert}${key}`, { mode: 0o600 });
    t.after(() => rmSync(file));
    const { server, port: inner } = await echo(t);
    const block = haproxyHttp.replace(/bind (\S+)/, `bind $1 ssl crt ${file} alpn h2,http/1.1`);
    const { port } = await startProxy(t, program, 'haproxy', block, inner);
    const session = connectSession(`https://localhost:${port}`, { ca: cert });
    t.after(() => void session.destroy());
    await once(session, 'remoteSettings');
    const url = `wss://localhost:${port}/`;
    const origin = { Origin: `https://localhost:${port}` };
    const both = await Promise.all([
      connectHttp2(session, url, { headers: origin }),
      connect(url, { headers: origin, tls: { ca: cert } }),
    ]);
    for (const ws of both) await echoes(ws);
    for (const { environ } of server.connections) {
      assert.equal(environ.remoteAddress, '127.0.0.1');
    }
    for (const ws of both) {
      ws.close();
      await ws.run();
      assert.equal(ws.closeCode, 1000);
    }
  });
});

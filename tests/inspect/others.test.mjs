// Traffic of real programs that speak no WebSocket, recorded on its way: none of it is shown as one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer as createHttp, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { Inspection, Recorder } from '../../js/inspect/node.js';
import { makeCertificate } from '../support/certificate.mjs';

/**
 * A relay in front of a server: what passes goes into a capture.
 * @param {number} target the server's port
 */
async function relay(target) {
  const recorder = new Recorder();
  const pieces = [recorder.head()];
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    const client = { address: '10.0.0.1', port: near.remotePort ?? 1 };
    const server = { address: '10.0.0.2', port: target };
    const opened = recorder.openConnection({ client, server, time: Date.now() });
    pieces.push(opened.bytes);
    const pass = (
      /** @type {import('node:net').Socket} */ from,
      /** @type {import('node:net').Socket} */ to,
      /** @type {'c2s' | 's2c'} */ way,
    ) => {
      from.on('data', (bytes) => {
        pieces.push(recorder.data(opened.connection, way, bytes, Date.now()));
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    };
    pass(near, far, 'c2s');
    pass(far, near, 's2c');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port,
    /** From the SYN on, and as a capture that began later: without the packets that open it. */
    captures() {
      const late = pieces.slice();
      late[1] = new Uint8Array();
      return [Buffer.concat(pieces), Buffer.concat(late)];
    },
    stop: () => server.close(),
  };
}

/** @param {Awaited<ReturnType<typeof relay>>} recorded */
function assertNone(recorded) {
  recorded.stop();
  for (const capture of recorded.captures()) {
    const inspection = new Inspection();
    inspection.push(capture);
    inspection.finish();
    const connections = inspection.connections();
    assert.equal(connections.length, 1);
    assert.notEqual(connections[0].transport, 'websocket');
    const { frames, errors, warnings } = inspection.totals;
    assert.deepEqual([frames, errors, warnings], [0, 0, 0]);
    inspection.free();
  }
}

/** @param {import('node:net').Server} server */
async function listening(server) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

test('TLS', async () => {
  const { key, cert } = makeCertificate();
  const server = createTls({ key, cert }, (socket) => socket.pipe(socket));
  const recorded = await relay(await listening(server));
  const client = connectTls({ port: recorded.port, host: '127.0.0.1', ca: cert });
  await once(client, 'secureConnect');
  for (const size of [1, 100, 5000]) {
    client.write(Buffer.alloc(size, size));
    for (let got = 0; got < size; ) got += (await once(client, 'data'))[0].length;
  }
  client.end();
  await once(client, 'close');
  server.close();
  assertNone(recorded);
});

test('HTTP', async () => {
  const server = createHttp((_, response) => response.end('x'.repeat(10_000)));
  const recorded = await relay(await listening(server));
  const [response] = await once(get({ port: recorded.port, host: '127.0.0.1' }), 'response');
  response.resume();
  await once(response, 'end');
  server.close();
  server.closeAllConnections();
  assertNone(recorded);
});

test('git', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'others-'));
  const git = (/** @type {string[]} */ ...args) => spawnSync('git', args, { encoding: 'utf8' });
  if (git('init', '--bare', join(folder, 'r')).status !== 0) return t.skip('there is no git');
  const port = await listening(createServer().unref());
  const daemon = spawn('git', [
    'daemon',
    `--port=${port + 1}`,
    '--export-all',
    `--base-path=${folder}`,
    folder,
  ]);
  t.after(() => daemon.kill());
  const there = () =>
    new Promise((resolve) => {
      const socket = connect(port + 1, '127.0.0.1', () => resolve(socket.destroy() && true));
      socket.on('error', () => resolve(false));
    });
  while (daemon.exitCode === null && !(await there())) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (daemon.exitCode !== null) return t.skip('git has no daemon here');
  const recorded = await relay(port + 1);
  const asked = spawn('git', ['ls-remote', `git://127.0.0.1:${recorded.port}/r`]);
  await once(asked, 'close');
  assertNone(recorded);
});

test('Redis', async (t) => {
  const port = (await listening(createServer().unref())) + 1;
  const redis = spawn('redis-server', ['--port', String(port), '--save', '']);
  const absent = await Promise.race([
    once(redis, 'error').then(() => true),
    once(redis.stdout, 'data').then(() => false),
  ]);
  if (absent) return t.skip('there is no redis-server');
  t.after(() => redis.kill());
  const recorded = await relay(port);
  const client = connect(recorded.port, '127.0.0.1');
  for (const line of ['PING', 'SET k v', 'GET k']) {
    client.write(`${line}\r\n`);
    await once(client, 'data');
  }
  client.end();
  await once(client, 'close');
  assertNone(recorded);
});

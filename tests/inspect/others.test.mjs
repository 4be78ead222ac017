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
 * @param {number | string} target the server's port or its path
 */
async function relay(target) {
  const recorder = new Recorder();
  const pieces = [recorder.head()];
  const server = createServer((near) => {
    const far = typeof target === 'string' ? connect(target) : connect(target, '127.0.0.1');
    const client = { address: '10.0.0.1', port: near.remotePort ?? 1 };
    const server = { address: '10.0.0.2', port: 50_001 };
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
  // As inetd starts it, a process a connection: git listens on no port, which may be taken.
  const options = ['--inetd', '--export-all', `--base-path=${folder}`, folder];
  const server = createServer((socket) => {
    const daemon = spawn('git', ['daemon', ...options]);
    socket.pipe(daemon.stdin);
    daemon.stdout.pipe(socket);
    for (const end of [socket, daemon.stdin]) end.on('error', () => {});
  });
  const recorded = await relay(await listening(server));
  const asked = spawn('git', ['ls-remote', `git://127.0.0.1:${recorded.port}/r`]);
  await once(asked, 'close');
  server.close();
  assertNone(recorded);
});

test('Redis', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'others-')), 'socket');
  const options = ['--port', '0', '--unixsocket', path, '--save', ''];
  const redis = spawn('redis-server', options);
  const started = await once(redis, 'spawn').then(
    () => true,
    () => false,
  );
  if (!started) return t.skip('there is no redis-server');
  t.after(() => redis.kill());
  await answers(path, redis);
  const recorded = await relay(path);
  const client = connect(recorded.port, '127.0.0.1');
  const closed = once(client, 'close').then(() => Promise.reject('closed without an answer'));
  closed.catch(() => {});
  for (const line of ['PING', 'SET k v', 'GET k']) {
    client.write(`${line}\r\n`);
    await Promise.race([once(client, 'data'), closed]);
  }
  client.end();
  await once(client, 'close');
  assertNone(recorded);
});

/**
 * A program says that it starts before it listens.
 * @param {string} path of its socket
 * @param {import('node:child_process').ChildProcess} program
 */
async function answers(path, program) {
  while (program.exitCode === null && program.signalCode === null) {
    const socket = connect(path);
    const connected = once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (await connected) return socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${program.spawnfile} ended with ${program.exitCode ?? program.signalCode}`);
}

// Traffic of real programs that speak no WebSocket, recorded on its way: none of it is shown as one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer as createHttp, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, createServer as createTls } from 'node:tls';
// @ts-expect-error it has no types
import dnsPacket from 'dns-packet';
import { SMTPServer } from 'smtp-server';
import { Inspection } from 'ws4wasm/inspect';
import { which } from '../../scripts/lib.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { relay } from './relay.mjs';

/** @param {import('./relay.mjs').Relay} recorded */
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

test('DNS over TCP', async (t) => {
  // Longer than what UDP may carry, so that the resolver (c-ares) comes again over TCP.
  const answers = Array.from({ length: 60 }, (_, index) => ({
    type: 'A',
    name: 'example.test',
    ttl: 60,
    data: `192.0.2.${index}`,
  }));
  const answer = (/** @type {Buffer} */ asked, /** @type {boolean} */ whole) => {
    const { id, questions } = dnsPacket.decode(asked);
    const flags = dnsPacket.RECURSION_DESIRED | (whole ? 0 : dnsPacket.TRUNCATED_RESPONSE);
    const packet = { type: 'response', id, flags, questions, answers: whole ? answers : [] };
    return /** @type {Buffer} */ (dnsPacket.encode(packet));
  };
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE()) {
        const length = bytes.readUInt16BE();
        const said = answer(bytes.subarray(2, 2 + length), true);
        bytes = bytes.subarray(2 + length);
        socket.write(Buffer.concat([Buffer.of(said.length >> 8, said.length & 255), said]));
      }
    });
    socket.on('error', () => {});
  });
  const recorded = await relay(await listening(server), 53);
  const datagrams = createSocket('udp4');
  datagrams.on('message', (asked, { port, address }) =>
    datagrams.send(answer(asked, false), port, address),
  );
  datagrams.bind(recorded.port, '127.0.0.1');
  await once(datagrams, 'listening');
  t.after(() => datagrams.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${recorded.port}`]);
  const found = await resolver.resolve4('example.test');
  assert.equal(found.length, answers.length);
  resolver.cancel();
  server.close();
  assertNone(recorded);
});

test('SMTP', async (t) => {
  const program = which('curl');
  if (!program) return t.skip('there is no curl');
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _, done) => void stream.resume().on('end', () => done()),
  });
  const recorded = await relay(await listening(server.server), 25);
  const from = ['--mail-from', 'a@example.test', '--mail-rcpt', 'b@example.test'];
  const url = `smtp://127.0.0.1:${recorded.port}`;
  const child = spawn(program, ['--silent', '--upload-file', '-', ...from, url]);
  child.stdin.end(`Subject: hello\r\n\r\n${'It is only a letter.\r\n'.repeat(500)}`);
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  await new Promise((resolve) => server.close(() => resolve(undefined)));
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

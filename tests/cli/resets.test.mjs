// Clients that break off, with a reset, at each step of each server that the command line has.
// None of it ends the server, nor is it felt by anybody else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { frame } from '../e2e/raw.mjs';
import { listen } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { ask, inspect, request, serve, UPGRADE } from './support.mjs';

/** A masked text frame of some 60 kB: an echo of it is on its way when the client is gone. */
const LARGE = Buffer.concat([
  Buffer.from('81feea60', 'hex'),
  Buffer.alloc(4),
  Buffer.alloc(0xea60, 'x'),
]);
const CLOSE = Buffer.from('888200000000', 'hex');

/**
 * What a client writes, piece by piece; it breaks off after each of them, after all, at once and
 * when something has come back.
 * @param {string} asked
 * @param {Buffer[]} more after the answer
 */
const steps = (asked, more = []) => [
  Buffer.alloc(0),
  Buffer.from(asked.slice(0, 10)),
  Buffer.from(asked.slice(10, -2)),
  Buffer.from(asked.slice(-2)),
  ...more,
];

/** @param {number} port */
async function open(port) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/**
 * @param {number} port
 * @param {Buffer[]} pieces
 */
async function breakOffEverywhere(port, pieces) {
  for (let count = 1; count <= pieces.length; count++) {
    for (const [reads, waits] of [
      [false, false],
      [false, true],
      [true, true],
    ]) {
      const socket = await open(port);
      let heard = false;
      socket.once('data', () => {
        heard = true;
      });
      if (!reads) socket.pause();
      for (const piece of pieces.slice(0, count)) {
        socket.write(piece);
        // In segments of their own, so that the server is in the middle of it.
        if (waits) await pause(2);
      }
      // What has come to be answered gives the server something to be in the middle of.
      for (let i = 0; reads && !heard && count === pieces.length && i < 50; i++) await pause(5);
      socket.resetAndDestroy();
    }
  }
}

/**
 * @param {string} host
 * @param {string} [path]
 * @param {Record<string, string>} [fields]
 */
const opening = (host, path = '/', fields = {}) =>
  request(path, { Host: host, ...UPGRADE, ...fields });

test('serve: pages, talk, the echo server, the live feed', { timeout: 120_000 }, async (t) => {
  const server = await serve(t);
  const { port, host, token, page } = server;
  const witness = await open(port);
  witness.write(opening(host));
  await once(witness, 'data');

  for (const asked of [
    request(`/?token=${token}`, { Host: host }),
    request(`/?token=${token}`, { Host: host, Accept: 'text/html' }),
    request(`/talk?token=${token}`, { Host: host }),
    request('/', { Host: host }),
    request('/', { Host: 'evil.example' }),
    request(`/nothing?token=${token}`, { Host: host }),
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
    'no HTTP at all\r\n\r\n',
  ]) {
    await breakOffEverywhere(port, steps(asked));
  }
  await breakOffEverywhere(port, steps(opening(host), [LARGE, CLOSE]));
  await breakOffEverywhere(port, steps(opening(host, '/', { Origin: 'http://evil.example' })));
  await breakOffEverywhere(port, steps(opening(host, '/live'), [LARGE]));
  await breakOffEverywhere(port, steps(opening(host, `/live?token=${token}`), [LARGE, CLOSE]));

  witness.write(frame(0x81, 'still'));
  const [echoed] = await once(witness, 'data');
  assert.equal(`${echoed.subarray(2)}`, 'still');
  assert.equal((await fetch(page)).status, 200);
  assert.ok(server.alive(), server.said());
  witness.destroy();
  await server.stop();
});

test("inspect: the page's port and the live feed", { timeout: 120_000 }, async (t) => {
  const server = await inspect(t, 'ws://127.0.0.1:9');
  const { pagePort, pageHost, token, page } = server;
  for (const asked of [
    request(`/?token=${token}`, { Host: pageHost }),
    request('/', { Host: pageHost }),
    request('/', { Host: 'evil.example' }),
    request(`/nothing?token=${token}`, { Host: pageHost }),
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
    'no HTTP at all\r\n\r\n',
  ]) {
    await breakOffEverywhere(pagePort, steps(asked));
  }
  for (const path of ['/other', '/', '/live', `/live?token=${token}`]) {
    await breakOffEverywhere(pagePort, steps(opening(pageHost, path), [LARGE, CLOSE]));
  }
  assert.equal((await fetch(page)).status, 200);
  assert.ok(server.alive(), server.said());
  await server.stop();
});

test('inspect: the proxy, its clients and its target', { timeout: 120_000 }, async (t) => {
  const at = await serveWs(t, (ws) => {
    ws.on('error', () => {});
    echo(ws);
  });
  const server = await inspect(t, `ws://${at}`);
  const { port } = server;
  const host = `127.0.0.1:${port}`;
  for (const asked of [
    request('/', { Host: host }),
    request('/', { Host: 'evil.example' }),
    opening(host, '/', { Origin: 'http://evil.example' }),
    'no HTTP at all\r\n\r\n',
  ]) {
    await breakOffEverywhere(port, steps(asked));
  }
  await breakOffEverywhere(port, steps(opening(host), [LARGE, CLOSE]));
  assert.equal((await ask(port, '/', { Host: host, ...UPGRADE })).status, 101);
  await server.stop();
});

test('inspect: a target that breaks off at each step', { timeout: 120_000 }, async (t) => {
  const answer = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');
  const parts = [
    answer.subarray(0, 0),
    answer.subarray(0, 9),
    answer,
    Buffer.concat([answer, Buffer.from('\x81\x7e', 'latin1')]),
  ];
  let step = 0;
  const target = createServer((socket) => {
    socket.on('error', () => {});
    const part = parts[step++ % parts.length];
    if (step % 8 < 4) {
      socket.resetAndDestroy();
      return;
    }
    socket.once('data', () => {
      socket.write(part);
      setTimeout(() => socket.resetAndDestroy(), 5);
    });
  });
  const server = await inspect(t, `ws://127.0.0.1:${await listen(target, t)}`);
  const { port } = server;
  for (let i = 0; i < 16; i++) {
    const client = await open(port);
    const closed = new Promise((resolve) => client.on('close', resolve));
    client.write(opening(`127.0.0.1:${port}`));
    client.write(LARGE);
    client.resume();
    await closed;
  }
  assert.ok(server.alive(), server.said());
  // A plain request has it no better.
  assert.equal((await ask(port, '/', { Host: `127.0.0.1:${port}` })).status, 502);
  await server.stop();
});

// How a server is brought to its end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectNet } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'ws4wasm';
import { ConnectionGroup, connect, createServer, upgrade } from 'ws4wasm/node';
import { errorsOf, listen, noLeaks, until } from '../support/connections.mjs';
import { ask, handshake } from '../support/http.mjs';

noLeaks();

/** @param {number} port @param {number} count */
const clientsOf = (port, count) =>
  Promise.all(Array.from({ length: count }, () => connect(`ws://127.0.0.1:${port}`)));

test('all are closed with the code, and the server with them', async (t) => {
  for (const [options, code, reason] of /** @type {[any, number, string][]} */ ([
    [undefined, 1001, ''],
    [{ code: 1012, reason: 'back soon' }, 1012, 'back soon'],
  ])) {
    const server = createServer();
    const clients = await clientsOf(await listen(server, t), 20);
    const closed = once(server, 'close');
    const drained = server.drain(options);
    assert.equal(server.stats().draining, true);
    assert.equal(server.drain(), drained);
    await Promise.all(clients.map((ws) => ws.run()));
    await drained;
    await closed;
    for (const { closeCode, closeReason } of clients) {
      assert.deepEqual([closeCode, closeReason], [code, reason]);
    }
    assert.equal(server.stats().open, 0);
  }
});

test('meanwhile what comes is refused, and so is what is under way', async (t) => {
  let asked = 0;
  const server = createServer({
    health: '/healthz',
    verify: ({ url }) => {
      if (url !== '/slow') return true;
      asked++;
      return new Promise(() => {});
    },
    // The peer's answer to the close is awaited.
    closeTimeout: 60_000,
  });
  const port = await listen(server, t);
  const [stays] = await clientsOf(port, 1);
  const silent = connectNet(port, '127.0.0.1').setEncoding('latin1');
  let said = '';
  silent.on('data', (text) => {
    said += text;
  });
  const slow = ask(port, handshake().replace('/chat', '/slow'));
  await until(() => asked === 1 && server.stats().arriving === 2);
  stays.sock.pause();
  const drained = server.drain({ timeout: 60_000 });
  assert.match(await slow, / 503 .*Retry-After: \d+\r\n/s);
  await until(() => said.includes('\r\n\r\n'));
  assert.match(said, / 503 /);
  assert.match(await ask(port, handshake()), / 503 /);
  assert.match(await ask(port, 'GET /healthz HTTP/1.0\r\n\r\n'), / 503 /);
  assert.equal(server.stats().refused.draining, 4);
  stays.sock.resume();
  await stays.run();
  await drained;
  assert.equal(stays.closeCode, 1001);
});

test('peers that do not answer, and handlers that do not end, are not waited for', async (t) => {
  class Stuck extends WebSocket {
    receivedMessage() {
      return new Promise(() => {});
    }
  }
  const server = createServer({ WebSocket: Stuck, closeTimeout: 60_000 });
  const port = await listen(server, t);
  const silent = connectNet(port, '127.0.0.1');
  silent.write(handshake());
  const idle = connectNet({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [ws] = await clientsOf(port, 1);
  ws.send('work');
  await until(() => server.stats().open === 2 && server.stats().messagesReceived === 1);
  const gone = [silent, idle].map((socket) =>
    once(socket.on('error', () => {}).resume(), 'close'),
  );
  ws.sock.pause();
  await server.drain({ timeout: 50 });
  ws.sock.resume();
  await ws.run();
  idle.end();
  await Promise.all(gone);
});

test('a class that does not close does not hold it up', async (t) => {
  class Stubborn extends WebSocket {
    close() {}
    closeConnection() {}
  }
  const server = createServer({ WebSocket: Stubborn });
  const [ws] = await clientsOf(await listen(server, t), 1);
  await until(() => server.stats().open === 1);
  await server.drain({ timeout: 50 });
  await ws.run();
  assert.equal(ws.closeCode, 1006);
  assert.equal(server.stats().open, 0);
});

test('spread over a time', async (t) => {
  const server = createServer();
  const clients = await clientsOf(await listen(server, t), 30);
  /** @type {number[]} */
  const ends = [];
  const begun = performance.now();
  for (const ws of clients) void ws.run().then(() => ends.push(performance.now() - begun));
  await server.drain({ spread: 300, timeout: 60_000 });
  await until(() => ends.length === 30);
  assert.ok(Math.max(...ends) >= 250, String(ends));
  // Not in a few lumps: what ends within a tenth of the time is not the most of them.
  const early = ends.filter((end) => end < 30).length;
  assert.ok(early < 15, String(ends));
});

test('a class whose close() throws', async (t) => {
  const errors = errorsOf(t);
  class Broken extends WebSocket {
    close() {
      throw new Error('mine');
    }
  }
  const server = createServer({ WebSocket: Broken });
  const [ws] = await clientsOf(await listen(server, t), 1);
  await server.drain();
  await ws.run();
  assert.equal(ws.closeCode, 1006);
  assert.equal(errors().length, 1);
});

test('a group of http', async (t) => {
  const group = new ConnectionGroup();
  const http = createHttpServer((_request, response) => void response.end('page'));
  http.on('upgrade', (request, socket, head) => {
    void upgrade(request, socket, head, { group });
  });
  const port = await listen(http, t);
  const clients = await clientsOf(port, 5);
  assert.equal(group.draining, false);
  await group.drain({ code: 4001 });
  assert.equal(group.draining, true);
  await Promise.all(clients.map((ws) => ws.run()));
  assert.ok(clients.every(({ closeCode }) => closeCode === 4001));
  assert.match(await ask(port, handshake()), / 503 /);
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'page');
  http.closeAllConnections();
});

test('one that never listened, or that nobody is connected to', async (t) => {
  await createServer().drain();
  const server = createServer();
  await listen(server, t);
  await server.drain();
  assert.equal(server.listening, false);
});

test('what is no option', () => {
  const server = createServer();
  for (const wrong of [
    { code: 1005 },
    { code: 'a' },
    { code: 1004 },
    { reason: 'x'.repeat(124) },
    { timeout: -1 },
    { timeout: 10, spread: 11 },
    { spread: 9000 },
    { grace: 1 },
  ]) {
    const options = /** @type {any} */ (wrong);
    assert.throws(() => server.drain(options), JSON.stringify(wrong));
    assert.throws(() => new ConnectionGroup().drain(options), JSON.stringify(wrong));
  }
  assert.equal(server.stats().draining, false);
});

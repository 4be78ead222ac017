// What console.log shows: a line, what matters, and nothing that must not stand in a log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { EchoWebSocket, Stream, WebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { listen, noLeaks, until } from '../support/connections.mjs';

noLeaks();

const SECRETS = [
  'Zm9vOmJhcg',
  'session-of-somebody',
  'in-the-query',
  'k'.repeat(80),
  'the-api-key',
];

const headers = {
  Authorization: `Basic ${SECRETS[0]}`,
  Cookie: `id=${SECRETS[1]}`,
  'X-Api-Key': SECRETS[4],
  'X-Request-Id': 'request-7',
};

/** @param {unknown} value */
function shown(value) {
  const text = inspect(value, { depth: 10 });
  for (const secret of SECRETS) assert.ok(!text.includes(secret), text);
  return text;
}

test('a connection is one line of state, address, protocol and counts', async (t) => {
  /** @type {any[]} */
  const served = [];
  const server = createServer({
    WebSocket: EchoWebSocket,
    protocols: ['chat'],
    onWebSocket: (ws) => void served.push(ws),
  });
  const port = await listen(server, t);
  const url = `ws://127.0.0.1:${port}/?token=${SECRETS[2]}`;
  const ws = await connect(url, { headers, protocols: ['chat', SECRETS[3]] });
  const [near] = served;
  await ws.send('hello');
  await until(() => near.bufferedAmount === 0 && /sent 1 message /.test(inspect(near)));
  assert.equal(
    shown(near),
    `EchoWebSocket { open, ${near.environ.remoteAddress} ${near.environ.remotePort}, protocol 'chat', received 1 message (11 bytes), sent 1 message (7 bytes) }`,
  );
  await until(() => / received 1 message /.test(inspect(ws)));
  assert.equal(
    shown(ws),
    `WebSocket { open, 127.0.0.1 ${port}, protocol 'chat', received 1 message (7 bytes), sent 1 message (11 bytes) }`,
  );
  assert.equal(shown({ ws }).split('\n').length, 3);
  const request = shown(near.environ);
  assert.match(request, /url: '\/\?token=…'/);
  assert.match(request, /'x-request-id': 'request-7'/);
  assert.match(request, /cookie: '…'/);
  shown(server.connections);
  shown(near.environ.headers);
  ws.close(4000, 'over\u001b[31m');
  assert.match(shown(ws), /^WebSocket { (finishing|closeSent), /);
  await ws.run();
  assert.match(shown(ws), /^WebSocket { closed 4000 'over\\x1B\[31m', .*protocol 'chat', /);
});

test('a refusal, as it is told and as its error', async (t) => {
  const server = createServer({
    verify: () => ({ status: 401, headers: { 'Set-Cookie': `id=${SECRETS[1]}` } }),
  });
  const port = await listen(server, t);
  /** @type {any[]} */
  const refused = [];
  server.on('refused', (details) => refused.push(details));
  const error = await connect(`ws://127.0.0.1:${port}/`, { headers }).catch((reason) => reason);
  assert.match(shown(error), /'set-cookie': '…'/);
  assert.match(shown(refused), /reason: 'verify'/);
});

test('a stream shows its state', () => {
  const stream = new Stream();
  stream.receive(Buffer.from([0x81]));
  assert.equal(
    inspect(stream, { breakLength: Infinity }),
    'Stream { alwaysMask: false, expectMasking: true, deflate: false, received: 1, wants: 1 }',
  );
  stream.free();
  assert.equal(inspect(stream), 'Stream { freed: true }');
});

test('events show their data', async (t) => {
  const server = createServer({ WebSocket: EchoWebSocket });
  const ws = await connect(`ws://127.0.0.1:${await listen(server, t)}`);
  /** @type {string[]} */
  const seen = [];
  for (const type of ['message', 'close', 'error']) {
    ws.addEventListener(/** @type {any} */ (type), (/** @type {any} */ event) => {
      seen.push(inspect(event));
    });
  }
  await ws.send('hello');
  await until(() => seen.length === 1);
  ws.send(/** @type {any} */ (5)).catch(() => {});
  ws.close();
  await ws.run();
  assert.equal(seen[0], "ConnectionEvent { type: 'message', data: 'hello' }");
  assert.match(seen[1], /^ConnectionEvent {\s+type: 'error',\s+error: TypeError: payload/);
  assert.equal(
    seen[2],
    "ConnectionEvent { type: 'close', code: 1000, reason: '', wasClean: true }",
  );
});

test('a connection over something that has no address', () => {
  const { readable, writable } = new TransformStream();
  const ws = new WebSocket({ readable, writable });
  assert.equal(
    inspect(ws),
    'WebSocket { open, received 0 messages (0 bytes), sent 0 messages (0 bytes) }',
  );
  ws.closeConnection();
});

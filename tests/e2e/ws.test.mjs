// The echo server and the `ws` client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { build, payloads } from './payloads.mjs';
import { startServer } from './server.mjs';

/** @type {import('./server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

async function open() {
  const client = new WebSocket(server.wsUrl);
  await once(client, 'open');
  return client;
}

/** @param {WebSocket} client */
async function receive(client) {
  const [data, isBinary] = await once(client, 'message');
  return isBinary ? data : `${data}`;
}

/** @param {string | Uint8Array} data */
const comparable = (data) => (typeof data === 'string' ? data : Buffer.from(data));

test('messages of all kinds and lengths come back', async (t) => {
  const client = await open();
  for (const payload of payloads) {
    await t.test(payload.name, async () => {
      const message = build(payload);
      client.send(message);
      assert.deepEqual(await receive(client), comparable(message));
    });
  }
  client.close();
});

test('messages that arrive together come back in order', async () => {
  const client = await open();
  const messages = payloads.map(build);
  /** @type {(string | Buffer)[]} */
  const echoes = [];
  client.on('message', (/** @type {Buffer} */ data, isBinary) => {
    echoes.push(isBinary ? data : `${data}`);
  });
  for (const message of messages) client.send(message);
  while (echoes.length < messages.length) await once(client, 'message');
  assert.deepEqual(echoes, messages.map(comparable));
  client.close();
});

test('fragments come back as one message', async () => {
  const client = await open();
  const arrived = Promise.all([once(client, 'pong'), receive(client)]);
  for (const part of ['one ', 'two ', '', 'thr']) client.send(part, { fin: false });
  client.ping('between');
  client.send('ee', { fin: true });
  const [[pong], text] = await arrived;
  assert.equal(`${pong}`, 'between');
  assert.equal(text, 'one two three');
  client.close();
});

test('pings are answered with their payload', async () => {
  const client = await open();
  for (const payload of ['', 'ping', 'x'.repeat(125)]) {
    client.ping(payload);
    const [data] = await once(client, 'pong');
    assert.equal(`${data}`, payload);
  }
  client.pong('of no ping');
  client.send('and on it goes');
  assert.equal(await receive(client), 'and on it goes');
  client.close();
});

/** @type {[number | undefined, string, number][]} */
const closes = [
  [1000, '', 1000],
  [1000, 'done', 1000],
  [3000, 'ж'.repeat(61), 3000],
  [4999, 'ciao 👋', 4999],
  [undefined, '', 1005],
];

for (const [code, reason, expected] of closes) {
  test(`close ${code ?? 'without a code'} ${reason}`, async () => {
    const client = await open();
    client.close(code, reason);
    const [got, gotReason] = await once(client, 'close');
    assert.equal(got, expected);
    assert.equal(`${gotReason}`, reason);
  });
}

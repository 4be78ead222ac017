// What a server tells pages of its connections: js/cli/page/live.js. Who may listen is shown by
// tests/cli/guard.test.mjs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { upgrade } from 'ws4wasm/node';
import { LIVE_PATH, Live } from '../../js/cli/page/live.js';
import { listen } from '../support/connections.mjs';
import { PATIENCE } from '../support/tools.mjs';

const KINDS = [
  'open',
  'c2s',
  's2c',
  'c2s end',
  's2c end',
  'close',
  'c2s gap',
  's2c gap',
  'now',
];

/** @param {Buffer} bytes */
function parse(bytes) {
  const kind = KINDS[bytes[0]];
  const connection = bytes.readUInt32BE(1);
  const body = bytes.subarray(13);
  const time = bytes.readDoubleBE(5);
  return { kind, connection, time, body };
}

/** Short enough to compare. @param {Buffer} bytes */
function line(bytes) {
  const { kind, connection, body } = parse(bytes);
  const text = kind.endsWith('gap') ? String(body.readDoubleBE()) : `${body}`;
  return `${connection} ${kind} ${text}`.trim();
}

/**
 * @param {import('node:test').TestContext} t
 * @param {ConstructorParameters<typeof Live>[0]} [options]
 */
async function start(t, options) {
  const live = new Live(options);
  const server = createHttp();
  server.on('upgrade', (request, socket, head) => {
    const onWebSocket = (/** @type {import('ws4wasm').WebSocket} */ ws) => live.watch(ws);
    void upgrade(request, socket, head, { ...live.connection, onWebSocket });
  });
  const port = await listen(server, t);
  const origin = `http://127.0.0.1:${port}`;
  const url = `ws://127.0.0.1:${port}${LIVE_PATH}`;
  t.after(() => server.closeAllConnections());
  return {
    live,
    url,
    origin,
    /** @param {object} [more] */
    watch: async (more) => {
      const ws = new WebSocket(url, { origin, perMessageDeflate: false, ...more });
      t.after(() => ws.terminate());
      /** @type {Buffer[]} */
      const records = [];
      ws.on('message', (data) => records.push(/** @type {Buffer} */ (data)));
      await once(ws, 'open');
      return { ws, records };
    },
  };
}

/** @param {() => boolean} condition */
async function until(condition) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    if (condition()) return;
    await pause(10);
  }
  assert.fail(`waited in vain for ${condition}`);
}

const ends = { client: '127.0.0.1:50000', server: '[::1]:80' };

test('a page that comes later hears what went before, in order, then what is new', async (t) => {
  const { live, watch } = await start(t);
  const tap = live.open(ends);
  tap.data('c2s', Buffer.from('GET /'));
  tap.data('s2c', Buffer.from('101'));
  const { records } = await watch();
  await until(() => records.length === 4);
  const other = live.open(ends);
  tap.end('c2s');
  other.data('c2s', Buffer.from('x'));
  tap.close('reset');
  tap.data('c2s', Buffer.from('too late'));
  await until(() => records.length === 8);
  assert.deepEqual(records.map(line), [
    `1 open ${JSON.stringify(ends)}`,
    '1 c2s GET /',
    '1 s2c 101',
    '0 now',
    `2 open ${JSON.stringify(ends)}`,
    '1 c2s end',
    '2 c2s x',
    '1 close reset',
  ]);
  const times = records.map((record) => parse(record).time);
  assert.ok(times.every((time) => Math.abs(time - Date.now()) < 60_000));
});

test('what is handed over may change afterwards', async (t) => {
  const { live, watch } = await start(t);
  const bytes = Buffer.from('before');
  live.open(ends).data('c2s', bytes);
  bytes.fill('x');
  const { records } = await watch();
  await until(() => records.length === 3);
  assert.equal(line(records[1]), '1 c2s before');
});

test('what is remembered is bounded, and what is forgotten is said', async (t) => {
  const { live, watch } = await start(t, { maxHistory: 4000 });
  const tap = live.open(ends);
  for (let i = 0; i < 100; i++) tap.data('c2s', Buffer.alloc(500, i));
  const { records } = await watch();
  await until(() => parse(records.at(-1) ?? Buffer.alloc(13)).kind === 'now');
  const lines = records.map(line);
  const kept = records.filter((record) => parse(record).kind === 'c2s').length;
  assert.ok(kept > 0 && kept * 500 <= 4000, `${kept} kept`);
  assert.equal(lines[1], `1 c2s gap ${(100 - kept) * 500}`);
});

test('connections that are over are forgotten altogether', async (t) => {
  const { live, watch } = await start(t, { maxHistory: 2000 });
  for (let i = 0; i < 1000; i++) {
    const tap = live.open(ends);
    tap.data('c2s', Buffer.alloc(100));
    tap.close();
  }
  const { records } = await watch();
  await until(() => parse(records.at(-1) ?? Buffer.alloc(13)).kind === 'now');
  assert.ok(records.length < 60, `${records.length} records`);
});

test('a page that does not read misses bytes, hears how many, and holds nobody up', async (t) => {
  const { live, watch } = await start(t, { maxHistory: 0, maxBehind: 1_000_000 });
  const { ws, records } = await watch();
  await until(() => live.pages === 1);
  const tap = live.open(ends);
  ws.pause();
  const chunk = Buffer.alloc(100_000, 7);
  const CHUNKS = 300;
  for (let i = 0; i < CHUNKS; i++) {
    tap.data('s2c', chunk);
    if (i % 10 === 0) await pause(1);
  }
  ws.resume();
  const bytes = () =>
    records.reduce((sum, record) => {
      const { kind, body } = parse(record);
      if (kind === 's2c gap') return sum + body.readDoubleBE();
      return kind === 's2c' ? sum + body.length : sum;
    }, 0);
  // The gap is told with what comes after it.
  await until(() => {
    tap.data('s2c', Buffer.of(1));
    return records.some((record) => parse(record).kind === 's2c gap');
  });
  await pause(50);
  const received = records.filter((record) => parse(record).kind === 's2c');
  assert.ok(received.length < CHUNKS + 500);
  assert.ok(bytes() >= CHUNKS * chunk.length);
  const all = records.map((record) => parse(record).kind);
  assert.ok(all.indexOf('s2c gap') > 0);
});

test('a page that is hopelessly behind is let go', async (t) => {
  const { live, watch } = await start(t, { maxHistory: 0, maxBehind: 1 });
  const { ws } = await watch();
  await until(() => live.pages === 1);
  ws.pause();
  // Openings are never left out. Few and long: a page on a busy machine has to read them all
  // before the close frame, within the time that the server gives it.
  const long = { ...ends, client: 'x'.repeat(4000) };
  for (let i = 0; i < 4000; i++) live.open(long).close();
  ws.resume();
  const [code] = await once(ws, 'close');
  assert.equal(code, 1013);
  await until(() => live.pages === 0);
});

test('stop says goodbye', async (t) => {
  const { live, watch } = await start(t);
  const { ws } = await watch();
  live.stop();
  const [code] = await once(ws, 'close');
  assert.equal(code, 1001);
});

test('limits are checked', () => {
  assert.throws(() => new Live({ maxHistory: -1 }), RangeError);
  assert.throws(() => new Live({ maxBehind: 0 }), RangeError);
});

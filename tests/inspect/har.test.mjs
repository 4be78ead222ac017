// HAR: as Playwright writes it here and now, and in the shapes of Chrome and Firefox. There are
// messages and no headers, so nothing is said of headers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { launchChromium } from '../../scripts/tools/browsers.mjs';
import { chromium } from '../support/tools.mjs';
import { allRows, inspect } from './support.mjs';

/** @param {import('ws4wasm/inspect').Inspection} inspection */
function assertMessagesOnly(inspection) {
  for (const row of allRows(inspection)) {
    assert.equal(row.made, true);
    const mask = inspection.frame(row.frame)?.fields.find(({ name }) => name === 'MASK');
    assert.match(mask?.meaning ?? '', /^not known/);
  }
  assert.deepEqual(inspection.violations(), []);
  const [{ verdict, evidence, closeCode }] = inspection.connections();
  assert.deepEqual([verdict, evidence, closeCode], ['ok', 'source', undefined]);
}

const short = (/** @type {import('ws4wasm/inspect').Row} */ row) =>
  `${row.direction} ${row.opcode} ${row.preview}`;

test('Playwright: times are milliseconds', async (t) => {
  const program = chromium(t);
  if (!program) return;
  const folder = mkdtempSync(join(tmpdir(), 'har-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.after(() => server.close());
  server.on('connection', (ws) =>
    ws.on('message', (data, binary) => ws.send(data, { binary })),
  );
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  const path = join(folder, 'recorded.har');
  const browser = await launchChromium(program);
  const before = Date.now();
  try {
    const context = await browser.newContext({ recordHar: { path } });
    const page = await context.newPage();
    await page.evaluate(
      `new Promise((resolve) => {
        const ws = new WebSocket('ws://127.0.0.1:${port}/har');
        ws.onopen = () => { ws.send('grüße'); ws.send(Uint8Array.of(1, 2, 3)); };
        let heard = 0;
        ws.onmessage = () => { if (++heard === 2) ws.close(); };
        ws.onclose = resolve;
      })`,
    );
    await context.close();
  } finally {
    await browser.close();
  }
  const after = Date.now();

  const inspection = inspect(path);
  const { totals } = inspection;
  assert.equal(totals.format, 'har');
  assert.deepEqual(allRows(inspection).map(short).sort(), [
    'c2s binary 01 02 03',
    'c2s text grüße',
    's2c binary 01 02 03',
    's2c text grüße',
  ]);
  for (const { time } of allRows(inspection)) {
    const at = totals.start + time;
    assert.ok(at >= before - 1000 && at <= after + 1000, `${before} ${at} ${after}`);
  }
  assert.equal(inspection.connections()[0].url, `ws://127.0.0.1:${port}/har`);
  assertMessagesOnly(inspection);
  // Playwright is right about itself: the same times are in its file.
  const { entries } = JSON.parse(readFileSync(path, 'utf8')).log;
  const { _webSocketMessages: messages } = entries.find(
    (/** @type {any} */ entry) => entry._webSocketMessages,
  );
  assert.ok(messages[0].time > 1e12, 'milliseconds, and no seconds');
  inspection.free();
});

/** @param {string} name @param {object} [more] */
const har = (name, more = {}) =>
  JSON.stringify({
    log: {
      version: '1.2',
      creator: { name, version: '1' },
      pages: [],
      entries: [
        {
          startedDateTime: '2026-11-30T02:00:00.000Z',
          _resourceType: 'websocket',
          request: { method: 'GET', url: 'wss://example.test/feed', headers: [] },
          response: { status: 101, headers: [] },
          ...more,
        },
      ],
    },
  });

test('Chrome: times are seconds', () => {
  const sent = { type: 'send', time: 1_796_004_000.25, opcode: 1, data: 'hi' };
  const heard = { type: 'receive', time: 1_796_004_001.5, opcode: 2, data: 'AQID' };
  const file = har('WebInspector', { _webSocketMessages: [sent, heard] });
  const inspection = inspect(Buffer.from(file));
  assert.deepEqual(allRows(inspection).map(short), ['c2s text hi', 's2c binary 01 02 03']);
  const [first, second] = allRows(inspection);
  assert.equal(Math.round(inspection.totals.start + first.time), 1_796_004_000_250);
  assert.equal(Math.round(second.time - first.time), 1250);
  assertMessagesOnly(inspection);
  inspection.free();
});

test('Firefox: there are no messages, and that is said', () => {
  const inspection = inspect(Buffer.from(har('Firefox', { _resourceType: undefined })));
  assert.equal(inspection.totals.frames, 0);
  assert.match(inspection.totals.notes.join(), /message/i);
  inspection.free();
});

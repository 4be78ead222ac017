// A connection as a conversation: two sides, requests with their replies, and a summary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../e2e/server.mjs';
import { openPage } from './pages.mjs';
import { recorded } from './recorded.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

const rpc = (/** @type {object} */ value) => JSON.stringify({ jsonrpc: '2.0', ...value });
/** MQTT 3.1.1: PUBLISH with quality 1 and packet id 9 on topic t, and its PUBACK. */
const PUBLISH = Uint8Array.of(0x32, 6, 0, 1, 0x74, 0, 9, 0x78);
const PUBACK = Uint8Array.of(0x40, 2, 0, 9);

const talk = () =>
  recorded([
    {
      path: '/rpc',
      said: [
        [10, 'c2s', rpc({ id: 1, method: 'sum', params: [1, 2] })],
        [20, 'c2s', rpc({ id: 2, method: 'slow' })],
        // The other side's own id is another one.
        [25, 's2c', rpc({ id: 2, method: 'ask' })],
        [40, 's2c', rpc({ id: 1, result: 3 })],
        [60, 'c2s', rpc({ id: 2, result: 'yes' })],
        [100, 's2c', '42["hello",{"id":1}]'],
        [110, 'c2s', '427["get"]'],
        [125, 's2c', '437["got"]'],
        [700, 'c2s', 'SEND\nreceipt:r1\ndestination:/a\n\nhi\0'],
        [708, 's2c', 'RECEIPT\nreceipt-id:r1\n\n\0'],
        [
          720,
          'c2s',
          JSON.stringify({ id: 'q', type: 'subscribe', payload: { query: '{ a }' } }),
        ],
        [750, 's2c', JSON.stringify({ id: 'q', type: 'next', payload: { data: { a: 1 } } })],
        [751, 's2c', JSON.stringify({ id: 'q', type: 'complete' })],
        [900, 's2c', 1001],
        [905, 'c2s', 1001],
      ],
    },
    {
      subprotocol: 'mqtt',
      at: 2000,
      said: [
        [800, 'c2s', PUBLISH],
        [804, 's2c', PUBACK],
      ],
    },
  ]);

test('requests stand with their replies and the time between, and a summary says how it went', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  await page.drop('talk.pcapng', talk());
  await page.until(`document.querySelector('.source')?.innerText.includes('talk.pcapng')`);
  await page.read();
  await page.press('6');
  await page.has('.said', 15);
  const said = await page.evaluate(
    `[...document.querySelectorAll('.said')].map((one) => [one.classList[1], one.querySelector('.pair')?.innerText ?? ''].join(' '))`,
  );
  assert.deepEqual(said, [
    'c2s ↪ 30.0 ms, frame 3',
    'c2s unanswered',
    's2c ↪ 35.0 ms, frame 4',
    's2c ↩ 30.0 ms, frame 0',
    'c2s ↩ 35.0 ms, frame 2',
    's2c ',
    'c2s ↪ 15.0 ms, frame 7',
    's2c ↩ 15.0 ms, frame 6',
    'c2s ↪ 8.00 ms, frame 9',
    's2c ↩ 8.00 ms, frame 8',
    'c2s ↪ 30.0 ms, frame 11',
    's2c ↩ 30.0 ms, frame 10',
    's2c ',
    's2c ',
    'c2s ',
  ]);
  const facts = await page.text('.conversation .facts');
  assert.match(facts, /1001, by the server/);
  assert.match(facts, /5: median 30\.0 ms, longest 35\.0 ms; 1 request unanswered/);
  assert.match(facts, /575\.0 ms, before frame 8/);
  assert.deepEqual(await page.axe(), []);

  // By keyboard to the reply of a request.
  await page.evaluate(`document.querySelector('.said .pair').focus()`);
  await page.press('Enter');
  await page.is(`document.querySelector('.grid-row[aria-selected=true]')?.dataset.index`, '3');
  await page.is(
    `[...document.querySelectorAll('.said')].findIndex((one) => one.querySelector('[aria-current=true]'))`,
    3,
  );

  // Another connection, another protocol.
  await page.click('.connection:last-child');
  await page.has('.said', 2);
  await page.says('.said .pair', '↪ 4.00 ms, frame 16');
});

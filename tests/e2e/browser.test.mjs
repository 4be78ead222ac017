// The echo server and Chromium: its own WebSocket, and the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './chromium.mjs';
import { build, payloads } from './payloads.mjs';
import { startServer } from './server.mjs';

/** @type {import('./server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/**
 * Runs in the page.
 * @param {{ url: string, payloads: import('./payloads.mjs').Payload[] }} task
 * @param {typeof build} build
 */
async function converse({ url, payloads }, build) {
  /**
   * @param {EventTarget} target
   * @param {string} type
   * @returns {Promise<any>}
   */
  const next = (target, type) =>
    new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
  /** @param {string | ArrayBuffer | Uint8Array} data */
  const comparable = (data) => (typeof data === 'string' ? data : `${new Uint8Array(data)}`);
  async function open() {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    await next(socket, 'open');
    return socket;
  }

  const wrong = [];
  const socket = await open();
  for (const payload of payloads) {
    const message = build(payload);
    socket.send(message);
    const { data } = await next(socket, 'message');
    if (comparable(data) !== comparable(message)) wrong.push(payload.name);
  }
  // All at once, so that many frames are in one read.
  const messages = payloads.map(build);
  for (const message of messages) socket.send(message);
  for (const [i, message] of messages.entries()) {
    const { data } = await next(socket, 'message');
    if (comparable(data) !== comparable(message)) wrong.push(`${payloads[i].name}, pipelined`);
  }
  socket.close();

  /** @type {[number?, string?][]} */
  const closes = [[], [1000], [4321, 'até logo 👋']];
  const closed = [];
  for (const close of closes) {
    const socket = await open();
    socket.close(...close);
    const { code, reason, wasClean } = await next(socket, 'close');
    closed.push([code, reason, wasClean]);
  }
  return { wrong, closed };
}

test("Chromium's own WebSocket: messages and closes", async (t) => {
  const page = await launch(t);
  if (!page) return;
  await page.goto(server.at('/talk'));
  const task = JSON.stringify({ url: server.wsUrl, payloads });
  const result = await page.evaluate(`(${converse})(${task}, ${build})`);
  assert.deepEqual(result, {
    wrong: [],
    closed: [
      [1005, '', true],
      [1000, '', true],
      [4321, 'até logo 👋', true],
    ],
  });
});

test('the page: a person connects, types, sees the echo, closes', async (t) => {
  const page = await launch(t);
  if (!page) return;
  await page.goto(server.at('/talk'));
  const lines = () => page.locator('#messages li').allInnerTexts();
  const status = page.getByRole('status');
  assert.ok(await page.getByLabel('Message', { exact: true }).isDisabled());

  await page.getByRole('button', { name: 'Connect' }).click();
  await status.getByText('Connected to').waitFor();
  const markup = '<img src="x" onerror="alert(1)"> & 世界 😀';
  await page.getByLabel('Message', { exact: true }).fill(markup);
  await page.keyboard.press('Enter');
  await page.locator('#messages li.in').waitFor();
  const [sent, received] = await lines();
  assert.match(sent, /→\s+text\s+46 B\s+/);
  assert.match(received, /←\s+text\s+46 B\s+.* ms/s);
  assert.ok(sent.includes(markup) && received.includes(markup));

  await page.getByLabel('Binary, in hex').first().check();
  await page.getByLabel('Message', { exact: true }).fill('dead');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#messages li.in').nth(1).waitFor();
  assert.match((await lines())[3], /←\s+binary\s+2 B\s+de ad/);
  await page.getByRole('button', { name: 'Ping' }).click();
  await page.locator('#messages li.in').nth(2).waitFor();

  await page.getByLabel('Message', { exact: true }).fill('no hex');
  await page.getByRole('button', { name: 'Send' }).click();
  assert.match(await page.getByRole('alert').innerText(), /^Hex /);

  await page.getByText('Close with a code').click();
  await page.getByLabel('Code').fill('4000');
  await page.getByLabel('Reason').fill('bye');
  await page.getByRole('button', { name: 'Close' }).click();
  await status.getByText('Closed with 4000 bye').waitFor();

  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await status.getByText('Closed with 1000').waitFor();
});

test('the page: the engine shows frames and what they carry', async (t) => {
  const page = await launch(t);
  if (!page) return;
  await page.goto(server.at('/talk'));
  const events = page.locator('#events li');
  const wire = page.locator('#wire');
  const input = page.locator('#input');

  await input.fill('é😀');
  assert.match(await wire.innerText(), /^81 86( [\da-f]{2}){10}\s*$/);
  assert.match(await events.nth(0).innerText(), /frame text\s+FIN MASK\s+6 B\s+key/);
  assert.match(await events.nth(1).innerText(), /text message\s+6 B\s+é😀/);

  await page.getByLabel('Sent in two fragments').check();
  await page.getByLabel('Received one byte at a time').check();
  assert.match(await wire.innerText(), /^01 83( [\da-f]{2}){7} 80 83( [\da-f]{2}){7}\s*$/);
  assert.match(await events.nth(1).innerText(), /frame continuation\s+FIN MASK\s+3 B/);
  assert.match(await events.nth(2).innerText(), /text message\s+6 B\s+é😀/);

  const part = page.locator('#inspect');
  await part.getByLabel('Binary, in hex').check();
  assert.equal(await input.inputValue(), 'c3 a9 f0 9f 98 80');
  assert.match(await events.nth(2).innerText(), /binary message\s+6 B\s+c3 a9 f0 9f 98 80/);
  await part.getByLabel('Ping').check();
  assert.equal(await input.inputValue(), 'é😀');
  assert.match(await events.nth(1).innerText(), /ping message\s+6 B\s+c3 a9/);
  await input.fill('x'.repeat(126));
  assert.match(await wire.innerText(), /126 bytes.*at most 125/);
  await part.getByLabel('Close').check();
  await input.fill('done');
  assert.match(await events.nth(1).innerText(), /close message\s+6 B\s+1000 done/);
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`the page fits a narrow window, ${colorScheme}`, async (t) => {
    const page = await launch(t, { viewport: { width: 320, height: 640 }, colorScheme });
    if (!page) return;
    await page.goto(server.at('/talk'));
    await page.locator('#input').fill('long '.repeat(200) + 'x'.repeat(500));
    await page.getByText('Close with a code').click();
    const widths = '[document.documentElement.scrollWidth, innerWidth]';
    const [content, window] = /** @type {number[]} */ (await page.evaluate(widths));
    assert.ok(content <= window, `${content} > ${window}`);
  });
}

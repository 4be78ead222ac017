// Live traffic in the page: what two browsers say to the server at once, as it happens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../e2e/server.mjs';
import { NAMES, openPage } from './pages.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/** @param {NonNullable<import('./pages.mjs').Page>} page @param {string} who */
const talk = (page, who) =>
  page.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket('${server.wsUrl}${who}');
    window.socket = socket;
    let left = 5;
    socket.onopen = () => socket.send('${who} 0');
    socket.onmessage = () => left-- > 0 ? socket.send('${who} ' + (5 - left)) : resolve(left);
    socket.onerror = () => reject(new Error('it failed'));
  })`);

const skip = NAMES.length < 2 && `only ${NAMES} this time`;

test('two browsers talk at once, and both inspectors show it', { skip }, async (t) => {
  const watching = [];
  const talking = [];
  for (const name of NAMES) {
    const page = await openPage(t, name, server.url);
    if (!page) return;
    watching.push(page);
    const other = await openPage(t, name, server.at('/talk'));
    if (!other) return;
    talking.push(other);
  }
  for (const page of watching) {
    await page.until(`document.querySelector('.live.on')`);
    await page.says('.grid-empty', /Waiting for a connection/);
  }
  await Promise.all(talking.map((page) => talk(page, page.name)));
  for (const page of watching) {
    // 6 messages and 6 echoes of each.
    await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '25'`);
    await page.has('.connection.ok', 2);
    const names = await page.text('.connection-list');
    for (const name of NAMES) assert.ok(names.includes(name), names);
  }
  const [page] = watching;
  // What goes on while one looks at something does not take it away.
  await page.press('t Home');
  await page.until(`document.querySelector('.frame-head')`);
  await page.press('/');
  await page.type('/Firefox 3/');
  await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '3'`);
  await talking[0].evaluate(`window.socket.send('Firefox 3, said Chromium')`);
  await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '5'`);
  await page.says('.frame-head h3', /^Frame 0 /);
  await talking[0].evaluate(`window.socket.close(4000, 'bye')`);
  await page.until(
    `document.querySelector('.connection-list').innerText.includes('closed 4000')`,
  );
  // A page that is loaded again is told what went before.
  await page.page.goto(server.url);
  await page.until(`document.querySelectorAll('.connection.ok').length === 2`);
});

test('the end of the table stays in sight while rows come in bursts, and no row is empty', async (t) => {
  const own = await startServer();
  t.after(() => own.kill());
  const page = await openPage(t, 'Chromium', own.url, { late: 400 });
  if (!page) return;
  await page.until(`document.querySelector('.live.on')`);
  // Bursts at odd times, so that some come while rows of the one before are on their way.
  await page.evaluate(`new Promise((resolve) => {
    const socket = new WebSocket('${own.wsUrl}');
    let bursts = 0;
    const burst = () => {
      for (let i = 0; i < 7; i++) socket.send('burst ' + bursts + ', ' + i);
      if (++bursts === 40) resolve();
      else setTimeout(burst, (bursts * 37) % 61);
    };
    socket.onopen = burst;
    window.socket = socket;
  })`);
  await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '561'`);
  await page.until(`document.querySelector('[data-index="559"]')?.innerText.includes('39, 6')`);
  await page.until(
    `![...document.querySelectorAll('.grid-row')].some((row) => !row.innerText.trim())`,
  );
  // Who scrolls up stays there.
  await page.evaluate(`document.querySelector('.grid').scrollTop = 0`);
  await page.until(`document.querySelector('[data-index="0"]')`);
  await page.evaluate(`window.socket.send('one more')`);
  await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '563'`);
  await page.is(`document.querySelector('.grid').scrollTop`, 0);
});

test('a handshake that is refused is seen, too, and the end of the server is said', async (t) => {
  const own = await startServer();
  t.after(() => own.kill());
  const page = await openPage(t, 'Chromium', own.url);
  if (!page) return;
  await page.until(`document.querySelector('.live.on')`);
  const refused = await fetch(own.url, {
    headers: { 'Sec-WebSocket-Key': 'no key' },
  }).catch(() => undefined);
  assert.ok(refused);
  const { openRaw, UPGRADE } = await import('../e2e/raw.mjs');
  const client = await openRaw(own.port);
  client.write(UPGRADE.replace('Version: 13', 'Version: 8'));
  await client.rest();
  await page.until(`document.querySelector('.connection.refused')?.innerText.includes('426')`);
  await own.stop('SIGINT');
  await page.until(`document.querySelector('.live').innerText.includes('ended')`);
});

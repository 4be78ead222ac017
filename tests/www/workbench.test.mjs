// How the page shares its room: panes, columns, a drawer on a phone; what is chosen stays chosen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../e2e/server.mjs';
import { NAMES, openPage } from './pages.mjs';
import { many } from './recorded.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/** @typedef {NonNullable<import('./pages.mjs').Page>} Page */

/** @param {Page} page @param {Uint8Array} [bytes] */
async function openMany(page, bytes = many()) {
  await page.drop('many.pcapng', bytes);
  await page.until(`document.querySelector('.source')?.innerText.includes('many.pcapng')`);
  await page.read();
}

/** Of a HAR file: a WebSocket whose messages the browser has not exported. */
const ENTRY = {
  startedDateTime: '2026-11-29T09:00:00.000Z',
  time: 1,
  _resourceType: 'websocket',
  request: { method: 'GET', url: 'ws://example.com/', httpVersion: 'HTTP/1.1', headers: [] },
  response: { status: 101, statusText: '', httpVersion: 'HTTP/1.1', headers: [] },
};

const HEADS = `[...document.querySelectorAll('.head')].map((head) => head.innerText.split(/[ ,]/)[0])`;
const LENGTHS = `[...document.querySelectorAll('.grid-row')]
  .sort((a, b) => a.dataset.index - b.dataset.index)
  .map((row) => Number([...row.querySelectorAll('.cell.right')].at(-1).innerText))`;
const width = (/** @type {string} */ selector) =>
  `Math.round(document.querySelector('${selector}').getBoundingClientRect().width)`;
/** Lines that the switches beside the filter take. */
const LINES_OF_TOOLS = `Math.round(document.querySelector('.filter-tools').clientHeight / 30)`;
/** Elements whose text does not fit into them. */
const cut = (/** @type {string} */ selector) =>
  `[...document.querySelectorAll('${selector}')].filter((one) => one.scrollWidth > one.clientWidth + 1).length`;

for (const name of NAMES) {
  for (const [wide, high] of [
    [1600, 900],
    [1440, 900],
    [1280, 800],
    [1024, 768],
    [768, 1024],
    [390, 844],
  ]) {
    test(`${name}, ${wide} wide: 94 connections, a table with its times, the error's details`, async (t) => {
      const page = await openPage(t, name, `${server.url}#view=frames`, {
        width: wide,
        height: high,
      });
      if (!page) return;
      await openMany(page);

      // The first error is selected, and the table shows it.
      await page.until(`document.querySelector('.grid-row[aria-selected=true] .mark.error')`);
      const heads = await page.evaluate(HEADS);
      for (const head of wide >= 700
        ? ['#', 'Time', 'Peer', 'Type', 'Flags', 'Length']
        : ['Time']) {
        assert.ok(heads.includes(head), `${head} in ${heads}`);
      }
      await page.is(cut('.grid-row .cell:nth-child(2)'), 0);
      if (wide >= 700) await page.is(LINES_OF_TOOLS, 1);
      await page.is('document.documentElement.scrollWidth <= innerWidth', true);
      const content = await page.evaluate(width('.grid-row .cell:last-child'));
      assert.ok(content >= 100, `${content} pixels for the content`);

      // Connections are a column, or a list that opens; each of the 94 can be found.
      if (wide < 1000) await page.click('#connection-picker');
      await page.says('.connections h2', '94 connections');
      await page.evaluate(`document.querySelector('.connection-find').focus()`);
      await page.type(':50033');
      await page.has('.connection', 2);
      await page.click('.connection:not(:first-child)');
      await page.until(
        `/5 of 377 frames/.test(document.querySelector('#filter-note').innerText)`,
      );
      await page.has('.picker .connections', 0);

      // Details are there, or a drawer that a tap opens.
      if (wide < 700) {
        await page.has('.detail', 0);
        await page.click('.grid-row[data-index="2"]');
        await page.until(`document.querySelector('.detail .segment')`);
        assert.deepEqual(await page.axe(), []);
        await page.is(`document.querySelector('.diagram').scrollWidth <= innerWidth`, true);
        await page.is(cut('.fields .meaning'), 0);
      }
      await page.until(`document.querySelector('.hex-characters')`);
      await page.is(
        `document.querySelector('.hex-scroll').scrollWidth <= document.querySelector('.hex-scroll').clientWidth`,
        true,
      );
      await page.says('.frame-head h3', /^Frame 134 text server to client/);
      if (wide < 700) {
        await page.click('.drawer-close');
        await page.has('.detail', 0);
      }
    });
  }
}

test('panes have splitters, by mouse and keys, that are remembered', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=chat`);
  if (!page) return;
  await page.read();
  const before = await page.evaluate(width('.detail'));
  await page.evaluate(`document.querySelector('[aria-label="Width of the details"]').focus()`);
  await page.press('ArrowLeft ArrowLeft');
  await page.is(width('.detail'), before + 32);
  await page.is(`document.activeElement.ariaValueNow`, String(before + 32));
  const bar = await page.evaluate(
    `(({ x, y, height }) => ({ x, y: y + height / 2 }))(document.querySelector('[aria-label="Width of the connections"]').getBoundingClientRect())`,
  );
  const narrow = await page.evaluate(width('.connections'));
  await page.page.mouse.move(bar.x, bar.y);
  await page.page.mouse.down();
  await page.page.mouse.move(bar.x + 30, bar.y);
  await page.page.mouse.move(bar.x + 60, bar.y);
  await page.page.mouse.up();
  await page.is(width('.connections'), narrow + 60);
  await page.page.reload();
  await page.read();
  await page.is(width('.detail'), before + 32);
  await page.is(width('.connections'), narrow + 60);

  // The column folds, and the list that opens takes its place.
  await page.click('[aria-label="Fold the column"]');
  await page.has('.connections', 0);
  await page.click('#connection-picker');
  await page.has('.picker .connection', 3);
  await page.press('Escape');
  await page.is('document.activeElement.id', 'connection-picker');
  // Escape that comes before the browser has painted the list.
  await page.evaluate(`(async () => {
    document.activeElement.click();
    while (!document.querySelector('.picker .connection')) await null;
    const keydown = { key: 'Escape', bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', keydown));
  })()`);
  await page.has('.connections', 0);
  await page.is('document.activeElement.id', 'connection-picker');
  await page.page.reload();
  await page.read();
  await page.has('.connections', 0);

  // Below the table, and back to how all was.
  const choose = async (/** @type {string} */ item) => {
    await page.click('#view');
    await page.clickText('#view + .menu-list button', item);
    if (await page.count('#view + .menu-list')) await page.press('Escape');
  };
  await choose('Details beside the table');
  await page.has('.dock-bottom', 1);
  await page.evaluate(`document.querySelector('[aria-label="Height of the details"]').focus()`);
  await page.press('ArrowUp');
  await choose('As it was at first');
  await page.has('.dock-right', 1);
  await page.is(width('.detail'), before);
  await page.is(width('.connections'), narrow);
});

test('columns are chosen, resized and sorted; times are counted as wanted', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`, { width: 1600 });
  if (!page) return;
  await openMany(page);
  await page.press('t');
  await page.press('Home');

  // By length, the longest first; then the shortest; then by time again.
  const head = (/** @type {string} */ title) =>
    page.evaluate(
      `[...document.querySelectorAll('.head')].find((one) => one.innerText.startsWith('${title}')).click()`,
    );
  const sorted = (/** @type {string} */ order) =>
    `(() => { const all = ${LENGTHS}; return all.length > 20 && all.every((n, i) => i === 0 || n ${order} all[i - 1]); })()`;
  await head('Length');
  await page.is(`document.querySelector('[aria-sort]').innerText.trim()`, 'Length ▾');
  await page.evaluate(`document.querySelector('.grid').scrollTop = 0`);
  await page.until(sorted('<='));
  await head('Length');
  await page.evaluate(`document.querySelector('.grid').scrollTop = 0`);
  await page.until(sorted('>='));
  await head('Length');
  await page.is(`document.querySelector('[aria-sort]').innerText.trim()`, 'Time, s ▴');
  // What is selected stays selected, wherever it goes.
  await head('Time');
  await page.is(
    `document.querySelector('.grid-row[aria-selected=true]')?.dataset.index`,
    '376',
  );
  await page.says('.frame-head h3', /^Frame 0 /);
  // An error leads to the next one all the same.
  await page.press('n');
  await page.until(`document.querySelector('.grid-row[aria-selected=true] .mark.error')`);
  await head('Time');

  // Since the frame before of the same direction of the same connection: the server's close.
  const choose = async (/** @type {string} */ item) => {
    await page.click('#view');
    await page.clickText('#view + .menu-list button', item);
    await page.press('Escape');
  };
  await choose('Since the last');
  await page.press('/');
  await page.type('conn:5');
  await page.is(`document.querySelector('.grid').getAttribute('aria-rowcount')`, '5');
  const times = `[...document.querySelectorAll('.grid-row .cell:nth-child(2)')].map((cell) => cell.innerText.replace(/[^\\d.+–]/g, ''))`;
  await page.is(times, ['–', '–', '+0.287000', '+0.276000']);
  await choose('Wall clock');
  await page.until(`(${times}).every((time) => /^\\d{6}\\.\\d{6}$/.test(time))`);

  // One column less, one wider, after a reload, too.
  await choose('Flags');
  await page.until(`!${HEADS}.includes('Flags')`);
  await page.evaluate(
    `[...document.querySelectorAll('.head')].find((one) => one.innerText === 'Type').focus()`,
  );
  const type = `Math.round([...document.querySelectorAll('.head')].find((one) => one.innerText === 'Type').getBoundingClientRect().width)`;
  const usual = await page.evaluate(type);
  await page.press('Shift+ArrowRight');
  await page.is(type, usual + 12);
  await page.page.reload();
  await openMany(page);
  await page.until(`!${HEADS}.includes('Flags') && ${HEADS}.includes('Clock')`);
  await page.is(type, usual + 12);
  assert.deepEqual(await page.axe(), []);
});

test('fields have their values; pasted bytes have no timeline; the filter is in nobody’s way', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  await page.press('v');
  await page.until(`document.activeElement.id === 'paste'`);
  await page.type('81 8b be 04 e6 6a d6 61 8a 06 d1 24 91 05 cc 68 82');
  await page.press('Tab Enter');
  await page.read();
  await page.until(`document.querySelector('.fields')`);
  const values = await page.evaluate(
    `Object.fromEntries([...document.querySelectorAll('.fields tbody tr')].map((row) => [row.cells[0].innerText.trim(), row.cells[2].innerText.trim()]))`,
  );
  assert.equal(values.FIN, '1');
  assert.equal(values.opcode, '0x1');
  assert.equal(values['Payload len'], '11');
  assert.equal(values['Masking-key'], '0xbe04e66a');
  await page.is(`document.querySelector('.timeline').hidden`, true);
  await page.says('#filter-note', '1 frame');

  // Suggestions close when the query is whole; what is wrong with one moves nothing.
  const top = `document.querySelector('.grid').getBoundingClientRect().top`;
  const before = await page.evaluate(top);
  await page.press('/');
  await page.type('op:tex');
  await page.is(`document.querySelector('.completions').hidden`, false);
  await page.type('t');
  await page.is(`document.querySelector('.completions').hidden`, true);
  await page.type(' and nonsense:(((');
  await page.until(`document.querySelector('#filter-note.problem')`);
  assert.equal(await page.evaluate(top), before);
});

test('the timeline zooms by the wheel and by buttons', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  await openMany(page);
  await page.until(`document.querySelector('.timeline .u-over')?.clientWidth > 200`);
  await page.hover('.timeline .u-over');
  const out = `document.querySelector('[aria-label="Zoom out"]').ariaDisabled`;
  await page.is(out, 'true');
  await page.page.mouse.wheel(0, -200);
  await page.is(out, 'false');
  // All of it again. The filter is as it was.
  await page.page.mouse.dblclick(700, 180);
  await page.is(out, 'true');
  await page.click('[aria-label="Zoom in"]');
  await page.is(out, 'false');
  await page.click('[aria-label="Zoom out"]');
  await page.is(out, 'true');
  await page.is(`document.querySelector('#filter').value`, '');
});

test('counts agree, and tabs that do not apply say why', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=wrong-text`);
  if (!page) return;
  await page.read();
  const [, tab] = (await page.text('#detail-tab-errors')).match(/\((\d+)\)/) ?? [];
  const title = await page.evaluate(`document.querySelector('.issue-counts').title`);
  const sum = [...title.matchAll(/\d+/g)].reduce((all, [n]) => all + Number(n), 0);
  assert.equal(Number(tab), sum, title);
  await page.is(`document.querySelector('#hex-tab-inflated').ariaDisabled`, 'true');
  await page.evaluate(`document.querySelector('#hex-tab-inflated').click()`);
  await page.says('.notice', /not compressed/);

  // Notes of the capture are a banner with their number.
  const har = JSON.stringify({ log: { version: '1.2', entries: [ENTRY] } });
  await page.drop('empty.har', Buffer.from(har));
  await page.says('.notes summary', /1 note about the capture: 1 WebSocket/);
  await page.click('[aria-label="Dismiss the notes"]');
  await page.has('.notes', 0);
});

test('npm start opens on what to do, and a first message is a click away', async (t) => {
  const own = await startServer();
  t.after(() => own.kill());
  const page = await openPage(t, 'Chromium', own.url, { width: 1280, height: 720 });
  if (!page) return;
  await page.says('.live-start h2', /Waiting for a connection to this server/);
  // All of it is in sight on a small notebook; there is nothing yet to have details of.
  await page.is(
    `[document.querySelector('.grid'), document.querySelector('.live-start')]
    .map((one) => Math.round(one.getBoundingClientRect().bottom))
    .every((bottom, i, [grid]) => bottom <= grid && grid <= innerHeight)`,
    true,
  );
  await page.has('.detail', 0);
  await page.says('.copied code', `ws://127.0.0.1:${own.port}/`);
  assert.deepEqual(await page.axe(), []);
  await page.click('[aria-label="Copy the command"]');
  await page.is(
    'navigator.clipboard.readText()',
    `npx ws4wasm connect ws://127.0.0.1:${own.port}/`,
  );
  await page.click('.live-start button.main');
  await page.until(`document.querySelector('.grid-row')?.innerText.includes('Hello')`);
  await page.until(`document.querySelector('.frame-head')`);
  await page.until(
    `document.querySelector('.connection.ok')?.innerText.includes('closed 1000')`,
  );
});

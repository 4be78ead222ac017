// Finding: a text in payloads, marked and gone to; values that filter; filters that are kept.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../e2e/server.mjs';
import { openPage } from './pages.mjs';
import { many } from './recorded.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/** @param {import('node:test').TestContext} t */
async function openMany(t) {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return undefined;
  await page.drop('many.pcapng', many());
  await page.until(`document.querySelector('.source')?.innerText.includes('many.pcapng')`);
  await page.read();
  await page.until(`document.querySelector('.frame-head')`);
  return page;
}

const note = `document.querySelector('#filter-note').innerText`;

test('Ctrl+F finds in all payloads, marks what it finds, and goes on and back', async (t) => {
  const page = await openMany(t);
  if (!page) return;
  await page.press('t Home');
  await page.says('.frame-head h3', /^Frame 0 /);
  await page.press('Control+f');
  await page.is('document.activeElement.id', 'find');
  // EUR9 and EUR90 to EUR93, in whatever case.
  await page.type('eur9');
  await page.says('#find-note', '5');
  await page.press('Enter');
  await page.says('#find-note', '1 of 5');
  await page.says('.frame-head h3', /^Frame 36 /);
  await page.says('.grid-row[aria-selected=true] mark.found', 'EUR9');
  await page.press('Enter');
  await page.says('#find-note', '2 of 5');
  await page.press('Shift+Enter Shift+Enter');
  await page.says('#find-note', '5 of 5');
  await page.says('.frame-head h3', /^Frame 3\d\d /);

  // In the payload, and in its bytes.
  await page.evaluate(`document.querySelector('#hex-tab-message').click()`);
  await page.has('.b.found', 4);
  await page.evaluate(`document.querySelector('#detail-tab-payload').click()`);
  await page.says('.tree mark.found', 'EUR9');
  await page.says('pre.text mark.found', 'EUR9');
  // In the table, where it is among the first of a payload.
  await page.evaluate(`(() => {
    const field = document.querySelector('#find');
    field.value = 'JSONRPC';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  })()`);
  await page.says('#find-note', '188');
  await page.says('.grid-row mark.found', 'jsonrpc');
  // What a regular expression would take for more is looked for as it is.
  await page.evaluate(`(() => {
    const field = document.querySelector('#find');
    field.value = '":{"of":"EUR1"}';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  })()`);
  await page.says('#find-note', '1');
  assert.deepEqual(await page.axe(), []);
  await page.evaluate(`document.querySelector('#find').focus()`);
  await page.press('Escape');
  await page.has('.find-bar', 0);
  await page.has('mark.found', 0);
  await page.until(`document.activeElement.closest('.grid-row')`);
});

test('a value filters by itself: a key of JSON, an opcode, a length, an address', async (t) => {
  const page = await openMany(t);
  if (!page) return;
  await page.press('t Home');
  await page.says('.frame-head h3', /^Frame 0 /);
  const clear = async () => {
    await page.click('.clear');
    await page.until(`document.querySelector('#filter').value === ''`);
    await page.evaluate(`document.querySelector('#filter').blur()`);
  };
  await page.press('2');
  await page.clickText('.tree-row', 'method: ');
  await page.is(`document.querySelector('#filter').value`, '/"method"\\s*:\\s*"get"/');
  await page.until(`/^94 of 377 frames/.test(${note})`);
  await page.clickText('.tree-row', 'id: 0');
  await page.until(`/^1 of 377 frames/.test(${note})`);
  await clear();
  await page.press('1');
  await page.clickText('.filter-by', '0x1');
  await page.is(`document.querySelector('#filter').value`, 'op:text');
  await page.until(`/^189 of 377 frames/.test(${note})`);
  await clear();
  await page.press('3');
  await page.clickText('.filter-by', '192.0.2.1:50000');
  await page.until(`/^377 of 377 frames/.test(${note})`);
});

test('a filter is saved, and is there after a reload', async (t) => {
  const page = await openMany(t);
  if (!page) return;
  await page.press('/');
  await page.type('op:close');
  await page.until(`/^188 of 377 frames/.test(${note})`);
  await page.click('#saved');
  await page.press('Enter');
  await page.page.reload();
  await page.drop('many.pcapng', many());
  await page.until(`document.querySelector('.source')?.innerText.includes('many.pcapng')`);
  await page.read();
  if (await page.evaluate(`document.querySelector('#filter').value`))
    await page.click('.clear');
  await page.until(`${note} === '377 frames'`);
  await page.click('#saved');
  await page.press('ArrowDown Enter');
  await page.is(`document.querySelector('#filter').value`, 'op:close');
  await page.until(`/^188 of 377 frames/.test(${note})`);
  // And forgotten.
  await page.click('#saved');
  await page.press('Enter');
  await page.click('#saved');
  await page.has('#saved + .menu-list button', 1);
});

// What differs: of two messages, by paths, in text or in bytes; of two connections, by message;
// also with a file that is not open any more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../e2e/server.mjs';
import { NAMES, openPage } from './pages.mjs';
import { recorded } from './recorded.mjs';

/** @typedef {NonNullable<import('./pages.mjs').Page>} Page */

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/**
 * @param {Page} page
 * @param {string} file
 * @param {import('./recorded.mjs').Said[][]} conversations
 */
async function open(page, file, ...conversations) {
  await page.drop(file, recorded(conversations.map((said) => ({ path: '/talk', said }))));
  await page.until(`document.querySelector('.source')?.innerText.includes('${file}')`);
  await page.read();
}

/** @param {Page} page @param {number} frame */
async function select(page, frame) {
  await page.click(`.grid-row[data-index="${frame}"]`);
  await page.is(
    `document.querySelector('.grid-row[aria-selected=true]')?.dataset.index`,
    String(frame),
  );
}

/** Rows of a table. @param {Page} page @param {string} selector @param {string[][]} cells */
const table = (page, selector, cells) =>
  page.is(
    `[...document.querySelectorAll('${selector} tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.innerText.replace(/\\s+/g, ' ').trim()))`,
    cells,
  );

const json = JSON.stringify;

for (const name of NAMES) {
  test(`${name}: two messages by paths; the order of keys is no difference`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    await open(page, 'paths.pcapng', [
      [10, 's2c', json({ id: 1, of: { a: 1, b: [1, 2, 3] }, gone: true, 'a b': 'x' })],
      [20, 's2c', json({ 'a b': 'y', of: { b: [0, 1, 2, 4], a: 1 }, id: 1, come: null })],
      [30, 's2c', '{ "of": {"b":[1,2,3],"a":1}, "a b":"x", "gone":true, "id": 1 }'],
      [40, 'c2s', json({ id: 1 })],
      [50, 's2c', '42["say",{"id":1,"text":"hello"}]'],
      [60, 's2c', '42["say",{"id":2,"text":"hello"}]'],
    ]);
    await select(page, 0);
    await page.press('c');
    await page.says('.difference h3', 'Difference to frame 0');
    await page.says('.difference', /This is the first itself/);
    await select(page, 1);
    await page.says('.difference .verdict', '5 values differ.');
    await table(page, '.paths', [
      ['$.of.b[0] added', 'none', '0'],
      ['$.of.b[2 → 3] changed', '3', '4'],
      ['$.gone removed', 'true', 'none'],
      ['$["a b"] changed', '"x"', '"y"'],
      ['$.come added', 'none', 'null'],
    ]);
    await select(page, 2);
    await page.says('.difference .verdict', 'The same values, written differently.');
    await page.has('.paths', 0);
    await page.has('.text-difference', 1);
    await select(page, 3);
    await page.says('.difference .verdict', '3 values differ.');
    await page.is(
      `[...document.querySelectorAll('.sides .warn')].map((cell) => cell.innerText).join()`,
      'server to client,client to server',
    );
    // By the menu of another message; a packet of Socket.IO is JSON, too.
    await select(page, 4);
    await page.press('2');
    await page.click('#compare');
    await page.clickText('[role=menuitem]', 'This message');
    await select(page, 5);
    await table(page, '.paths', [['$.data[1].id changed', '1', '2']]);
    await page.clickText('.difference button', 'Forget it');
    await page.says('.difference', /choose what to compare with/);
  });

  test(`${name}: text by words and lines, bytes by rows, close codes`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
    await open(page, 'texts.pcapng', [
      [10, 'c2s', 'the quick brown fox'],
      [20, 'c2s', 'the slow brown fox jumps'],
      [30, 'c2s', lines.join('\n')],
      [40, 'c2s', lines.with(15, 'another').join('\n')],
      [50, 'c2s', bytes],
      [60, 'c2s', Uint8Array.of(...bytes.slice(0, 20), 0xff, ...bytes.slice(20), 0xee)],
      [70, 'c2s', 'the quick brown fox'],
      [80, 's2c', 1000],
      [90, 'c2s', 1001],
    ]);
    const marked = (/** @type {string} */ of) =>
      `[...document.querySelectorAll('.difference ${of}')].map((one) => one.innerText).join('|')`;
    await select(page, 0);
    await page.press('c');
    await select(page, 1);
    await page.is(marked('del'), 'quick');
    await page.is(marked('ins'), 'slow| jumps');
    await select(page, 6);
    await page.says('.difference .verdict', 'The same, byte for byte.');
    await select(page, 2);
    await page.press('c');
    await select(page, 3);
    await page.says('.text-difference', /… 13 lines the same …/);
    await page.is(`${marked('del')}.trim()`, 'line 15');
    await page.is(`${marked('ins')}.trim()`, 'another');
    await select(page, 4);
    await page.press('c');
    await select(page, 5);
    // What was put in does not shift what follows.
    await page.is(marked('del'), '');
    await page.is(marked('ins'), 'ff|ee');
    await page.has('.hex-difference tr.first', 2);
    await select(page, 7);
    await page.press('c');
    await select(page, 8);
    await table(page, '.paths', [['$.code changed', '1000', '1001']]);
  });

  test(`${name}: a key that comes before the selected frame is for that frame`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    await open(page, 'quick.pcapng', [
      [10, 'c2s', 'one'],
      [20, 'c2s', 'two'],
      [30, 'c2s', 'three'],
      [40, 's2c', 1005],
      [50, 'c2s', 1005],
    ]);
    await select(page, 0);
    // In one turn of the page, so that the Worker cannot have answered between the two.
    const atOnce = (/** @type {(number | string)[]} */ ...rowsAndKeys) =>
      page.evaluate(`for (const next of ${json(rowsAndKeys)}) {
        if (typeof next === 'number') {
          const pressed = new MouseEvent('mousedown', { bubbles: true });
          document.querySelector('.grid-row[data-index="' + next + '"]').dispatchEvent(pressed);
        } else {
          const pressed = new KeyboardEvent('keydown', { key: next, bubbles: true });
          document.body.dispatchEvent(pressed);
        }
      }`);
    await atOnce(2, 'c');
    await page.says('.difference h3', 'Difference to frame 2');
    await atOnce(0, 'n', 'n', 'c');
    await page.says('.difference h3', 'Difference to frame 4');
    await atOnce(1, 'c', 3);
    await page.says('.difference h3', 'Difference to frame 1');
    await page.is(`document.querySelector('.grid-row[aria-selected=true]').dataset.index`, '3');
  });

  test(`${name}: a connection of another file, message by message, by keyboard`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    const told = (/** @type {number} */ id, /** @type {number} */ price) =>
      json({ type: 'price', id, price });
    await open(page, 'yesterday.pcapng', [
      [10, 'c2s', json({ type: 'login', token: 'aaaa' })],
      [20, 's2c', json({ type: 'welcome', session: 1 })],
      [30, 'c2s', json({ type: 'subscribe', of: 'EUR' })],
      [40, 's2c', told(1, 10)],
      [50, 's2c', told(2, 11)],
      [60, 's2c', 'bye 17'],
      [70, 's2c', 1000],
    ]);
    await page.press('C');
    await page.says('.difference', /This is the first itself/);
    await open(
      page,
      'today.pcapng',
      [[5, 'c2s', 'something else']],
      [
        // The two sides came in another order: each is aligned by itself.
        [10, 'c2s', json({ token: 'bbbb', type: 'login' })],
        [11, 'c2s', json({ of: 'EUR', type: 'subscribe' })],
        [20, 's2c', json({ type: 'welcome', session: 2 })],
        [40, 's2c', told(1, 10)],
        [45, 's2c', json({ type: 'error', why: 'late' })],
        [60, 's2c', 'bye 18'],
        [70, 's2c', 1011],
      ],
    );
    await page.says('.difference .quiet', /The first is of yesterday\.pcapng/);
    await page.says('.difference-counts', /^0 the same · /);
    await page.clickText('.connection', '50001');
    await page.says(
      '.difference-counts',
      '2 the same · 4 changed · 1 only in the first · 1 only in connection 1',
    );
    await page.is(
      `[...document.querySelectorAll('.aligned')].map((one) => one.classList[1]).join(' ')`,
      'changed same changed same first second changed changed',
    );
    assert.deepEqual(await page.axe(), []);
    await page.evaluate(`document.querySelector('.aligned button').focus()`);
    await page.press('Enter');
    await table(page, '.aligned .paths', [['$.token changed', '"aaaa"', '"bbbb"']]);
    await page.is(
      `document.activeElement === document.querySelector('.aligned [aria-expanded=true]')`,
      true,
    );
    assert.deepEqual(await page.axe(), []);
    await page.press('Enter');
    await page.has('.aligned .paths', 0);
    await page.clickText('.difference label', 'Only what differs');
    await page.has('.aligned', 6);
    await page.clickText('.aligned.second button', 'late');
    await page.is(
      `document.querySelector('.aligned.second [aria-current]').ariaCurrent`,
      'true',
    );
  });

  test(`${name}: differences on a phone, in light`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`, {
      width: 390,
      height: 844,
      theme: 'light',
    });
    if (!page) return;
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
    await open(page, 'phone.pcapng', [
      [10, 's2c', json({ a: 'x'.repeat(60), 'a longer key': 'y'.repeat(50) })],
      [20, 's2c', json({ a: `${'x'.repeat(60)}y`, 'a longer key': 'n'.repeat(50) })],
      [30, 's2c', bytes],
      [40, 's2c', bytes.with(3, 255)],
    ]);
    const fits = () =>
      page.is(
        `[...document.querySelectorAll('.detail-panel, .paths, .hex-difference')]
          .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className)`,
        [],
      );
    for (const [first, second, form] of [
      [0, 1, '.paths'],
      [2, 3, '.hex-difference'],
    ]) {
      await page.click(`.grid-row[data-index="${first}"]`);
      await page.press('c');
      await page.says('.difference', /This is the first itself/);
      await page.click('.drawer-close');
      await page.click(`.grid-row[data-index="${second}"]`);
      await page.has(`.difference ${form}`, 1);
      await page.until(
        `document.querySelector('#detail-tab-difference').getBoundingClientRect().right <= innerWidth`,
      );
      await fits();
      assert.deepEqual(await page.axe(), []);
      await page.click('.drawer-close');
    }
    await page.click('.grid-row[data-index="0"]');
    await page.press('C');
    await page.click('.drawer-close');
    await open(page, 'other.pcapng', [[10, 's2c', json({ a: 'z', 'a longer key': 'y' })]]);
    await page.click('.grid-row[data-index="0"]');
    await page.says('.difference-counts', /^0 the same · 1 changed · 3 only in the first/);
    await page.click('.aligned.changed button');
    await page.has('.aligned .paths', 1);
    await fits();
    assert.deepEqual(await page.axe(), []);
  });
}

test('big inputs are cut, and it is said where', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  /** @param {number} count @param {string} what @returns {import('./recorded.mjs').Said[]} */
  const many = (count, what) =>
    Array.from({ length: count }, (_, i) => [i, 's2c', `${what} ${'x'.repeat(i % 7)} ${i}`]);
  await open(page, 'long.pcapng', many(2500, 'tick'));
  await page.press('C');
  await page.says('.difference .quiet', /its first 2,000 of 2,500 messages are kept/);
  await open(page, 'other.pcapng', many(2200, 'tick').toSpliced(500, 1, [500, 's2c', 'tock']));
  await page.says(
    '.difference-counts',
    '1,999 the same · 1 changed · 0 only in the first · 0 only in connection 0',
  );
  await page.is(
    `[...document.querySelectorAll('.difference .hint')].map((one) => one.innerText.slice(2))`,
    [
      'Of the first connection only the first 2,000 of 2,500 messages are compared.',
      'Of the second connection only the first 2,000 of 2,200 messages are compared.',
    ],
  );
  await page.has('.aligned', 500);
  await page.clickText('.difference button', 'Show more');
  await page.has('.aligned', 1000);

  // Words that have nothing in common, and JSON that is nested deeper than any stack.
  const words = (/** @type {string} */ of) =>
    Array.from({ length: 8000 }, (_, i) => `${of}${i}`).join(' ');
  const nested = (/** @type {number} */ inside) =>
    `${'['.repeat(30_000)}${inside}${']'.repeat(30_000)}`;
  await open(page, 'texts.pcapng', [
    [1, 'c2s', `begin ${words('a')}`],
    [2, 'c2s', `begin ${words('b')}`],
    [3, 'c2s', nested(1)],
    [4, 'c2s', nested(2)],
  ]);
  await select(page, 0);
  await page.press('c');
  await select(page, 1);
  await page.says('.message-difference', /too little in common: only the ends are compared/);
  await select(page, 2);
  await page.press('c');
  await select(page, 3);
  await page.says('.difference .verdict', 'The text differs.');
});

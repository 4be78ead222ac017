// On the page: captures of other projects agree with tshark, hostile streams show the violation
// at its byte, a long reading can be cancelled, and a range of time is chosen by mouse and keys.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/lib.mjs';
import { closing, frame, openRaw, UPGRADE } from '../e2e/raw.mjs';
import { startServer } from '../e2e/server.mjs';
import { captures, skipCaptures, skipTshark, tsharkFrames } from '../inspect/support.mjs';
import { NAMES, openPage } from './pages.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/** @type {Record<number, string>} */
const OPCODES = { 0: 'cont.', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

/** Each row of the table: what kind of frame, its flags, its length. */
const ROWS = `[...document.querySelectorAll('.grid-row')]
  .sort((a, b) => a.dataset.index - b.dataset.index)
  .map((row) => [
    row.querySelector('.opcode').innerText,
    row.querySelector('.flags').title,
    Number([...row.querySelectorAll('.cell.right')].at(-1).innerText.replace(/\\D/g, '')),
  ].join(' '))`;

/** @param {ReturnType<typeof tsharkFrames>[number]} theirs */
function row({ opcode, fin, rsv, mask, length }) {
  const flags = [
    /^(1|True)$/.test(fin ?? '') && 'FIN',
    rsv & 4 && 'RSV1',
    rsv & 2 && 'RSV2',
    rsv & 1 && 'RSV3',
    /^(1|True)$/.test(mask ?? '') && 'MASK',
  ].filter(Boolean);
  return `${OPCODES[opcode]} ${flags.join(' ') || 'none'} ${length}`;
}

for (const name of NAMES) {
  test(`${name}: captures of other projects, as tshark reads them`, {
    skip: skipCaptures || skipTshark,
  }, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`, { height: 1200 });
    if (!page) return;
    for (const { name: file, path } of captures) {
      await page.drop(file, readFileSync(path));
      await page.until(`document.querySelector('.source')?.innerText.includes('${file}')`);
      await page.read();
      const theirs = tsharkFrames(path).map(row);
      assert.equal(await page.rows(), theirs.length, file);
      await page.until(
        `document.querySelectorAll('.grid-row .opcode').length === ${theirs.length}`,
      );
      const ours = await page.evaluate(ROWS);
      // tshark has them by packet, the page by time: the same ones, whatever their order.
      assert.deepEqual(ours.sort(), theirs.sort(), file);
      await page.says('.banner', '');
    }
  });
}

test('the unmasked client, and the ping inside of a message, are found', {
  skip: skipCaptures,
}, async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  const open = async (/** @type {string} */ wanted) => {
    const { path } = captures.find(({ name }) => name === wanted) ?? assert.fail(wanted);
    await page.drop(wanted, readFileSync(path));
    await page.until(`document.querySelector('.source')?.innerText.includes('${wanted}')`);
    await page.read();
  };
  await open('zeek-wstunnel-http.pcap');
  await page.press('4');
  await page.until(
    `/RFC 6455 section 5\\.1/.test(document.querySelector('.errors')?.innerText)`,
  );
  await page.says('.errors', /mask/i);

  await open('suricata-control-frag.pcap');
  await page.press('m');
  await page.until(`document.querySelector('.grid-row[aria-expanded="false"]')`);
  await page.evaluate(`document.querySelector('.grid-row .unfold').click()`);
  await page.is(
    `[...document.querySelectorAll('.grid-row[aria-level="2"] .opcode')].map((o) => o.innerText)`,
    ['text', 'ping', 'cont.'],
  );
});

const [TEXT, CLOSE] = [0x81, 0x88];

/** What is sent, at which of its bytes it is wrong, by which section, and what it has to cause. */
const hostile = /** @type {const} */ ([
  [Buffer.of(TEXT, 1, 65), 1, '5.1', 1002],
  [frame(0x83), 0, '5.2', 1002],
  [frame(0xc1, 'x'), 0, '5.2', 1002],
  [Buffer.concat([frame(0x82, 'fine'), frame(0x80, 'x')]), 10, '5.4', 1002],
  [frame(0x09), 0, '5.5', 1002],
  [Buffer.of(TEXT, 0xfe, 0, 5, 0, 0, 0, 0), 2, '5.2', 1002],
  [frame(CLOSE, [3]), 6, '5.5.1', 1002],
  [frame(CLOSE, closing(1005)), 6, '7.4', 1002],
  [frame(CLOSE, [3, 0xe8, 0xff]), 8, '5.5.1', 1007],
  [frame(TEXT, [0xc3, 0x28]), 7, '8.1', 1007],
  [frame(TEXT, [0xf0, 0x9f]), 6, '8.1', 1007],
  [frame(0x01, [0xed, 0xa0]), 7, '8.1', 1007],
]);

for (const name of NAMES) {
  test(`${name}: hostile clients, live: the rule, the byte, and the close that came`, async (t) => {
    const own = await startServer();
    t.after(() => own.kill());
    const page = await openPage(t, name, own.url);
    if (!page) return;
    await page.until(`document.querySelector('.live.on')`);
    for (const [bytes] of hostile) {
      const client = await openRaw(own.port);
      await client.upgrade(bytes);
      await client.rest();
    }
    await page.press('4');
    // That the client is gone without a close of its own is told, too.
    const mine = `[...document.querySelectorAll('.errors .violation.error')].filter((one) => one.innerText.includes('to be closed with'))`;
    await page.until(`${mine}.length === ${hostile.length}`);
    const lines = await page.evaluate(
      `${mine}.map((one) => one.querySelector('.about').innerText)`,
    );
    for (const [i, [, at, section, code]] of hostile.entries()) {
      // Behind the request.
      const byte = new Intl.NumberFormat('en').format(UPGRADE.length + at);
      const [rfc, where, close] = lines[i]
        .split('\n')
        .map((/** @type {string} */ s) => s.trim());
      assert.match(
        `${rfc} `,
        new RegExp(`section ${section.replaceAll('.', '\\.')}\\D`),
        lines[i],
      );
      assert.ok(new RegExp(`byte ${byte}(,|$)`).test(where ?? rfc), `${lines[i]}: ${byte}`);
      assert.ok(lines[i].includes(`to be closed with ${code}, as it was`), close);
    }
    // The byte is marked in its frame.
    await page.evaluate(`${mine}.at(-1).querySelector('button').click()`);
    await page.until(`document.querySelector('.b.wrong')`);
    await page.is(`document.querySelector('.b.wrong').dataset.i`, '7');
  });
}

for (const name of NAMES) {
  test(`${name}: a long reading tells how far it is, and is cancelled`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    const folder = join(root, 'target/inspector');
    const path = join(folder, 'frames-1000000');
    mkdirSync(folder, { recursive: true });
    if (!existsSync(path)) {
      const generator = join(root, 'tests/inspect/generate.mjs');
      spawnSync(process.execPath, [generator, 'frames', path]);
    }
    await page.evaluate(`(() => {
      window.told = [];
      const status = document.querySelector('.status');
      new MutationObserver(() => {
        const bar = status.querySelector('progress');
        if (bar && bar.value !== window.told.at(-1)) window.told.push(bar.value);
        if (window.told.length >= 3 && !window.cancelled) {
          window.cancelled = true;
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
        }
      }).observe(status, { childList: true, subtree: true, attributes: true, characterData: true });
    })()`);
    await page.choose(path);
    await page.until(
      `window.cancelled && document.querySelector('.status .source') && !document.querySelector('.status progress')`,
    );
    const told = await page.evaluate('window.told');
    assert.ok(
      told.every(
        (/** @type {number} */ at, /** @type {number} */ i) => i === 0 || at > told[i - 1],
      ),
      `${told}`,
    );
    const rows = await page.rows();
    assert.ok(rows > 0 && rows < 1_000_000, `${rows} rows`);
    // What was read stays, and is whole.
    await page.press('t End');
    await page.until(
      `document.querySelector('.frame-head h3')?.innerText.startsWith('Frame ')`,
    );
    await page.drop('after.hex', Buffer.from('81026869'));
    await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '2'`);
  });
}

for (const name of NAMES) {
  test(`${name}: a range of time, by mouse and by keys`, async (t) => {
    const page = await openPage(t, name, `${server.url}#sample=chat`);
    if (!page) return;
    await page.read();
    const all = await page.rows();
    await page.until(`document.querySelector('.timeline .u-over')?.clientWidth > 200`);
    const { x, y, width, height } = await page.evaluate(
      `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector('.timeline .u-over').getBoundingClientRect())`,
    );
    const { mouse } = page.page;
    await mouse.move(x + width * 0.1, y + height / 2);
    await mouse.down();
    await mouse.move(x + width * 0.3, y + height / 2);
    await mouse.move(x + width * 0.5, y + height / 2);
    await mouse.up();
    await page.until(
      `/^time:[\\d.]+s\\.\\.[\\d.]+s$/.test(document.querySelector('#filter').value)`,
    );
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') < ${all + 1}`,
    );
    const some = await page.rows();
    assert.ok(
      some > 0,
      `${some} of ${all}: ${await page.evaluate(`document.querySelector('#filter').value`)}`,
    );
    // Only frames of that time are in it.
    const [from, to] = (await page.evaluate(`document.querySelector('#filter').value`))
      .match(/\d+\.\d+(?=s)/g)
      .map(Number);
    const times = await page.evaluate(
      `[...document.querySelectorAll('.grid-row')].map((r) => Number(r.querySelectorAll('.cell')[1].innerText.replace(/[^\\d.]/g, '')))`,
    );
    for (const time of times) assert.ok(time >= from - 0.001 && time <= to + 0.001, `${time}`);

    await page.click('.timeline-note .all-time');
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') === '${all + 1}'`,
    );
    // The same by keys: the beginning later, the end sooner.
    await page.evaluate(`document.querySelector('[aria-label="Time from"]').focus()`);
    await page.press('PageUp PageUp ArrowRight');
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') < ${all + 1}`,
    );
    const later = await page.rows();
    await page.press('Tab');
    await page.is('document.activeElement.ariaLabel', 'Time to');
    await page.press('PageDown PageDown');
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') < ${later + 1}`,
    );
  });
}

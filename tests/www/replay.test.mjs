// Replay in the page: a captured side to a server again, and what differs, message by message.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import WS from 'ws';
import { root } from '../../scripts/lib.mjs';
import { capture } from '../cli/captures.mjs';
import { inspect, serve } from '../cli/support.mjs';
import { until } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { fill, NAMES, openPage } from './pages.mjs';

const ROOM = [
  ['> one', '< one', '> {"user":"ada"}', '< {"user":"ada"}', '> three', '< something else'],
  ['> other', '< other'],
];

/** A panel beside the workbench in one browser, over it in the other. */
const WIDTHS = { Chromium: 1440, Firefox: 1100 };

for (const name of NAMES) {
  test(`${name}: a capture that was opened, with variables, and the difference`, async (t) => {
    /** @type {string[]} */
    const heard = [];
    const at = await serveWs(t, (ws) => {
      ws.on('message', (data) => heard.push(`${data}`));
      echo(ws);
    });
    const proxy = await inspect(t, `ws://${at}`);
    const page = await openPage(t, name, proxy.page, { width: WIDTHS[name] });
    if (!page) return;
    await page.until(`document.querySelector('.live.on')`);
    await page.drop('room.pcapng', readFileSync(capture(ROOM)));
    await page.says('.status .source', /room\.pcapng/);
    await page.read();
    await page.click('.replay-button');
    await page.is(`document.activeElement.getAttribute('aria-label')`, 'Replay');
    // The proxy's target is what it goes to, unless something else is said.
    await page.until(`document.querySelector('.replay .target').value === 'ws://${at}'`);
    await fill(page, '.replay .timing', 'max');
    await fill(page, '.replay .variables', 'set user=bob\nwas user=ada');
    await page.click('.replay .begin');
    await page.says('.replay-outcome [role=status]', 'Not as expected: 1 difference.');
    assert.deepEqual(heard, ['one', '{"user":"bob"}', 'three']);
    await page.says('.replay .told', /answer 3 differs from the captured 3/);
    // Beside the capture, which stays open: the filled-in messages differ, too.
    await page.until(
      `document.querySelector('#detail-tab-difference').ariaSelected === 'true'`,
    );
    await page.says('.difference h3', 'Difference to the replay');
    await page.says('.difference-counts', /^3 the same · 3 changed · /);
    await page.says('.status .source', /room\.pcapng/);

    const beside = `document.querySelector('.detail').getBoundingClientRect().right <=
      document.querySelector('.replay').getBoundingClientRect().left`;
    await page.is(beside, name === 'Chromium');

    // What covers it gives way.
    await page.click('.replay .compare');
    await page.is(`document.activeElement.id`, 'detail-tab-difference');
    await page.has('.replay', name === 'Chromium' ? 1 : 0);
    if (name === 'Firefox') await page.click('.replay-button');
    await page.is(
      `document.querySelector('.replay .variables').value`,
      'set user=bob\nwas user=ada',
    );

    // The other connection is as it was.
    await fill(page, '.replay .which', '1');
    await fill(page, '.replay .variables', '');
    await page.evaluate(`document.querySelector('.replay .begin').focus()`);
    await page.press('Enter');
    await page.says('.replay-outcome [role=status]', 'As expected.');
    await page.says('.difference-counts', /^2 the same · 0 changed · /);
    await page.clickText('.replay .buttons button', 'Open the replay');
    await page.has('.replay', 0);
    await page.says('.status .source', /replay to ws:/);
    await page.read();
    await page.until(`document.querySelector('.grid').innerText.includes('other')`);
  });

  test(`${name}: what is wrong is said, and a replay can be stopped`, async (t) => {
    /** @type {string[]} */
    const heard = [];
    let over = false;
    const at = await serveWs(t, (ws) => {
      ws.on('message', (data) => heard.push(`${data}`));
      ws.on('close', () => {
        over = true;
      });
    });
    const proxy = await inspect(t, `ws://${at}`);
    const page = await openPage(t, name, proxy.page, { width: 390 });
    if (!page) return;
    await page.until(`document.querySelector('.live.on')`);
    await page.drop(
      'slow.pcapng',
      readFileSync(capture([['> one', { pause: 3_600_000 }, '> two', '< two']])),
    );
    await page.says('.status .source', /slow\.pcapng/);
    await page.read();
    await page.evaluate(`document.querySelector('.replay-button').focus()`);
    await page.press('Enter');
    await page.until(`document.querySelector('.replay .target').value`);
    await fill(page, '.replay .target', 'ws://198.51.100.1');
    await page.click('.replay .begin');
    await page.says('.replay [role=alert]', /nowhere else\. Start it with --replay-to ws:/);
    await fill(page, '.replay .target', `ws://${at}`);
    await fill(page, '.replay .variables', 'is user');
    await page.click('.replay .begin');
    await page.says('.replay [role=alert]', /“is user” begins with none of set, was/);
    await fill(page, '.replay .variables', '');
    await page.click('.replay .begin');
    await page.says('.replay-outcome [role=status]', /^1 of 2 sent/);
    await page.has('.replay progress', 1);
    assert.deepEqual(await page.axe(), []);
    await page.is(
      `[...document.querySelectorAll('.replay *')].filter((one) =>
        one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML)`,
      [],
    );
    await page.click('.replay .begin');
    await page.says('.replay [role=alert]', 'Stopped.');
    await until(() => over);
    assert.deepEqual(heard, ['one']);
    await page.press('Escape');
    await page.has('.replay', 0);
    await page.is(`document.activeElement.className`, 'replay-button');
  });

  test(`${name}: what passes live at an echo server, to itself`, async (t) => {
    const server = await serve(t);
    const page = await openPage(t, name, server.page, { theme: 'light' });
    if (!page) return;
    await page.until(`document.querySelector('.live.on')`);
    const client = new WS(`ws://${server.host}/chat`);
    t.after(() => client.terminate());
    client.on('open', () => client.send('hello'));
    await new Promise((resolve) => client.on('message', resolve));
    client.close(1000);
    await page.until(`document.querySelector('.connection-list').innerText.includes('1000')`);
    await page.click('.replay-button');
    await page.until(`document.querySelector('.replay .which').value`);
    await page.click('.replay .begin');
    await page.says('.replay-outcome [role=status]', 'As expected.');
    assert.deepEqual(await page.axe(), []);
    // It is a connection of this server like others: the page shows it live.
    await page.until(
      `document.querySelectorAll('.connection-list .connection-number').length === 2`,
    );
  });
}

test('without a server it is off, and says why', async (t) => {
  const file = pathToFileURL(join(root, 'www/dist/inspector.html'));
  const page = await openPage(t, 'Chromium', `${file}#sample=chat`);
  if (!page) return;
  await page.read();
  await page.until(`document.querySelector('.replay-button').disabled`);
  assert.match(
    await page.evaluate(`document.querySelector('.replay-button').title`),
    /^Needs a server of yours to send from: npx ws4wasm serve/,
  );
});

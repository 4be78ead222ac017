// Acting on live traffic in the page: hold, edit, release; a bad frame made bit by bit, and the
// server's answer judged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WS from 'ws';
import { inspect } from '../cli/support.mjs';
import { until } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { fill, NAMES, openPage } from './pages.mjs';

/**
 * A proxy before an echo server, a client of it, and the page with its panel open.
 * @param {import('node:test').TestContext} t
 * @param {'Chromium' | 'Firefox'} name
 * @param {{ width?: number, theme?: 'dark' | 'light' }} [options]
 */
async function acting(t, name, options) {
  const at = await serveWs(t, (ws) => {
    ws.on('error', () => {});
    echo(ws);
  });
  const proxy = await inspect(t, `ws://${at}`, '--no-compress');
  const page = await openPage(t, name, proxy.page, options);
  if (!page) return undefined;
  await page.until(`document.querySelector('.live.on')`);
  await page.click('.act-button');
  await page.until(`document.querySelector('.act .hold')`);
  const client = new WS(proxy.address);
  t.after(() => client.terminate());
  /** @type {string[]} */
  const heard = [];
  client.on('message', (data) => heard.push(`${data}`)).on('error', () => {});
  await until(() => client.readyState === 1);
  return { page, proxy, client, heard };
}

for (const name of NAMES) {
  test(`${name}: hold, edit and release`, async (t) => {
    const own = await acting(t, name);
    if (!own) return;
    const { page, proxy, client, heard } = own;
    await fill(page, '.act form input', '"secret"');
    await page.click('.act .hold');
    await page.says('.act .hold', 'Stop holding');
    client.send('open');
    client.send('secret 1');
    client.send('after');
    await page.has('.held', 1);
    await until(() => heard.length === 1);
    await page.says('.act-count', /1 held/);
    await fill(page, '.held textarea', 'edited');
    await page.says('.held .release', 'Release, edited');
    await page.evaluate(`document.querySelector('.held .release').focus()`);
    await page.press('Enter');
    await until(() => heard.length === 3);
    assert.deepEqual(heard, ['open', 'edited', 'after']);
    await page.has('.held', 0);
    // A second client is held by itself: the first one's messages go on.
    const other = new WS(proxy.address);
    t.after(() => other.terminate());
    other.on('error', () => {});
    await until(() => other.readyState === 1);
    other.send('secret of the other');
    await page.says('.held label', /text of the client, connection 2/);
    client.send('not held');
    await until(() => heard.length === 4);
    const echoed = new Promise((resolve) => other.on('message', (data) => resolve(`${data}`)));
    await fill(page, '.held textarea', 'of the other');
    await page.click('.held .release');
    assert.equal(await echoed, 'of the other');
    await page.has('.held', 0);
    client.send('secret 2');
    await page.has('.held', 1);
    await page.click('.held .drop-it');
    await page.has('.held', 0);
    client.send('last');
    await until(() => heard.length === 5);
    assert.equal(heard[4], 'last');
    await page.click('.act .hold');
    await page.says('.act .hold', 'Hold');
  });

  test(`${name}: a bad frame, judged before, and answered by the server`, async (t) => {
    const own = await acting(t, name, { width: 1024 });
    if (!own) return;
    const { page, client, heard } = own;
    await page.until(`document.querySelectorAll('.act form option[value="1"]').length > 0`);
    await fill(page, '.act .to', 'client');
    await fill(page, '.act-body', 'from nowhere');
    await page.says('.act .verdict', /Valid: nothing will break/);
    await page.click('.act .send');
    await until(() => heard.length === 1);
    assert.deepEqual(heard, ['from nowhere']);

    await fill(page, '.act .to', 'server');
    // The connection is not compressed, and some frames are about compression.
    await fill(page, '.act .hostile', 'Inflate');
    await page.says('.needs-deflate', /^Inflate needs permessage-deflate/);
    await page.says('.act .verdict', /ReservedBits/);
    await fill(page, '.act .hostile', 'TooManyFragments');
    await page.has('.needs-deflate', 0);
    await page.says('.act .verdict', /TooManyFragments .*the server closes with 1009/);
    await fill(page, '.act .kind', 'frame');
    await page.click('.act .bit[title="RSV2"]');
    await page.says(
      '.act .verdict',
      /ReservedBits .*section 5\.2; the server closes with 1002/,
    );
    const closed = new Promise((resolve) => client.on('close', resolve));
    await page.click('.act .send');
    assert.equal(await closed, 1002);
    // The inspector shows what was sent, and what the server made of it.
    await page.until(`document.querySelector('.connection-list').innerText.includes('1002')`);
    // Its connection is gone, and with it what could be sent: Escape still closes the panel.
    await page.is(`document.querySelector('.act .send').ariaDisabled`, 'true');
    await page.press('Escape');
    await page.has('.act', 0);
    await page.is(`document.activeElement.className`, 'act-button');
    await page.until(`document.querySelector('.live.on')`);
  });
}

for (const [name, theme] of /** @type {const} */ ([
  ['Chromium', 'light'],
  ['Chromium', 'dark'],
  ['Firefox', 'light'],
])) {
  if (!NAMES.includes(name)) continue;
  test(`${name}: the panel on a phone, ${theme}, by keyboard`, async (t) => {
    const own = await acting(t, name, { width: 390, theme });
    if (!own) return;
    const { page, client, heard } = own;
    await page.is(`document.activeElement.getAttribute('aria-label')`, 'Act on live traffic');
    await page.press('Escape');
    await page.has('.act', 0);
    await page.is(`document.activeElement.className`, 'act-button');
    await page.press('Enter');
    await page.until(`document.querySelectorAll('.act form option[value="1"]').length > 0`);
    await page.evaluate(`document.querySelector('.act .hold').focus()`);
    await page.press('Enter');
    await page.says('.act .hold', 'Stop holding');
    client.send('held');
    await page.has('.held', 1);
    await fill(page, '.act .kind', 'frame');
    await page.evaluate(`document.querySelector('.act .bit[title="RSV2"]').focus()`);
    await page.press('Enter');
    await page.says('.act .verdict', /ReservedBits/);
    assert.deepEqual(await page.axe(), []);
    await page.is(
      `[...document.querySelectorAll('.act *')].filter((one) =>
        one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML)`,
      [],
    );
    // Nothing lies over the bits.
    await page.is(
      `[...document.querySelectorAll('.act .bit')].every((bit) => {
        bit.scrollIntoView({ block: 'center' });
        const { left, top, width, height } = bit.getBoundingClientRect();
        return bit.contains(document.elementFromPoint(left + width / 2, top + height / 2));
      })`,
      true,
    );
    await page.evaluate(`document.querySelector('.held .release').focus()`);
    await page.press('Enter');
    // What comes back is held, too.
    await page.until(`/of the server/.test(document.querySelector('.held')?.innerText)`);
    await page.evaluate(`document.querySelector('.held .release').focus()`);
    await page.press('Enter');
    await until(() => heard.length === 1);
    await page.has('.held', 0);
    await page.until(`document.activeElement.classList.contains('hold')`);
    await page.press('Escape');
    await page.has('.act', 0);
  });
}

test('without a proxy it is off, and says why', async (t) => {
  const { startServer } = await import('../e2e/server.mjs');
  const server = await startServer();
  t.after(() => server.kill());
  const page = await openPage(t, 'Chromium', server.url);
  if (!page) return;
  await page.until(`document.querySelector('.act-button')?.disabled`);
  assert.match(
    await page.evaluate(`document.querySelector('.act-button').title`),
    /^Needs a proxy: npx ws4wasm inspect/,
  );
});

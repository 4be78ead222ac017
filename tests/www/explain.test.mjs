// An error opens to its explanation: the RFC's words, the cause, what peers do, how to mend it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { explanations } from '../../www/src/rules/index.js';
import { startServer } from '../e2e/server.mjs';
import { NAMES, openPage } from './pages.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

const text = explanations.get('Text');

for (const name of NAMES) {
  for (const [theme, width] of /** @type {const} */ ([
    ['dark', 1440],
    ['light', 390],
  ])) {
    test(`${name}: an error is explained, ${theme}, at ${width} pixels`, async (t) => {
      const page = await openPage(t, name, `${server.url}#sample=wrong-text`, { theme, width });
      if (!page) return;
      await page.read();
      await page.evaluate(`document.querySelector('.grid-row .mark, .grid-row').click()`);
      // At the frame, and in the list of all.
      await page.until(`document.querySelector('.frame-view .violation .explain button')`);
      await page.evaluate(`document.querySelector('#detail-tab-errors').click()`);
      const button = '.errors .violation .explain button';
      await page.says(button, /Explain Text$/);
      await page.is(`document.querySelector('${button}').ariaExpanded`, 'false');
      await page.is(`document.querySelector('.errors .explanation').hidden`, true);

      // By keyboard, as any button.
      await page.evaluate(`document.querySelector('${button}').focus()`);
      await page.press('Enter');
      await page.is(`document.querySelector('${button}').ariaExpanded`, 'true');
      await page.is(`document.querySelector('.errors .explanation').hidden`, false);
      assert.equal(await page.text('.explanation blockquote p'), text?.quote);
      await page.is(
        `document.querySelector('.explanation blockquote a').href`,
        'https://www.rfc-editor.org/rfc/rfc6455.html#section-8.1',
      );
      const said = await page.text('.explanation');
      assert.ok(said.includes(text?.cause ?? '?'), said);
      assert.ok(said.includes(text?.mend ?? '?'), said);
      await page.has('.explanation tbody tr', 6);
      await page.is(
        `[...document.querySelectorAll('.explanation tr')].find((tr) => tr.cells[0].innerText === 'ws').cells[1].innerText`,
        'sends Close 1007, and tells its application 1006',
      );
      // Nothing is wider than the page.
      await page.is(
        `document.querySelector('.explanation').scrollWidth <= document.querySelector('.explanation').clientWidth`,
        true,
      );
      await page.is(`document.documentElement.scrollWidth <= innerWidth`, true);
      assert.deepEqual(await page.axe(), []);

      await page.press('Enter');
      await page.is(`document.querySelector('.errors .explanation').hidden`, true);
    });
  }

  test(`${name}: a fault of the handshake is explained where it stands`, async (t) => {
    const page = await openPage(t, name, `${server.url}#sample=failed-handshake`);
    if (!page) return;
    await page.read();
    await page.until(`document.querySelector('#detail-tab-handshake')`);
    await page.evaluate(`document.querySelector('#detail-tab-handshake').click()`);
    const button = '.handshake .violation .explain button';
    await page.says(button, /Explain RequestWsVersion$/);
    await page.click(button);
    await page.until(`document.querySelector('.handshake .explanation blockquote')`);
  });
}

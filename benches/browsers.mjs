// The receive and send workloads in Chromium and Firefox: run by bench.mjs in a process of its
// own, for one browser.
import { root } from '../scripts/lib.mjs';
import { serveFolder } from '../scripts/tools/serve.mjs';
import { child } from './child.mjs';
import { ISOLATED, launch } from './launch.mjs';
import { line } from './tables.mjs';

/**
 * Runs in the page; source text, because a type checker knows no path of the page.
 * @param {boolean} quick
 */
const task = (quick) => `(async () => {
  const { run } = await import('/benches/browser-page.js');
  return run(${quick}, (row) => console.log('row ' + JSON.stringify(row)));
})()`;

/** @typedef {{ quick: boolean, browser: keyof typeof launch }} Task */

await child(async (/** @type {Task} */ { quick, browser }) => {
  const server = await serveFolder(root, ISOLATED);
  const started = await launch[browser]();
  try {
    const page = await started.newPage();
    page.on('console', (/** @type {{ text(): string }} */ message) => {
      const [, row] = message.text().match(/^row (.*)/) ?? [];
      console.log(row ? line(JSON.parse(row)) : message.text());
    });
    await page.goto(`${server.url}/benches/browser-page.html`);
    const rows = await page.evaluate(task(quick));
    const version = (await started.version()).replace(/^.*\//, '');
    return { runtime: { [browser]: version }, versions: {}, rows };
  } finally {
    await started.close();
    server.close();
  }
});

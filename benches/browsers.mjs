// The receive and send workloads in Chromium and Firefox: run by bench.mjs in a process of its
// own, for one browser.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { root } from '../scripts/lib.mjs';
import { chromiumArgs, findChromium, findFirefox } from '../scripts/peers.mjs';
import { child } from './child.mjs';
import { line } from './tables.mjs';

/** @type {Record<string, () => Promise<any>>} */
const browsers = {
  chromium: () => playwright.launch({ executablePath: findChromium(), args: chromiumArgs }),
  firefox: () =>
    puppeteer.launch({
      browser: 'firefox',
      executablePath: findFirefox(),
      // The clock of a page is made coarse on purpose; and the whole run is one call.
      extraPrefsFirefox: { 'privacy.reduceTimerPrecision': false },
      protocolTimeout: 30 * 60_000,
    }),
};

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

const blank = '<!doctype html><link rel="icon" href="data:,"><title>benchmark</title>';

/** The repository's files, to a page that is isolated: its clock is finer then. */
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Content-Type', types[extname(pathname)] ?? types['.html']);
  if (pathname === '/') return response.end(blank);
  try {
    response.end(await readFile(join(root, pathname)));
  } catch {
    response.writeHead(404).end();
  }
});

/**
 * Runs in the page; source text, because a type checker knows no path of the page.
 * @param {boolean} quick
 */
const task = (quick) => `(async () => {
  const { run } = await import('/benches/browser-page.js');
  return run(${quick}, (row) => console.log('row ' + JSON.stringify(row)));
})()`;

await child(async (/** @type {{ quick: boolean, browser: string }} */ { quick, browser }) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const started = await browsers[browser]();
  try {
    const page = await started.newPage();
    page.on('console', (/** @type {{ text(): string }} */ message) => {
      const [, row] = message.text().match(/^row (.*)/) ?? [];
      console.log(row ? line(JSON.parse(row)) : message.text());
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    const rows = await page.evaluate(task(quick));
    const version = (await started.version()).replace(/^.*\//, '');
    return { runtime: { [browser]: version }, versions: {}, rows };
  } finally {
    await started.close();
    server.closeAllConnections();
    server.close();
  }
});

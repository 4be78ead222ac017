// A page in headless Chromium on which nothing may go wrong unseen.
import { browsers, watch } from './browsers.mjs';

/**
 * A new page, closed with the test; undefined when there is no Chromium and the test skips.
 * @param {import('node:test').TestContext} test
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @param {string[]} [args] further arguments of Chromium
 * @returns {Promise<import('playwright-core').Page | undefined>}
 */
export async function launch(test, options, args) {
  const browser = await browsers.Chromium(test, args);
  if (!browser) return undefined;
  const page = await browser.newPage(options);
  watch(test, browser, page);
  return page;
}

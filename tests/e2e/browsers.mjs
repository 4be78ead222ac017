// Browsers that tests open, and what may not go wrong unseen in them.
import assert from 'node:assert/strict';
import { launchChromium, launchFirefox } from '../../scripts/tools/browsers.mjs';
import { chromium, firefox, PATIENCE } from '../support/tools.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * Each gives a browser, or undefined when there is none and the test skips.
 * @type {Record<string, (test: TestContext, args?: string[]) => Promise<any>>}
 */
export const browsers = {
  Chromium: async (test, args) => {
    const program = chromium(test);
    return program && launchChromium(program, args);
  },
  Firefox: async (test) => {
    const program = firefox(test);
    return program && launchFirefox(program);
  },
};

/**
 * Closes the browser with the test, which fails when the page logged an error.
 * @param {TestContext} test
 * @param {any} browser
 * @param {any} page
 */
export function watch(test, browser, page) {
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(PATIENCE);
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (/** @type {Error} */ error) => problems.push(String(error)));
  page.on('console', (/** @type {any} */ message) => {
    const text = message.text();
    // Firefox says so of every page that is left while a WebSocket is open.
    if (/was interrupted while the page was loading/.test(text)) return;
    if (['error', 'warning', 'warn'].includes(message.type())) problems.push(text);
  });
  test.after(async () => {
    await browser.close();
    assert.deepEqual(problems, []);
  });
}

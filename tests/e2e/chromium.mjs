// A page in headless Chromium on which nothing may go wrong unseen.
import assert from 'node:assert/strict';
import { chromium as playwright } from 'playwright-core';
import { chromium, chromiumArgs } from '../support/tools.mjs';

/**
 * A new page, closed with the test; undefined when there is no Chromium and the test skips.
 * The test fails when the page logged an error.
 * @param {import('node:test').TestContext} test
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @param {string[]} [args] further arguments of Chromium
 */
export async function launch(test, options, args = []) {
  const executablePath = chromium(test);
  if (!executablePath) return undefined;
  const browser = await playwright.launch({ executablePath, args: [...chromiumArgs, ...args] });
  const page = await browser.newPage(options);
  page.setDefaultTimeout(20_000);
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  test.after(async () => {
    await browser.close();
    assert.deepEqual(problems, []);
  });
  return page;
}

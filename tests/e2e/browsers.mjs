// Browsers, each by the library that drives it.
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { chromium, chromiumArgs, firefox } from '../support/tools.mjs';

/**
 * Each gives a browser, or undefined when there is none and the test skips.
 * @type {Record<string, (test: import('node:test').TestContext) => Promise<any>>}
 */
export const browsers = {
  Chromium: async (test) => {
    const executablePath = chromium(test);
    return executablePath && playwright.launch({ executablePath, args: chromiumArgs });
  },
  Firefox: async (test) => {
    const executablePath = firefox(test);
    return executablePath && puppeteer.launch({ browser: 'firefox', executablePath });
  },
};

// Browsers, each by what drives it, with one face: open an address, evaluate an expression.
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { chromiumArgs } from '../../scripts/peers.mjs';
import { launchWebKit } from './webdriver.mjs';

/**
 * @typedef {object} Browser
 * @property {string} version
 * @property {(url: string) => Promise<unknown>} open
 * @property {(expression: string) => Promise<any>} evaluate
 * @property {() => Promise<unknown>} close
 */

/** @type {Record<string, (tools: import('../../scripts/matrix.mjs').Tools) => Promise<Browser>>} */
export const browsers = {
  async Chromium({ chromium }) {
    const browser = await playwright.launch({ executablePath: chromium, args: chromiumArgs });
    const page = await browser.newPage();
    return {
      version: browser.version(),
      open: (url) => page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      close: () => browser.close(),
    };
  },
  async Firefox({ firefox }) {
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox });
    const page = await browser.newPage();
    return {
      version: (await browser.version()).replace(/^\w+\//, ''),
      open: (url) => page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      close: () => browser.close(),
    };
  },
  WebKitGTK: ({ webkit }) => launchWebKit(webkit),
};

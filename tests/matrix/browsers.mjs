// Browsers, each by what drives it, with one face: open an address, evaluate an expression.
import { launchChromium, launchFirefox } from '../../scripts/tools/browsers.mjs';
import { launchWebKit } from './webdriver.mjs';

/**
 * @typedef {object} Browser
 * @property {string} version
 * @property {(url: string) => Promise<unknown>} open
 * @property {(expression: string) => Promise<any>} evaluate
 * @property {() => Promise<unknown>} close
 */

/** @type {Record<string, (tools: import('../../scripts/test/matrix.mjs').Tools) => Promise<Browser>>} */
export const browsers = {
  async Chromium({ chromium }) {
    const browser = await launchChromium(chromium);
    const page = await browser.newPage();
    return {
      version: browser.version(),
      open: (url) => page.goto(url),
      evaluate: (expression) => page.evaluate(expression),
      close: () => browser.close(),
    };
  },
  async Firefox({ firefox }) {
    const browser = await launchFirefox(firefox);
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

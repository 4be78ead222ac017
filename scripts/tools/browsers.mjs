// Browsers, each by the library that drives it. What is open is a page with much the same
// methods in both.
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { chromiumArgs } from './peers.mjs';

/** How long a browser may take to start, and Firefox to answer: on a machine with other work. */
const START = 180_000;

/**
 * @param {string | undefined} executablePath
 * @param {string[]} [args] further arguments
 * @param {NodeJS.ProcessEnv} [env]
 */
export function launchChromium(executablePath, args = [], env = process.env) {
  return chromium.launch({
    executablePath,
    env: /** @type {Record<string, string>} */ (env),
    args: [...chromiumArgs, ...args],
    timeout: START,
  });
}

/**
 * @param {string | undefined} executablePath
 * @param {import('puppeteer-core').LaunchOptions} [options]
 */
export function launchFirefox(executablePath, options) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    timeout: START,
    protocolTimeout: START,
    ...options,
  });
}

/**
 * Gives Firefox's page a size. Puppeteer sends an orientation with it, which ESR 140 does not know.
 * @param {import('puppeteer-core').Page} page
 * @param {number} width
 * @param {number} height
 */
export async function resizeFirefox(page, width, height) {
  try {
    await page.setViewport({ width, height });
  } catch (error) {
    if (!String(error).includes('setScreenOrientationOverride')) throw error;
  }
  const sized = `innerWidth === ${width} && innerHeight === ${height}`;
  await page.waitForFunction(sized, { polling: 20 });
}

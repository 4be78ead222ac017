// The inspector in real browsers. Chromium is driven by playwright-core, Firefox by
// puppeteer-core; the methods that tests use here have the same names in both.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resizeFirefox } from '../../scripts/tools/browsers.mjs';
import { browsers, watch } from '../e2e/browsers.mjs';
import { PATIENCE } from '../support/tools.mjs';

const ALL = /** @type {const} */ (['Chromium', 'Firefox']);
const wanted = process.env.WS4WASM_BROWSERS?.split(',');

/** Those that tests open: all, or those that $WS4WASM_BROWSERS names. */
export const NAMES = ALL.filter((name) => wanted?.includes(name) ?? true);

/** For people who look for tests, and for parts of the page, that do not wait. */
const LATE = Number(process.env.WS4WASM_SLOW_WORKER ?? 0);

/** @typedef {Awaited<ReturnType<typeof openPage>>} Page */

/**
 * A page in a browser of its own, closed with the test; undefined when the browser is not here.
 * The test fails when the page logged an error.
 * @param {import('node:test').TestContext} test
 * @param {'Chromium' | 'Firefox'} name
 * @param {string} url
 * @param {{ width?: number, height?: number, theme?: 'dark' | 'light', before?: string, late?: number }} [options]
 *   `before`: a script that runs before those of the page; `late`: by how many milliseconds
 *   answers of the Worker come late, for tests of what happens meanwhile
 */
export async function openPage(test, name, url, options = {}) {
  const { width = 1440, height = 900, theme = 'dark', before, late = LATE } = options;
  const browser = await browsers[name](test);
  if (!browser) return undefined;
  const playwright = name === 'Chromium';
  const context = playwright
    ? await browser.newContext({
        viewport: { width, height },
        permissions: ['clipboard-read', 'clipboard-write'],
        colorScheme: theme,
      })
    : browser;
  const page = await context.newPage();
  if (!playwright) await resizeFirefox(page, width, height);
  watch(test, browser, page);
  for (const script of [noteKeys, late > 0 && slowWorker(late), before]) {
    if (!script) continue;
    await (playwright ? page.addInitScript(script) : page.evaluateOnNewDocument(script));
  }
  await page.goto(url);

  /** @param {string} code an expression, evaluated in the page @returns {Promise<any>} */
  const evaluate = (code) => page.evaluate(code);
  const self = {
    name,
    page,
    evaluate,
    /** @param {string} keys each pressed after the other, separated by spaces */
    press: async (keys) => {
      for (const key of keys.split(' ')) await page.keyboard.press(key);
    },
    /** @param {string} text */
    type: (text) => page.keyboard.type(text),
    /** @param {string} selector */
    click: async (selector) => {
      await page.waitForSelector(selector);
      await page.click(selector);
    },
    /**
     * Clicks the first of these elements with this text in it, as soon as there is one.
     * @param {string} selector
     * @param {string} text
     */
    clickText: (selector, text) =>
      self.until(`(() => {
        const all = [...document.querySelectorAll(${JSON.stringify(selector)})];
        const one = all.find((one) => one.innerText.includes(${JSON.stringify(text)}));
        one?.click();
        return one;
      })()`),
    /** @param {string} selector */
    hover: async (selector) => {
      await page.waitForSelector(selector);
      await page.hover(selector);
    },
    /** @param {string} selector */
    text: (selector) =>
      evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`),
    /** @param {string} selector @returns {Promise<number>} */
    count: (selector) =>
      evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`),
    /**
     * Waits until an expression is true in the page. What it speaks of need not be there yet.
     * @param {string} condition
     */
    until: async (condition) => {
      const attempt = `(() => { try { return Boolean(${condition}) } catch (e) { return String(e) } })()`;
      let last;
      for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
        last = await evaluate(attempt);
        if (last === true) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      const said = await self.text('body');
      const focus = await evaluate('document.activeElement?.outerHTML.slice(0, 200)');
      const keys = await evaluate('window.keysThatCame.slice(-8).join(" ")');
      assert.fail(
        `waited in vain for ${condition} (${last}); the focus is on ${focus}; the last keys that came: ${keys}; the page says: ${said}`,
      );
    },
    /**
     * Waits until an expression has a value in the page.
     * @param {string} code
     * @param {unknown} value
     */
    is: (code, value) =>
      settled(
        () => evaluate(code),
        (found) => assert.deepEqual(found, value, code),
      ),
    /**
     * Waits until an element's text is this, or like this.
     * @param {string} selector
     * @param {string | RegExp} text
     */
    says: (selector, text) =>
      settled(
        () => self.text(selector),
        (found) =>
          typeof text === 'string'
            ? assert.equal(found, text, selector)
            : assert.match(found, text),
      ),
    /** Waits until this many elements are there. @param {string} selector @param {number} count */
    has: (selector, count) =>
      settled(
        () => self.count(selector),
        (found) => assert.equal(found, count, selector),
      ),
    /** Waits until everything is read. */
    read: () =>
      self.until(
        `document.querySelector('.status .source') && !document.querySelector('.status progress')
          && (document.querySelector('.grid-row .cell')?.innerText || document.querySelector('.connection.refused'))`,
      ),
    /** @returns {Promise<number>} rows of the table, by what assistive technology is told */
    rows: async () =>
      Number(await evaluate(`document.querySelector('.grid').getAttribute('aria-rowcount')`)) -
      1,
    /**
     * Drops a file on the page.
     * @param {string} file its name
     * @param {Uint8Array} bytes
     */
    drop: (file, bytes) =>
      evaluate(`(() => {
        const bytes = Uint8Array.from(atob('${Buffer.from(bytes).toString('base64')}'), (c) => c.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], ${JSON.stringify(file)}));
        const at = document.querySelector('main');
        for (const type of ['dragover', 'drop']) {
          at.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }
      })()`),
    /** Chooses a file of this machine. @param {string} path */
    choose: async (path) => {
      if (playwright) await page.setInputFiles('#file', path);
      else await (await page.$('#file')).uploadFile(path);
    },
    /** What axe finds wrong, in short. */
    axe: async () => {
      await evaluate(axeSource);
      return evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html.slice(0, 140) + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? '')).join(' | ')))`);
    },
  };
  return self;
}

/**
 * Sets a field as a person does.
 * @param {NonNullable<Page>} page
 * @param {string} selector
 * @param {string} value
 */
export const fill = (page, selector, value) =>
  page.evaluate(`(() => {
    const field = document.querySelector(${JSON.stringify(selector)});
    const kind = Object.getPrototypeOf(field);
    Object.getOwnPropertyDescriptor(kind, 'value').set.call(field, ${JSON.stringify(value)});
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  })()`);

/** A test that waits in vain for what a key does tells whether the key came. */
const noteKeys = `
  window.keysThatCame = [];
  const note = ({ key, target }) => window.keysThatCame.push(key + ' at ' + target.nodeName);
  addEventListener('keydown', note, true);
`;

/**
 * What a busy machine does now and then, always: each answer of the Worker comes late.
 * @param {number} late in milliseconds
 */
const slowWorker = (late) => `
  window.Worker = class extends Worker {
    addEventListener(type, listener, options) {
      const later = (event) => setTimeout(listener, ${late}, event);
      super.addEventListener(type, type === 'message' ? later : listener, options);
    }
  };
`;

/**
 * Asserts what is so as soon as the page has drawn it: one part of it may be there before another.
 * @template T
 * @param {() => Promise<T>} look
 * @param {(found: T) => void} check throws while it is not so
 */
async function settled(look, check) {
  for (const end = Date.now() + PATIENCE; ; ) {
    const late = Date.now() >= end;
    try {
      return check(await look());
    } catch (error) {
      if (late) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const require = createRequire(import.meta.url);
/** Evaluated as it is; the page's policy does not let a script element in. */
const axeSource = `${readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')};undefined`;

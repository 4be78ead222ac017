// The inspector's page in real browsers, with captures of 100 MB, of a million frames, and of 100 MB
// of TLS 1.3 with its keys:
// how soon there are rows, how often it says how far it is, how long all takes, how long a
// filter takes, and how long the pictures take while someone scrolls.
//
//     npm run bench -- --only inspector
//
// The page is built first where it has changed. The captures are those of tests/inspect/generate.mjs;
// they stay in target/inspector for the next time.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { pageFile } from '../js/cli/page/page.js';
import { Failure, quietly, root } from '../scripts/lib.mjs';
import { resizeFirefox } from '../scripts/tools/browsers.mjs';
import { listen } from '../scripts/tools/serve.mjs';
import { child } from './child.mjs';
import { ISOLATED, launch } from './launch.mjs';
import { median, quantile } from './measure.js';

const folder = join(root, 'target/inspector');

/** @type {Record<string, string>} */
const INPUTS = {
  mixed: '100 MB',
  frames: 'a million frames',
  tls: '100 MB of TLS 1.3 with keys',
};

/**
 * @param {'mixed' | 'frames' | 'tls'} kind
 * @param {number} size
 */
function capture(kind, size) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${kind}-${size}`);
  const generator = join(root, 'tests/inspect/generate.mjs');
  if (!existsSync(path)) quietly(process.execPath, [generator, kind, path, `${size}`]);
  return path;
}

// --- the page ---------------------------------------------------------------------------------

const server = createServer(async (request, response) => {
  const file = await pageFile((request.url ?? '/').split('?')[0]);
  if (!file) return response.writeHead(404).end();
  response.writeHead(200, { ...ISOLATED, 'Content-Type': file.type }).end(file.body);
});

/** Put into the page before a file is chosen: notes when what can be seen changes. */
const WATCH = `(() => {
  const seen = { first: undefined, done: undefined, told: [], longest: 0 };
  window.seen = seen;
  const input = document.querySelector('#file');
  input.addEventListener('change', () => { seen.start = performance.now(); last = seen.start; }, { capture: true });
  let last = performance.now();
  let status = '';
  const look = () => {
    const now = performance.now();
    if (seen.start && !seen.done) {
      seen.longest = Math.max(seen.longest, now - last);
      if (!seen.first && document.querySelector('.grid-row .opcode')) seen.first = now - seen.start;
      const text = document.querySelector('.status').innerText;
      if (text !== status) { status = text; seen.told.push(now - seen.start); }
      if (seen.first && document.querySelector('.status .source') && !document.querySelector('.status button')) {
        seen.done = now - seen.start;
      }
    }
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** The times between pictures when nothing happens: what this machine can do at best. */
const IDLE = `new Promise((resolve) => {
  const times = [];
  let last = performance.now();
  const step = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (times.length > 200) resolve(times.slice(5));
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** Scrolls the whole table in steps and at leaps; gives the times between pictures. */
const SCROLL = `new Promise((resolve) => {
  const grid = document.querySelector('.grid');
  const times = [];
  let last = performance.now();
  let n = 0;
  let blank = 0;
  const step = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    // Rows in sight that are not there yet.
    if (n > 5 && n <= 300 && document.querySelectorAll('.grid-row').length > document.querySelectorAll('.grid-row .opcode').length) blank++;
    if (++n > 400) return resolve({ steady: times.slice(5, 300), leaps: times.slice(300), blank });
    // Rows pass by, as fast as a wheel turns; then leaps over a hundredth of all.
    grid.scrollTop += n <= 300 ? 60 : grid.scrollHeight / 100;
    requestAnimationFrame(step);
  };
  grid.scrollTop = 0;
  requestAnimationFrame(step);
})`;

/** @param {string} text */
const filterTask = (text) => `new Promise((resolve, reject) => {
  const input = document.querySelector('#filter');
  const grid = document.querySelector('.grid');
  const before = grid.getAttribute('aria-rowcount');
  const started = performance.now();
  input.value = ${JSON.stringify(text)};
  input.dispatchEvent(new Event('input', { bubbles: true }));
  const look = () => {
    if (grid.getAttribute('aria-rowcount') !== before && document.querySelector('.grid-row .opcode, .grid-empty')) {
      const note = document.querySelector('#filter-note').innerText;
      resolve({ seen: performance.now() - started, engine: Number(/, (\\d+) ms/.exec(note)?.[1] ?? NaN), rows: grid.getAttribute('aria-rowcount') - 1 });
    } else if (performance.now() - started > 20000) reject(new Error('no other rows'));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

/** Times between pictures; late are those in which one was left out, at 60 a second. */
const spread = (/** @type {number[]} */ times) => ({
  p50: round(median(times)),
  p99: round(quantile(times, 0.99)),
  late: times.filter((time) => time > 25).length / times.length,
});

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/**
 * @param {any} page
 * @param {string} browser
 * @param {string} path
 */
async function choose(page, browser, path) {
  if (browser === 'chromium') await page.setInputFiles('#file', path);
  else await (await page.$('#file')).uploadFile(path);
}

/** @param {any} page */
async function done(page) {
  for (let i = 0; i < 3000; i++) {
    if (await page.evaluate('window.seen.done !== undefined')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Failure(
    `never done; the page says: ${await page.evaluate('document.body.innerText')}`,
  );
}

/**
 * @param {any} browser
 * @param {string} name
 * @param {string} url
 * @param {string} path
 * @param {number} rounds
 */
async function read(browser, name, url, path, rounds) {
  /** @type {{ first: number, all: number, slowestNews: number, longestPicture: number }[]} */
  const runs = [];
  let page;
  for (let i = 0; i < rounds; i++) {
    await page?.close();
    page = await browser.newPage();
    if (name === 'chromium') await page.setViewportSize({ width: 1440, height: 900 });
    else await resizeFirefox(page, 1440, 900);
    await page.goto(url);
    await page.evaluate(WATCH);
    // Somebody who opens a file has seen the page before.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await choose(page, name, path);
    await done(page);
    const { first, done: all, told, longest } = await page.evaluate('window.seen');
    const between = told.map(
      (/** @type {number} */ at, /** @type {number} */ n) => at - (told[n - 1] ?? 0),
    );
    runs.push({ first, all, slowestNews: Math.max(...between), longestPicture: longest });
  }
  const middle = (/** @type {keyof typeof runs[0]} */ key) =>
    round(median(runs.map((run) => run[key])));
  const row = {
    browser: name,
    input: INPUTS[basename(path).split('-')[0]],
    bytes: statSync(path).size,
    firstRows: middle('first'),
    whole: middle('all'),
    slowestNews: middle('slowestNews'),
    longestPicture: middle('longestPicture'),
  };
  return { page, row };
}

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const rounds = quick ? 1 : 5;
  quietly(process.execPath, [join(root, 'scripts/build/www.mjs'), '--if-changed']);
  console.log('making the captures');
  const files = [
    capture('mixed', quick ? 20e6 : 100e6),
    capture('frames', quick ? 100_000 : 1_000_000),
    capture('tls', quick ? 20e6 : 100e6),
  ];
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const rows = [];
  /** @type {Record<string, string>} */
  const versions = {};
  for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
    const browser = await launch[name]();
    versions[name] = String(await browser.version()).replace(/^.*\//, '');
    for (const path of files) {
      const { page, row } = await read(browser, name, url, path, rounds);
      if (path.includes('frames-')) {
        const filters = [];
        for (const text of [
          'op:close',
          'len>24 and dir:c2s',
          '/"n":7.7,/',
          'not heartbeat and fin:1 and dir:s2c',
        ]) {
          const times = [];
          for (let i = 0; i < rounds; i++) {
            times.push(await page.evaluate(filterTask(text)));
            await page.evaluate(filterTask(''));
          }
          const [{ rows: found }] = times;
          filters.push({
            filter: text,
            rows: found,
            engine: median(times.map((time) => time.engine)),
            seen: round(median(times.map((time) => time.seen))),
          });
        }
        const idle = await page.evaluate(IDLE);
        const { steady, leaps, blank } = await page.evaluate(SCROLL);
        Object.assign(row, {
          filters,
          pictures: { idle: spread(idle), scrolling: spread(steady), leaping: spread(leaps) },
          blank,
        });
      }
      rows.push(row);
      console.log(JSON.stringify(row));
      await page.close();
    }
    await browser.close();
  }
  server.close();
  return { runtime: { node: process.version }, versions, rows };
});

// The inspector's page in real browsers, with a capture of 100 MB and one of a million frames:
// how soon there are rows, how often it says how far it is, how long all takes, how long a
// filter takes, and how long the pictures take while someone scrolls.
//
//     node benches/inspector.mjs [--quick] [--browser chromium|firefox]
//
// Build the page first: npm run build:www.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { pageFile } from '../js/node/page.js';
import { Failure, root, whenStarted } from '../scripts/lib.mjs';
import { chromiumArgs, findChromium, findFirefox } from '../scripts/peers.mjs';
import { heading, quickResults, results, write } from './record.mjs';

const folder = join(root, 'target/inspector');

// --- captures ---------------------------------------------------------------------------------

const SEGMENT = 1448;

/** Writes a pcap of one connection; the packets of both sides are numbered as TCP has them. */
class Capture {
  /** @type {Buffer[]} */
  #parts = [];
  #size = 0;
  #time = 0;
  #sequence = { c2s: 1, s2c: 1 };

  /** @param {import('node:fs/promises').FileHandle} file */
  constructor(file) {
    this.file = file;
    const head = Buffer.alloc(24);
    head.writeUInt32LE(0xa1b2c3d4, 0);
    head.writeUInt16LE(2, 4);
    head.writeUInt16LE(4, 6);
    head.writeUInt32LE(262_144, 16);
    head.writeUInt32LE(1, 20);
    this.#parts.push(head);
  }

  /** @param {'c2s' | 's2c'} direction @param {Uint8Array} payload @param {number} flags of TCP */
  #packet(direction, payload, flags) {
    const toServer = direction === 'c2s';
    const packet = Buffer.alloc(16 + 54 + payload.length);
    this.#time += 3;
    packet.writeUInt32LE(1_700_000_000 + Math.floor(this.#time / 1e6), 0);
    packet.writeUInt32LE(this.#time % 1e6, 4);
    packet.writeUInt32LE(54 + payload.length, 8);
    packet.writeUInt32LE(54 + payload.length, 12);
    packet.writeUInt16BE(0x0800, 28);
    packet[30] = 0x45;
    packet.writeUInt16BE(40 + payload.length, 32);
    packet[38] = 64;
    packet[39] = 6;
    packet.set(toServer ? [10, 0, 0, 2, 10, 0, 0, 1] : [10, 0, 0, 1, 10, 0, 0, 2], 42);
    packet.writeUInt16BE(toServer ? 50_000 : 80, 50);
    packet.writeUInt16BE(toServer ? 80 : 50_000, 52);
    packet.writeUInt32BE(this.#sequence[direction] >>> 0, 54);
    packet.writeUInt32BE(this.#sequence[toServer ? 's2c' : 'c2s'] >>> 0, 58);
    packet[62] = 0x50;
    packet[63] = flags;
    packet.writeUInt16BE(65_535, 64);
    packet.set(payload, 70);
    this.#sequence[direction] += payload.length + (flags & 3 ? 1 : 0);
    this.#parts.push(packet);
    this.#size += packet.length;
  }

  begin() {
    const none = new Uint8Array(0);
    this.#sequence = { c2s: 0, s2c: 0 };
    this.#packet('c2s', none, 0x02);
    this.#packet('s2c', none, 0x12);
    this.#packet(
      'c2s',
      Buffer.from(
        'GET /load HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      ),
      0x18,
    );
    this.#packet(
      's2c',
      Buffer.from(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      ),
      0x18,
    );
  }

  /** @param {'c2s' | 's2c'} direction @param {Buffer} bytes */
  async data(direction, bytes) {
    for (let at = 0; at < bytes.length; at += SEGMENT) {
      this.#packet(direction, bytes.subarray(at, at + SEGMENT), 0x18);
    }
    if (this.#size > 4_000_000) await this.flush();
  }

  async flush() {
    await this.file.write(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#size = 0;
  }
}

/**
 * A frame; masked when the client sends it.
 * @param {'c2s' | 's2c'} direction @param {number} opcode @param {Buffer} payload @param {number} n
 */
function frame(direction, opcode, payload, n) {
  const masked = direction === 'c2s';
  const extended = payload.length > 125 ? 2 : 0;
  const key = [n & 255, (n >> 8) & 255, 0x5a, 0xa5];
  const bytes = Buffer.alloc(2 + extended + (masked ? 4 : 0) + payload.length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (extended ? 126 : payload.length);
  if (extended) bytes.writeUInt16BE(payload.length, 2);
  if (masked) bytes.set(key, 2 + extended);
  const at = bytes.length - payload.length;
  bytes.set(payload, at);
  if (masked) for (let i = 0; i < payload.length; i++) bytes[at + i] ^= key[i & 3];
  return bytes;
}

/**
 * @param {string} name
 * @param {(capture: Capture) => Promise<void>} fill
 */
async function capture(name, fill) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.pcap`);
  const file = await open(path, 'w');
  const made = new Capture(file);
  made.begin();
  await fill(made);
  await made.flush();
  await file.close();
  return path;
}

/** Texts of 8 kB one way, binary the other, until there are so many bytes. @param {number} bytes */
const large = (bytes) =>
  capture('large', async (made) => {
    const text = Buffer.from('{"price":101.25,"symbol":"WASM"} '.repeat(250));
    const binary = Buffer.from(Uint8Array.from({ length: 12_000 }, (_, i) => (i * 7) & 255));
    for (let n = 0, total = 0; total < bytes; n++) {
      const up = n % 2 === 0;
      const direction = up ? 'c2s' : 's2c';
      const one = frame(direction, up ? 1 : 2, up ? text : binary, n);
      await made.data(direction, one);
      total += one.length + Math.ceil(one.length / SEGMENT) * 70;
    }
  });

/** Short texts, a ping in a thousand. @param {number} frames */
const many = (frames) =>
  capture('many', async (made) => {
    for (let n = 0; n < frames; ) {
      const direction = (n / 40) % 2 < 1 ? 'c2s' : 's2c';
      const parts = [];
      for (let i = 0; i < 40 && n < frames; i++, n++) {
        const ping = n % 1000 === 0;
        parts.push(
          frame(direction, ping ? 9 : 1, Buffer.from(ping ? 'hb' : `message ${n}`), n),
        );
      }
      await made.data(direction, Buffer.concat(parts));
    }
  });

// --- the page ---------------------------------------------------------------------------------

const server = createServer(async (request, response) => {
  const file = await pageFile((request.url ?? '/').split('?')[0]);
  if (!file) return response.writeHead(404).end();
  response.setHeader('Content-Type', file.type);
  // Finer clocks.
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.end(file.body);
});

const programs = {
  chromium: () => playwright.launch({ executablePath: findChromium(), args: chromiumArgs }),
  firefox: () =>
    puppeteer.launch({
      browser: 'firefox',
      executablePath: findFirefox(),
      extraPrefsFirefox: { 'privacy.reduceTimerPrecision': false },
      protocolTimeout: 10 * 60_000,
    }),
};

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
    if (!document.querySelector('.grid-row .opcode')) blank++;
    if (++n > 400) return resolve({ times: times.slice(5), blank });
    // Rows pass by, then leaps over a hundredth of all.
    grid.scrollTop += n <= 300 ? 90 : grid.scrollHeight / 100;
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
      resolve({ seen: performance.now() - started, engine: Number(/in (\\d+) ms/.exec(note)?.[1] ?? NaN), rows: grid.getAttribute('aria-rowcount') - 1 });
    } else if (performance.now() - started > 20000) reject(new Error('no other rows'));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

/** @param {number[]} values @param {number} part */
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * part))
  ];

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
    else await page.setViewport({ width: 1440, height: 900 });
    await page.goto(url);
    await page.evaluate(WATCH);
    await choose(page, name, path);
    await done(page);
    const { first, done: all, told, longest } = await page.evaluate('window.seen');
    const between = told.map(
      (/** @type {number} */ at, /** @type {number} */ n) => at - (told[n - 1] ?? 0),
    );
    runs.push({ first, all, slowestNews: Math.max(...between), longestPicture: longest });
  }
  const median = (/** @type {keyof typeof runs[0]} */ key) =>
    round(
      quantile(
        runs.map((run) => run[key]),
        0.5,
      ),
    );
  const row = {
    browser: name,
    input: path.includes('large') ? 'large' : 'many',
    bytes: statSync(path).size,
    firstRows: median('first'),
    whole: median('all'),
    slowestNews: median('slowestNews'),
    longestPicture: median('longestPicture'),
  };
  return { page, row };
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, browser: { type: 'string' } },
  });
  const { quick } = values;
  const rounds = quick ? 1 : 5;
  if (!(await pageFile('/'))) throw new Failure('The page is not built: npm run build:www');
  console.log('making the captures');
  const files = [await large(quick ? 20e6 : 100e6), await many(quick ? 100_000 : 1_000_000)];
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}/`;
  const rows = [];
  /** @type {Record<string, string>} */
  const versions = {};
  for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
    if (values.browser && values.browser !== name) continue;
    const browser = /** @type {any} */ (await programs[name]());
    versions[name] = String(await browser.version());
    for (const path of files) {
      const { page, row } = await read(browser, name, url, path, rounds);
      if (row.input === 'many') {
        const filters = [];
        for (const text of [
          'op:ping',
          'len>12 and dir:c2s',
          '/message 7.7/',
          'not heartbeat',
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
            engine: quantile(
              times.map((time) => time.engine),
              0.5,
            ),
            seen: round(
              quantile(
                times.map((time) => time.seen),
                0.5,
              ),
            ),
          });
        }
        const { times, blank } = await page.evaluate(SCROLL);
        Object.assign(row, {
          filters,
          scroll: {
            pictures: times.length,
            p50: round(quantile(times, 0.5)),
            p99: round(quantile(times, 0.99)),
            most: round(Math.max(...times)),
            over33: times.filter((/** @type {number} */ time) => time > 33.4).length,
            blank,
          },
        });
      }
      rows.push(row);
      console.log(JSON.stringify(row));
      await page.close();
    }
    await browser.close();
  }
  server.close();
  rmSync(folder, { recursive: true, force: true });
  const result = {
    ...heading('inspector', quick),
    runtime: { node: process.version },
    versions,
    rows,
  };
  write('inspector', result, quick ? quickResults : results);
});

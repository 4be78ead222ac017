// What README.md shows runs, and the sizes it names are right.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import WebSocket from 'ws';
import { root } from '../../scripts/lib.mjs';
import { freePort, serveFolder } from '../../scripts/tools/serve.mjs';
import { PATIENCE } from '../support/tools.mjs';
import { launch } from './chromium.mjs';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** @param {string} language */
const blocks = (language) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code]) => code,
  );

/** @type {string} a folder in which the package is installed */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-readme-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/ws4wasm'), 'junction');
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('there are no blocks that the tests below do not run', () => {
  assert.deepEqual(
    [blocks('js').length, blocks('html').length, blocks('sh').length],
    [2, 1, 1],
  );
  assert.equal(readme.match(/^```\w/gm)?.length, 4);
});

test('the server and the client for Node talk to each other', async (t) => {
  const port = await freePort();
  const [code] = blocks('js');
  writeFileSync(join(folder, 'both.mjs'), code.replaceAll('8080', `${port}`));
  const child = spawn(process.execPath, ['both.mjs'], { cwd: folder });
  t.after(() => child.kill());
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  assert.equal(said, 'HELLO\n');
});

test('the raw server for Node echoes, refuses and closes', async (t) => {
  const port = await freePort();
  const [, code] = blocks('js');
  assert.match(code, /listen\(8080, /);
  writeFileSync(join(folder, 'server.mjs'), code.replace('8080', `${port}`));
  const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, stdio: 'inherit' });
  t.after(() => child.kill());

  /** @type {WebSocket | undefined} */
  let client;
  for (const end = Date.now() + PATIENCE; !client; ) {
    const attempt = new WebSocket(`ws://127.0.0.1:${port}/`);
    try {
      await once(attempt, 'open');
      client = attempt;
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(100);
    }
  }
  client.send('Hello, 世界');
  assert.equal(`${(await once(client, 'message'))[0]}`, 'Hello, 世界');
  client.ping('are you there');
  assert.equal(`${(await once(client, 'pong'))[0]}`, 'are you there');
  client.close(3000, 'done');
  const [closeCode, reason] = await once(client, 'close');
  assert.deepEqual([closeCode, `${reason}`], [3000, 'done']);

  const plain = createConnection(port, '127.0.0.1');
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nand more');
  const [reply] = await once(plain.setEncoding('utf8'), 'data');
  assert.match(reply, /^HTTP\/1\.1 426 /);
  assert.equal(child.exitCode, null);
});

test('the page for browsers logs a frame and its message', async (t) => {
  const page = await launch(t);
  if (!page) return;
  /** @type {string[]} */
  const lines = [];
  page.on('console', (message) => lines.push(message.text()));
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><link rel="icon" href="data:,">${blocks('html')[0]}`,
  );
  const { url, close } = await serveFolder(folder);
  t.after(close);
  await page.goto(`${url}/index.html`);
  while (lines.length < 2) await page.waitForEvent('console');
  assert.deepEqual(lines, ['frame 1 19', 'text Hello from the page']);
});

test('the commands are those of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const line of blocks('sh')[0].trim().split('\n')) {
    assert.ok(line.replace('npm ', '') in scripts, line);
  }
});

test('the sizes are those of pkg/, give or take 2 KB', () => {
  const wasm = readFileSync(join(root, 'pkg/ws4wasm_bg.wasm'));
  /** @param {string} what */
  const said = (what) =>
    Number(new RegExp(`\`pkg/ws4wasm_bg\\.wasm\`${what} \\| (\\d+) KB`).exec(readme)?.[1]);
  for (const [what, bytes] of /** @type {const} */ ([
    ['', wasm.length],
    [', gzipped', gzipSync(wasm, { level: 9 }).length],
  ])) {
    const actual = bytes / 1000;
    assert.ok(
      Math.abs(said(what) - actual) <= 2,
      `README${what} says ${said(what)}, it is ${actual}`,
    );
  }
});

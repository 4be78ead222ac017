// The pictures of docs/inspector.md, taken anew: `node scripts/generate/pictures.mjs`, or those of these
// names. The page is built first where it has changed; Chromium takes the pictures, and writes WebP
// itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { quietly, root, whenStarted } from '../lib.mjs';
import { launchChromium } from '../tools/browsers.mjs';
import { chromium } from '../tools/peers.mjs';

/** @typedef {{ name: string, link: string, keys: string, theme: 'dark' | 'light', size?: [width: number, height: number] }} Picture */

/** @type {Picture[]} */
const PICTURES = [
  { name: 'frame', link: 'sample=wrong-text', keys: 'n', theme: 'dark' },
  {
    name: 'messages',
    link: 'sample=fragments&view=messages',
    keys: 't Home ArrowRight',
    theme: 'light',
  },
  {
    name: 'payload',
    link: 'sample=subprotocols&filter=conn:0&view=messages&frame=3',
    keys: '2',
    theme: 'dark',
  },
  { name: 'statistics', link: 'sample=chat', keys: '5', theme: 'light' },
  { name: 'conversation', link: 'sample=subprotocols&frame=3', keys: '6', theme: 'light' },
  {
    name: 'difference',
    link: 'sample=chat&frame=0',
    keys: 'C t ArrowDown ArrowDown ArrowDown',
    theme: 'light',
  },
  { name: 'act', link: '', keys: '', theme: 'dark', size: [1280, 900] },
  { name: 'replay', link: '', keys: '', theme: 'light', size: [1440, 900] },
  { name: 'below', link: 'sample=compression', keys: 't', theme: 'dark', size: [1280, 800] },
  { name: 'phone', link: 'sample=wrong-text', keys: '1', theme: 'light', size: [390, 844] },
  { name: 'handshake', link: 'sample=failed-handshake', keys: '3', theme: 'dark' },
];

const QUALITY = 0.9;

/** @param {import('playwright-core').Page} page @param {Buffer} png */
async function webp(page, png) {
  const url = `data:image/png;base64,${png.toString('base64')}`;
  const made = await page.evaluate(
    async ([from, quality]) => {
      const image = new Image();
      image.src = String(from);
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', Number(quality));
    },
    [url, QUALITY],
  );
  return Buffer.from(made.slice(made.indexOf(',') + 1), 'base64');
}

/** @typedef {import('playwright-core').Page} Tab */

/**
 * A proxy before a server, whose page is open.
 * @param {Tab} tab
 * @param {typeof import('ws4wasm').WebSocket} WebSocket the server's
 * @param {(address: string) => Promise<void>} then what is to be seen
 */
async function proxied(tab, WebSocket, then) {
  const server = createServer({ WebSocket });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const target = `ws://127.0.0.1:${port}`;
  const proxy = spawn(process.execPath, [
    join(root, 'js/cli/main.js'),
    ...['inspect', '--target', target, '--listen', '0', '--no-compress'],
  ]);
  try {
    let said = '';
    while (!/http:\S+/.test(said) || !/ws:\/\/\S+/.test(said.replaceAll(target, ''))) {
      said += (await once(proxy.stdout, 'data'))[0];
    }
    await tab.goto(/http:\S+/.exec(said)?.[0] ?? '');
    const [address = ''] = /ws:\/\/\S+/.exec(said.replaceAll(target, '')) ?? [];
    await then(address);
  } finally {
    tab.once('close', () => {
      proxy.kill();
      server.close();
    });
  }
}

/** A message that is held, and a frame that is wrong. @param {Tab} tab */
const act = (tab) =>
  proxied(tab, EchoWebSocket, async (address) => {
    await tab.click('.act-button');
    await tab.fill('.act form input', '"price"');
    await tab.click('.act .hold');
    const client = await connect(address);
    await client.send('{"type":"hello"}');
    await client.send('{"type":"price","of":"EUR","is":1.07}');
    await tab.waitForSelector('.held');
    await tab.selectOption('.act .kind', 'frame');
    await tab.click('.act .bit[title="RSV2"]');
    await tab.fill('.act-body', 'hello');
    await tab.waitForSelector('.act .verdict b');
  });

/** Counts its visitors, so that each hears something else. */
class Shop extends WebSocket {
  static visits = 0;

  opened() {
    void this.send(JSON.stringify({ type: 'welcome', visit: ++Shop.visits }));
  }

  receivedMessage(/** @type {import('ws4wasm').TextMessage} */ message) {
    const { get } = JSON.parse(message.data);
    return this.send(JSON.stringify({ type: 'price', of: get, is: get === 'tea' ? 3 : 4 }));
  }
}

/** What was captured live, once more, and how the answers differ. @param {Tab} tab */
const replay = (tab) =>
  proxied(tab, Shop, async (address) => {
    const client = await connect(address);
    for (const get of ['tea', 'coffee', 'tea']) {
      await client.send(JSON.stringify({ get, user: 'ada' }));
    }
    client.close(1000);
    await tab.getByText('closed 1000').first().waitFor();
    await tab.click('.replay-button');
    await tab.fill('.replay .variables', 'set user=bob\nwas user=ada');
    await tab.selectOption('.replay .timing', 'max');
    await tab.click('.replay .begin');
    await tab.waitForSelector('.replay .told li');
    await tab.waitForSelector('.difference-counts');
  });

whenStarted(import.meta.url, async () => {
  quietly(process.execPath, [join(root, 'scripts/build/www.mjs'), '--if-changed']);
  const page = pathToFileURL(join(root, 'www/dist/inspector.html'));
  const browser = await launchChromium(chromium());
  const blank = await browser.newPage();
  const wanted = process.argv.slice(2);
  const pictures = PICTURES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const { name, link, keys, theme, size = [1440, 900] } of pictures) {
    const tab = await browser.newPage({
      viewport: { width: size[0], height: size[1] },
      colorScheme: theme,
    });
    if (name === 'act') await act(tab);
    else if (name === 'replay') await replay(tab);
    else await tab.goto(`${page}#${link}`);
    await tab.waitForSelector('.table');
    await tab.waitForTimeout(1000);
    for (const key of keys.split(' ').filter(Boolean)) {
      await tab.keyboard.press(key);
      await tab.waitForTimeout(150);
    }
    await tab.waitForTimeout(500);
    const file = `docs/inspector/${name}.webp`;
    writeFileSync(join(root, file), await webp(blank, await tab.screenshot()));
    console.log(file);
    await tab.close();
  }
  await browser.close();
});

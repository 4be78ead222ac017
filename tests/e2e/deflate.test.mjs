// permessage-deflate with browsers' own WebSockets.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { test } from 'node:test';
import { createServer, upgrade } from 'ws4wasm/node';
import { listen, until } from '../support/connections.mjs';
import {
  agreement,
  assertCompressed,
  converse,
  ours,
  parametersOf,
  takeovers,
  title,
  windows,
} from '../support/deflate.mjs';
import { browsers } from './browsers.mjs';

/**
 * Runs in the page: an echo until the server closes.
 * @param {string} url
 */
async function echo(url) {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => socket.send(data);
  const { code, wasClean } = await new Promise((resolve) => {
    socket.onclose = resolve;
  });
  return { extensions: socket.extensions, code, wasClean };
}

/** What each browser offers, and whether it tells the page what was agreed on. */
const offers = {
  Chromium: { offer: 'permessage-deflate; client_max_window_bits', tells: true },
  Firefox: { offer: 'permessage-deflate', tells: false },
};

for (const [name, launch] of Object.entries(browsers)) {
  const { offer, tells } = offers[/** @type {keyof typeof offers} */ (name)];
  const limited = offer.includes('client_max_window_bits');

  test(`${name}'s own WebSocket, compressed`, async (t) => {
    const browser = await launch(t);
    if (!browser) return;
    t.after(() => browser.close());
    t.diagnostic(`${name} ${await browser.version()}`);
    /** @type {any[]} */
    const arrived = [];
    const onWebSocket = (/** @type {any} */ ws) => void arrived.push(ws);
    const http = createHttpServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>echo</title><link rel="icon" href="data:,">');
    });
    http.on('upgrade', (request, socket, head) => {
      void upgrade(request, socket, head, { deflate: true, onWebSocket });
    });
    const pagePort = await listen(http, t);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${pagePort}/`);

    /**
     * @param {number} port
     * @param {import('ws4wasm').DeflateParameters | undefined} agreed
     */
    async function discuss(port, agreed, brief = false) {
      const echoed = page.evaluate(echo, `ws://127.0.0.1:${port}/`);
      await until(() => arrived.length);
      const ws = arrived.shift();
      assert.equal(new Headers(ws.environ.headers).get('sec-websocket-extensions'), offer);
      assert.deepEqual(ours(ws), agreed);
      const costs = await converse(ws, { brief, commands: false });
      assertCompressed(costs, 'server', 'sent', agreed);
      assertCompressed(costs, 'client', 'received', agreed);
      ws.close(1000);
      const { extensions, ...end } = await echoed;
      assert.deepEqual(end, { code: 1000, wasClean: true });
      await ws.run();
      if (tells) assert.deepEqual(parametersOf(extensions), agreed);
      else assert.equal(extensions, agreed ? 'permessage-deflate' : '');
      return costs;
    }

    /** @param {import('node:test').TestContext} t @param {boolean | object} deflate */
    const serve = (t, deflate) => listen(createServer({ deflate, onWebSocket }), t);

    for (const wanted of takeovers) {
      await t.test(title(wanted), async (t) => {
        await discuss(await serve(t, wanted), agreement(wanted));
      });
    }

    /** @type {Record<string, any>[]} */
    const costs = [];
    for (const wanted of windows) {
      // A client that has not said that its window can be smaller keeps the one it has.
      const fitting = limited ? wanted : { serverMaxWindowBits: wanted.serverMaxWindowBits };
      await t.test(title(fitting), async (t) => {
        costs.push(await discuss(await serve(t, fitting), agreement(fitting), true));
      });
    }
    await t.test('a larger window finds more', () => {
      const sent = costs.map(({ letters }) => letters.sent);
      const received = costs.map(({ letters }) => letters.received).reverse();
      for (let i = 2; i < costs.length; i++) {
        assert.ok(sent[i] < sent[i - 1]);
        if (limited) assert.ok(received[i] < received[i - 1]);
      }
    });

    if (!limited) {
      await t.test('compression without a smaller window of the client', async (t) => {
        await discuss(await serve(t, { clientMaxWindowBits: 14 }), agreement({}), true);
      });
    }

    await t.test('over upgrade', async () => {
      await discuss(pagePort, agreement({}));
    });

    await t.test('no compression that the server does not want', async (t) => {
      await discuss(await serve(t, false), undefined);
    });
  });
}

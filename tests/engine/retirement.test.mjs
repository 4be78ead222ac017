// What becomes of an engine that can no longer be trusted, of its streams and connections, and of a
// server that goes on. Each in a process of its own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inChild } from '../support/child.mjs';

describe('a handler that recurses too deeply and sends at each level', () => {
  for (const deflate of [false, true]) {
    test(`${deflate ? 'with' : 'without'} deflate is nobody else’s affair`, () => {
      const seen = inChild(async (_gauge, deflate) => {
        const { createServer, connect } = await import('ws4wasm/node');
        const { WebSocket } = await import('ws4wasm');
        console.error = () => {};
        class Walker extends WebSocket {
          /** @param {any} message */
          receivedMessage({ data }) {
            if (data === 'ping') return this.send('pong');
            let sends = 0;
            const walk = (/** @type {any} */ value) => {
              sends++;
              void this.send(`{"depth":"some text to compress ${sends}"}`);
              for (const item of value) walk(item);
            };
            const down = (/** @type {number} */ level) => {
              void this.send(`level ${level}, some text to compress`);
              down(level + 1);
            };
            if (data === 'for ever') down(0);
            else walk(JSON.parse(data));
            return this.send(`sent ${sends}`);
          }
        }
        const server = createServer({ deflate, WebSocket: Walker }).listen(0);
        await new Promise((resolve) => server.once('listening', resolve));
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
        const url = `ws://localhost:${port}`;
        const open = async () => {
          const ws = await connect(url, { deflate });
          /** @type {string[]} */
          const got = [];
          ws.onmessage = ({ data }) => got.push(String(data));
          const over = new Promise((resolve) => {
            ws.onclose = ({ code }) => resolve(code);
          });
          void ws.run();
          return { ws, got, over };
        };
        const other = await open();
        const nested = await open();
        const depth = 7000;
        void nested.ws.send('['.repeat(depth) + ']'.repeat(depth));
        while (nested.got.at(-1) !== `sent ${depth}` && nested.ws.readyState === 1) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const endless = await open();
        void endless.ws.send('for ever');
        const code = await endless.over;
        void other.ws.send('ping');
        while (other.got.length === 0 && other.ws.readyState === 1) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const late = await open();
        void late.ws.send('ping');
        while (late.got.length === 0 && late.ws.readyState === 1) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const result = {
          nested: nested.got.length,
          code,
          levels: endless.got.length,
          first: endless.got[0],
          other: other.got,
          late: late.got,
        };
        for (const { ws } of [other, nested, late]) ws.closeConnection();
        server.close();
        return result;
      }, deflate);
      assert.ok(seen.nested >= 1000, `${seen.nested} messages of the nested one`);
      assert.equal(seen.code, 1011);
      assert.ok(seen.levels > 500, `${seen.levels} levels`);
      assert.equal(seen.first, 'level 0, some text to compress');
      assert.deepEqual([seen.other, seen.late], [['pong'], ['pong']]);
    });
  }
});

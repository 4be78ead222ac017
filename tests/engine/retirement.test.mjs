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

describe('a stack overflow in a call of the engine', () => {
  for (const what of [
    'encode',
    'encode, compressed',
    'receive',
    'receive, compressed',
    'new',
  ]) {
    test(`${what}: the caller is told, and what is new goes on`, () => {
      const seen = inChild(overflow, what);
      assert.equal(seen.calls, 60);
      // Where in a call the stack ends is chance; the engine is as it was, or has been retired.
      assert.equal(seen.intact + seen.retired, seen.calls, JSON.stringify(seen));
    });
  }

  /**
   * Calls the engine at every depth until one call is too many, 60 times from depths that differ.
   * @param {unknown} _gauge
   * @param {string} what
   */
  async function overflow(_gauge, what) {
    const { Stream } = await import('ws4wasm');
    const deflate = what.includes('compressed');
    const text = 'some text that is long enough to be compressed, '.repeat(20);
    const frame = new Stream({ role: 'client', deflate }).encode(text);
    const seen = { calls: 0, intact: 0, retired: 0, told: '' };
    const rest = Array.from({ length: 40 }, () => 0);
    for (let round = 0; round < 60; round++) {
      const [one, other] = [new Stream({ deflate }), new Stream()];
      const use = what.startsWith('encode')
        ? () => one.encode(text).length
        : what === 'new'
          ? () => new Stream({ deflate: true }).free()
          : () => one.receive(frame).length;
      // Frames of another size each time.
      /** @type {(...more: unknown[]) => number} */
      const down = (...more) => {
        use();
        return down(...more, ...(more.length > 400 ? [] : [1])) + more.length;
      };
      try {
        down(...rest.slice(0, round % 40));
      } catch (error) {
        seen.calls++;
        seen.told = String(error);
      }
      // The turn is over.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const fresh = new Stream();
      if (fresh.encode('a').length !== 3) throw new Error('a new stream does not work');
      try {
        other.encode('a');
        seen.intact++;
      } catch (error) {
        if (!String(error).includes('the engine of ws4wasm has stopped')) throw error;
        seen.retired++;
      }
    }
    return seen;
  }
});

test('of a retired engine no memory is kept, though its streams are', () => {
  const kept = inChild(async (gauge) => {
    const { ServerHandshake, Stream, WebSocket } = await import('ws4wasm');
    const { Duplex } = await import('node:stream');
    const engine = await import(
      new URL('js/engine/instance.js', `file://${process.cwd()}/`).href
    );
    console.error = () => {};
    const owners = [];
    const memories = [];
    for (let round = 0; round < 10; round++) {
      const stream = new Stream({ deflate: true });
      stream.encode('some text '.repeat(100));
      stream.receive(Uint8Array.of(0x81, 0xfe, 1));
      const ws = new WebSocket(new Duplex({ read() {}, write() {} }));
      void ws.run();
      void ws.send('waits');
      owners.push(stream, ws, new ServerHandshake());
      memories.push(new WeakRef(engine.buffer));
      try {
        engine.wasm.stream_deflate(0, 1e8, true);
      } catch (error) {
        owners.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (let i = 0; i < 5; i++) await gauge.collect();
    const alive = memories.filter((memory) => memory.deref() !== undefined).length;
    return { owners: owners.length, rounds: memories.length, alive };
  });
  assert.deepEqual(kept, { owners: 40, rounds: 10, alive: 0 });
});

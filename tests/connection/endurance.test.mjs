// Many connections, one after the other and at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inChild } from '../support/child.mjs';
import { measure } from './memory-per-connection.mjs';

const KB = 1024;

/**
 * Tables inside of V8 and Node grow in steps, now and then; a leak grows always.
 * @param {number[]} held
 */
function leastGrowth(held) {
  return Math.min(...held.slice(1).map((now, i) => now - held[i]));
}

test('100,000 connections that come and go leave nothing behind', (t) => {
  const result = inChild(async (gauge) => {
    const { duplexPair } = await import('node:stream');
    const { WebSocket } = await import('ws4wasm');
    let ends = 0;
    class Counted extends WebSocket {
      closed() {
        ends++;
      }
    }
    const cycle = async (/** @type {number} */ i) => {
      const [a, b] = duplexPair();
      // As on a network, the end of one side is the end of the other.
      a.on('close', () => b.destroy());
      b.on('close', () => a.destroy());
      const server = new Counted(a);
      const client = new Counted(b, { role: 'client', pingInterval: 1000, idleTimeout: 1000 });
      const over = Promise.all([server.run(), client.run()]);
      const message = client.send('hello');
      // Each way to end has its turn.
      if (i % 5 === 0) client.closeConnection();
      else if (i % 5 === 1) a.destroy(new Error('reset'));
      else if (i % 5 === 2) server.close(1000);
      else if (i % 5 === 3) client.close(1000);
      else void message.then(() => client.close(4000, 'after a message'));
      await over;
    };
    const run = async (/** @type {number} */ count) => {
      for (let i = 0; i < count; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, j) => cycle(i + j)));
      }
    };
    await run(5000);
    const linear = [await gauge.linearMemory()];
    const held = [await gauge.held()];
    for (let i = 0; i < 4; i++) {
      await run(25_000);
      held.push(await gauge.held());
    }
    linear.push(await gauge.linearMemory());
    return { ends, held, linear, resources: process.getActiveResourcesInfo() };
  });
  t.diagnostic(JSON.stringify(result));
  const { ends, linear } = result;
  assert.equal(ends, 210_000);
  assert.equal(linear[1], linear[0]);
  const least = leastGrowth(result.held);
  assert.ok(least < 64 * KB, `${least} bytes in 25,000`);
  const left = result.resources.filter((kind) => kind === 'Timeout' || kind.includes('TCP'));
  assert.deepEqual(left, []);
});

test('2,000 connections over TCP, with handshakes', (t) => {
  const result = inChild(async (gauge) => {
    const { connect, createServer } = await import('ws4wasm/node');
    const { EchoWebSocket } = await import('ws4wasm');
    let ends = 0;
    class Counted extends EchoWebSocket {
      closed() {
        ends++;
      }
    }
    const server = createServer({ WebSocket: Counted, pingInterval: 1000 });
    await new Promise((resolve) => server.listen(0, () => resolve(undefined)));
    const { port } = /** @type {any} */ (server.address());
    const cycle = async (/** @type {number} */ i) => {
      const ws = await connect(`ws://127.0.0.1:${port}`, { WebSocket: Counted });
      if (i % 4 === 0) ws.closeConnection();
      else if (i % 4 === 1) ws.sock.resetAndDestroy();
      else ws.close(1000);
      await ws.run();
    };
    const run = async (/** @type {number} */ count) => {
      for (let i = 0; i < count; i += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, j) => cycle(i + j)));
      }
    };
    await run(500);
    const linear = [await gauge.linearMemory()];
    const held = [await gauge.held()];
    // Compilers take their time, and keep what they make: until a round adds next to nothing. A leak
    // adds to each.
    for (let i = 1; i <= 12; i++) {
      await run(400);
      while (ends < 2 * (500 + i * 400)) await new Promise((resolve) => setTimeout(resolve, 5));
      held.push(await gauge.held());
      if (i >= 5 && held[i] - held[i - 1] < 32 * 1024) break;
    }
    linear.push(await gauge.linearMemory());
    const resources = process.getActiveResourcesInfo();
    server.close();
    return { ends, held, linear, resources };
  });
  t.diagnostic(JSON.stringify(result));
  assert.equal(result.ends, 2 * (500 + 400 * (result.held.length - 1)));
  assert.equal(result.linear[1], result.linear[0]);
  const least = leastGrowth(result.held);
  assert.ok(least < 64 * KB, `${least} bytes in 400`);
  const left = result.resources.filter((kind) => kind === 'Timeout' || kind.includes('Socket'));
  assert.deepEqual(left, []);
});

test('10,000 idle connections: what one costs, next to ws', (t) => {
  const own = measure('ws4wasm');
  const inPlace = measure('ws4wasm/ws');
  const theirs = measure('ws');
  t.diagnostic(
    `ws4wasm ${own} bytes a connection, ws4wasm/ws ${inPlace}, ws ${theirs}; the Duplex is not counted`,
  );
  assert.ok(own < 1800, `${own}`);
  assert.ok(inPlace <= theirs, `${inPlace}, where ws has ${theirs}`);
});

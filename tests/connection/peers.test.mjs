// Other people's WebSockets at the other end: ws, undici, Python's websockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { describe, test } from 'node:test';
import { WebSocket as UndiciWebSocket } from 'undici';
import { WebSocket as Ws } from 'ws';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import { connect, createServer, upgrade } from 'ws4wasm/node';
import { listen, noLeaks, until } from '../support/connections.mjs';
import { startPython } from '../support/python.mjs';
import { python } from '../support/tools.mjs';
import { serveWs } from '../support/ws.mjs';

noLeaks();

/** @type {(string | Buffer)[]} */
const payloads = [
  '',
  'häß €😀',
  'x'.repeat(70_000),
  Buffer.alloc(0),
  Buffer.alloc(125, 1),
  Buffer.alloc(2_000_000, 2),
];

/**
 * Echo servers of both kinds; `ended` are the ends of their connections.
 * @param {import('node:test').TestContext} t
 */
async function servers(t) {
  /** @type {string[]} */
  const ended = [];
  class Echo extends EchoWebSocket {
    /** @param {number} code @param {string} [reason] */
    closed(code, reason) {
      ended.push(`${code} ${reason}`);
    }
  }
  const options = { WebSocket: Echo, protocols: ['b', 'c'] };
  const http = createHttpServer();
  http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head, options));
  const ports = [await listen(createServer(options), t), await listen(http, t)];
  return { urls: ports.map((port) => `ws://127.0.0.1:${port}/`), ended };
}

/** @param {any} ws */
async function converse(ws) {
  const messages = ws[Symbol.asyncIterator]();
  const next = async () => (await messages.next()).value?.data;
  for (const payload of payloads) {
    await ws.send(payload);
    const data = await next();
    assert.ok(typeof payload === 'string' ? data === payload : payload.equals(data));
  }
  // All at once.
  for (const payload of payloads) void ws.send(payload);
  for (const payload of payloads) assert.equal((await next()).length, payload.length);
  await ws.send(['in ', 'three ', 'pieces']);
  assert.equal(await next(), 'in three pieces');
  const pong = once(ws, 'pong');
  await ws.ping('are you there');
  assert.equal(`${(await pong)[0].data}`, 'are you there');
  return next;
}

describe('ws', () => {
  test('as client of createServer and upgrade', async (t) => {
    const { urls, ended } = await servers(t);
    for (const url of urls) {
      const client = new Ws(url, ['a', 'b'], { perMessageDeflate: url === urls[0] });
      await once(client, 'open');
      assert.equal(client.protocol, 'b');
      for (const payload of payloads) {
        client.send(payload);
        const [data, isBinary] = await once(client, 'message');
        assert.equal(isBinary, typeof payload !== 'string');
        assert.ok(Buffer.from(payload).equals(data));
      }
      client.send('frag', { fin: false });
      client.ping('p');
      client.send('ments', { fin: true });
      const [[pong], [data]] = await Promise.all([
        once(client, 'pong'),
        once(client, 'message'),
      ]);
      assert.deepEqual([`${pong}`, `${data}`], ['p', 'fragments']);
      client.close(4000, 'done');
      const [code, reason] = await once(client, 'close');
      assert.deepEqual([code, `${reason}`], [4000, 'done']);
    }
    await until(() => ended.length === 2);
    assert.deepEqual(ended, ['4000 done', '4000 done']);
  });

  test('a ws client that is terminated, and one that is told to go', async (t) => {
    /** @type {WebSocket[]} */
    const all = [];
    const port = await listen(
      createServer((ws) => void all.push(ws)),
      t,
    );
    const first = new Ws(`ws://127.0.0.1:${port}`);
    await once(first, 'open');
    await until(() => all.length);
    first.terminate();
    await all[0].run();
    const second = new Ws(`ws://127.0.0.1:${port}`);
    await once(second, 'open');
    await until(() => all.length === 2);
    all[1].close(4001, 'go');
    const [code, reason] = await once(second, 'close');
    assert.deepEqual([code, `${reason}`], [4001, 'go']);
    await all[1].run();
  });

  test('as server for connect', async (t) => {
    /** @type {string[]} */
    const ended = [];
    const talk = (/** @type {Ws} */ peer) => {
      peer.on('message', (data, isBinary) => {
        if (`${data}` === 'close') peer.close(4002, 'as you wish');
        else if (`${data}` === 'terminate') peer.terminate();
        else peer.send(data, { binary: isBinary });
      });
      peer.on('close', (code, reason) => ended.push(`${code} ${reason}`));
    };
    const url = `ws://${await serveWs(t, talk, { handleProtocols: () => 'b' })}`;
    const ws = await connect(url, { protocols: ['a', 'b'] });
    assert.equal(ws.protocol, 'b');
    await converse(ws);
    ws.close(4000, 'done');
    await ws.run();
    /** @type {[string, number][]} */
    const ends = [
      ['close', 4002],
      ['terminate', 1006],
    ];
    for (const [word, expected] of ends) {
      const other = await connect(url, { protocols: 'b' });
      await other.send(word);
      const [{ code }] = await once(/** @type {any} */ (other), 'close');
      assert.equal(code, expected);
    }
    await until(() => ended.length === 3);
    assert.deepEqual(ended, ['4000 done', '4002 as you wish', '1006 ']);
  });
});

test('undici as client of createServer and upgrade', async (t) => {
  const { urls, ended } = await servers(t);
  for (const url of urls) {
    const client = new UndiciWebSocket(url, ['a', 'b']);
    client.binaryType = 'arraybuffer';
    await once(client, 'open');
    assert.equal(client.protocol, 'b');
    for (const payload of payloads) {
      client.send(payload);
      const [{ data }] = await once(client, 'message');
      assert.ok(Buffer.from(payload).equals(Buffer.from(data)));
    }
    client.close(4000, 'done');
    const [{ code, reason, wasClean }] = await once(client, 'close');
    assert.deepEqual([code, reason, wasClean], [4000, 'done', true]);
  }
  await until(() => ended.length === 2);
  assert.deepEqual(ended, ['4000 done', '4000 done']);
});

describe("Python's websockets", () => {
  test('as client of createServer and upgrade', async (t) => {
    const program = python(t);
    if (!program) return;
    const { urls, ended } = await servers(t);
    for (const url of urls) {
      const { next, end } = startPython(program, 'connection/peer.py', { task: 'talk', url });
      assert.deepEqual(await next(), { wrong: [], code: 4003, protocol: 'b' });
      end();
    }
    await until(() => ended.length === 2);
    assert.deepEqual(ended, ['4003 python', '4003 python']);
  });

  test('as server for connect', async (t) => {
    const program = python(t);
    if (!program) return;
    const { next: line, end } = startPython(program, 'connection/peer.py', { task: 'serve' });
    t.after(end);
    const url = `ws://127.0.0.1:${await line()}`;
    const ws = await connect(url, { protocols: ['a', 'b'] });
    const next = await converse(ws);
    await ws.send('fragments');
    assert.equal(await next(), 'one two three');
    await ws.send('ping');
    assert.equal(await next(), 'pong came');
    ws.close(4000, 'done');
    await ws.run();
    const { protocol } = ws;
    assert.deepEqual(await line(), { code: 4000, reason: 'done', protocol });
    const other = await connect(url, { protocols: 'a' });
    await other.send('close');
    const [{ code, reason }] = await once(/** @type {any} */ (other), 'close');
    assert.deepEqual([code, reason], [4002, 'as you wish']);
    assert.equal((await line()).code, 4002);
    await other.run();
    assert.equal(other.readyState, WebSocket.CLOSED);
  });
});

// `new WebSocket(url)` of 'ws4wasm/websocket' does what the Web Platform Tests ask for, and so does
// Node's own where it has one, else undici's, which is the same: the tests describe WHATWG's, not ours.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { WebSocket as Undici } from 'undici';
import { WebSocketServer } from 'ws';
import { WebSocket as Connection } from 'ws4wasm';
import { CloseEvent, WebSocket } from 'ws4wasm/websocket';
import { PATIENCE } from '../support/tools.mjs';
import { next, wpt } from './wpt.mjs';

/** @type {string} */
let url;
const http = createServer();
/** A peer that is nobody's of those tested. */
const wss = new WebSocketServer({ noServer: true });

/** @type {Record<string, (ws: import('ws').WebSocket, request: import('node:http').IncomingMessage) => void>} */
const PATHS = {
  '/closes': (ws) => ws.close(3001, 'bye'),
  '/empty': (ws) => ws.close(),
  '/drops': (ws) => ws.terminate(),
  '/authorization': (ws, { headers }) => ws.send(headers.authorization ?? 'none'),
  '/ordered': (ws) => {
    ws.send('message');
    ws.close(1000);
  },
  '/masked': (ws) => {
    const { _socket: socket } = /** @type {any} */ (ws);
    // A text frame of no bytes, masked, which only clients may send (RFC 6455 section 5.1).
    setImmediate(() => socket.write(Buffer.from('818000000000', 'hex')));
  },
};

before(async () => {
  http.on('upgrade', (request, socket, head) => {
    const path = request.url ?? '';
    if (path === '/never') return socket.on('error', () => {}).resume();
    if (path === '/refuses')
      return socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    wss.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {});
      ws.on('message', (data, binary) => ws.send(data, { binary }));
      PATHS[path]?.(ws, request);
    });
    return undefined;
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  url = `ws://127.0.0.1:${port}`;
});

after(() => {
  for (const ws of wss.clients) ws.terminate();
  http.closeAllConnections();
  http.close();
});

/**
 * Where the platform's own is not what WHATWG says, seen in Node 22 to 26 and undici 7.
 * @type {Record<string, string>}
 */
const PLATFORM_DIFFERS = {
  'basic-auth': 'sends no Authorization',
  'interfaces/WebSocket/send/after-close': 'bufferedAmount counts nothing then',
  'interfaces/WebSocket/close/close-connecting': 'waits for the answer',
  ...(process.version.startsWith('v22.')
    ? { 'opening-handshake/002': "undici of Node 22 says 'error' and never 'close'" }
    : {}),
};

const platform = /** @type {any} */ (globalThis).WebSocket ?? Undici;
const required = createRequire(import.meta.url)('ws4wasm/websocket');

for (const [name, implementation] of Object.entries({
  'ws4wasm/websocket': WebSocket,
  "the platform's own": platform,
})) {
  describe(name, () => {
    for (const [title, work] of Object.entries(wpt)) {
      const skip = implementation === platform ? PLATFORM_DIFFERS[title] : undefined;
      test(title, { skip, timeout: PATIENCE }, async () => {
        await work({ WebSocket: implementation, url });
      });
    }
  });
}

describe('what WHATWG leaves open', () => {
  test('an error event says why there is no connection', async () => {
    const ws = new WebSocket(`${url}/refuses`);
    const [[event]] = await Promise.all([once(ws, 'error'), once(ws, 'close')]);
    assert.match(event.message, /404/);
    assert.equal(event.error.status, 404);
  });

  test('a third argument has the options of connect', async () => {
    const ws = new WebSocket(`${url}/authorization`, [], {
      headers: { Authorization: 'Bearer x' },
    });
    const { data } = await next(ws, 'message');
    assert.equal(data, 'Bearer x');
    ws.close();
    await next(ws, 'close');
    assert.throws(() => new WebSocket(url, [], /** @type {any} */ ({ agents: 1 })), {
      name: 'TypeError',
      message: /^WebSocket has no option 'agents'/,
    });
  });

  test('a message over its limit is a failure that the server hears of', async () => {
    const ws = new WebSocket(url, [], { maxMessageSize: 10 });
    await next(ws, 'open');
    const [peer] = [...wss.clients].slice(-1);
    ws.send('x'.repeat(11));
    const [[event], [code], { code: seen, wasClean }] = await Promise.all([
      once(ws, 'error'),
      once(peer, 'close'),
      next(ws, 'close'),
    ]);
    assert.equal(code, 1009);
    assert.equal(event.error.code, 1009);
    assert.deepEqual([seen, wasClean], [1006, false]);
  });

  test("events are the platform's, or of this package", async () => {
    const ws = new WebSocket(`${url}/ordered`);
    const [[message], [close]] = await Promise.all([once(ws, 'message'), once(ws, 'close')]);
    assert.ok(message instanceof MessageEvent);
    assert.ok(close instanceof CloseEvent);
    assert.equal(globalThis.CloseEvent ?? CloseEvent, CloseEvent);
  });

  test('what is required is the same interface', async () => {
    const ws = new required.WebSocket(url);
    await next(ws, 'open');
    ws.close(1000);
    const { code } = await next(ws, 'close');
    assert.equal(code, 1000);
  });

  test("the connection's class, given a URL, says what to use", () => {
    for (const address of ['ws://localhost', new URL('ws://localhost')]) {
      assert.throws(() => new Connection(/** @type {any} */ (address)), {
        name: 'TypeError',
        message:
          /^sock is ws:\/\/localhost\/?; .*connect\(url\) of 'ws4wasm\/node', or new WebSocket\(url\) of 'ws4wasm\/websocket'$/,
      });
    }
  });
});

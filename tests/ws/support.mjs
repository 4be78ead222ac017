// What the tests of 'ws4wasm/ws' share. Each runs against the real ws, too, which proves that it
// describes ws.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { describe } from 'node:test';
import * as own from 'ws4wasm/ws';

/** As programs have it that require it: all is on the class. */
const real = createRequire(import.meta.url)('ws');

/** @typedef {typeof import('ws4wasm/ws')} Package */

/**
 * @param {string} name
 * @param {(ws: Package) => void} tests
 */
export function bothWays(name, tests) {
  describe(`${name}, ws4wasm/ws`, () => tests(own));
  describe(`${name}, ws`, () => tests(real));
}

/**
 * A server that listens, and where.
 * @param {import('node:test').TestContext} t
 * @param {Package} ws
 * @param {object} [options]
 */
export async function serve(t, { WebSocketServer }, options) {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  t.after(() => {
    for (const client of wss.clients ?? []) client.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (wss.address());
  return { wss, port, url: `ws://127.0.0.1:${port}/` };
}

/**
 * A client and the server's end of it, both open.
 * @param {import('node:test').TestContext} t
 * @param {Package} ws
 * @param {{ server?: object, client?: object, protocols?: string[], path?: string }} [options]
 */
export async function pair(t, ws, { server, client, protocols, path = '' } = {}) {
  const { wss, url, port } = await serve(t, ws, server);
  const connected = once(wss, 'connection');
  const near = new ws.WebSocket(url + path, protocols ?? [], client);
  const opened = once(near, 'open');
  const [far, request] = await connected;
  await opened;
  return { wss, url, port, near, far, request };
}

/**
 * An HTTP server that does with upgrades and requests what it is told.
 * @param {import('node:test').TestContext} t
 * @param {{ upgrade?: (request: any, socket: any, head: any) => void, request?: (request: any, response: any) => void }} listeners
 */
export async function http(t, { upgrade, request }) {
  const server = createServer(request);
  if (upgrade) server.on('upgrade', upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { server, port, url: `ws://127.0.0.1:${port}/` };
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/**
 * What a server answers to a request, as one text.
 * @param {number} port
 * @param {Record<string, string>} [headers] in place of those that there are
 * @param {string} [line]
 */
export async function answer(port, headers = {}, line = 'GET / HTTP/1.1') {
  const all = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${line}\r\n${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += chunk.toString('latin1');
    if (text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) break;
  }
  socket.destroy();
  return text;
}

/**
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} event
 * @returns {Promise<any>} the first argument
 */
export const first = async (emitter, event) => (await once(emitter, event))[0];

/**
 * What 'close' says; an error before it is nothing to be thrown here.
 * @param {import('node:events').EventEmitter} emitter
 * @returns {Promise<any[]>}
 */
export const closing = (emitter) =>
  new Promise((resolve) => {
    emitter.once('close', (...args) => resolve(args));
  });

/**
 * Ends one that may be connecting still.
 * @param {import('ws4wasm/ws').WebSocket} ws
 */
export function quit(ws) {
  ws.on('error', () => {});
  ws.terminate();
}

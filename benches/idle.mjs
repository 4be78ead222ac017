// The memory of idle connections: run by bench.mjs in a process of its own for every peer. The
// clients are in another one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { createServer, upgrade } from 'ws4wasm/node';
import { WebSocketServer } from 'ws4wasm/ws';
import { root } from '../scripts/lib.mjs';
import * as gauge from '../tests/support/gauge.mjs';
import { child } from './child.mjs';
import { loadWs, versionOf } from './peers.mjs';

/**
 * @typedef {object} Idle
 * @property {Peer} peer
 * @property {number} connections
 * @property {number} held bytes a connection that JavaScript holds, those outside of its heap too
 * @property {number} resident bytes a connection by which the process has grown
 */

/** @typedef {keyof typeof servers} Peer */

/** What comes with the first ones is not theirs alone. */
const FEW = 300;

/** Switching protocols, and nothing more: the socket alone, as Node's http leaves it. */
const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

const listen = () => {};

/** What V8 finds alive; a socket that nobody keeps is alive for libuv alone. @type {Set<object>} */
const sockets = new Set();

/** Each with one listener for messages. */
const servers = {
  'a socket of http'() {
    const server = createHttpServer();
    server.on('upgrade', (_request, socket) => {
      sockets.add(socket);
      socket.on('data', listen);
      socket.write(ANSWER);
    });
    return server;
  },
  ws() {
    const server = createHttpServer();
    const wss = new (loadWs(true).WebSocketServer)({ server, perMessageDeflate: false });
    wss.on('connection', (/** @type {any} */ ws) => ws.on('message', listen));
    return server;
  },
  'ws4wasm/ws'() {
    const server = createHttpServer();
    const wss = new WebSocketServer({ server, perMessageDeflate: false });
    wss.on('connection', (ws) => ws.on('message', listen));
    return server;
  },
  'ws4wasm/node, upgrade'() {
    const server = createHttpServer();
    const onWebSocket = (/** @type {import('ws4wasm').WebSocket} */ ws) =>
      ws.addEventListener('message', listen);
    server.on('upgrade', (request, socket, head) => {
      void upgrade(request, socket, head, { onWebSocket });
    });
    return server;
  },
  'ws4wasm/node, createServer'() {
    return createServer({ onWebSocket: (ws) => ws.addEventListener('message', listen) });
  },
};

await child(
  async (/** @type {{ peer: Peer, connections: number }} */ { peer, connections }) => {
    const server = /** @type {import('node:net').Server} */ (servers[peer]());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const clients = fork(join(root, 'benches/idle-clients.mjs'), [String(port)], {
      execArgv: [],
    });
    const open = async (/** @type {number} */ more) => {
      clients.send(more);
      await once(clients, 'message');
    };
    const measure = async () => ({
      held: await gauge.held(),
      resident: process.memoryUsage.rss(),
    });
    await open(FEW);
    const before = await measure();
    await open(connections);
    const after = await measure();
    clients.kill();
    const each = (/** @type {'held' | 'resident'} */ what) =>
      Math.round((after[what] - before[what]) / connections);
    const row = { peer, connections, held: each('held'), resident: each('resident') };
    console.log(`  ${peer}: ${row.held} B held, ${row.resident} B resident, a connection`);
    const versions = { ws: versionOf('ws'), ws4wasm: versionOf('ws4wasm') };
    server.close();
    return { versions, rows: [row] };
  },
);

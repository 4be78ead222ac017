// Servers made with ws, the library that most servers in Node are made with.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listen } from '../../scripts/tools/serve.mjs';

/**
 * @param {import('node:test').TestContext} t with which it ends
 * @param {(ws: import('ws').WebSocket, request: import('node:http').IncomingMessage) => void} talk
 * @param {import('ws').ServerOptions} [options]
 * @returns {Promise<string>} where it listens, as HOST:PORT
 */
export async function serveWs(t, talk, { server = createServer(), ...options } = {}) {
  const sockets = new WebSocketServer({ server, ...options });
  sockets.on('connection', talk);
  const port = await listen(server);
  t.after(() => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${port}`;
}

/** Sends back what comes. @param {import('ws').WebSocket} ws */
export const echo = (ws) =>
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));

// `npm start`: an echo server on Node's raw sockets, made of ServerHandshake and Stream alone.
// What happens on each connection is in serve/connection.mjs.
import { createServer } from 'node:net';
import { buildPage } from '../scripts/www.mjs';
import { Connection, stopLive } from './serve/connection.mjs';
import { logger } from './serve/log.mjs';

const HOST = '127.0.0.1';
/** How long Ctrl-C waits for the peers to answer our close, in milliseconds. */
const GOODBYE = 2_000;

const given = process.env.PORT || '8080';
const port = Number(given);
if (!/^\d+$/.test(given) || port > 65_535) {
  fail(`PORT is ${JSON.stringify(given)}; it must be a number from 0 to 65535.`);
}

buildPage();

/** @type {Set<Connection>} */
const connections = new Set();
let count = 0;

const server = createServer({ allowHalfOpen: true }, (socket) => {
  const connection = new Connection(socket, logger(++count));
  connections.add(connection);
  socket.on('close', () => connections.delete(connection));
});

server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EADDRINUSE') fail(`Cannot listen on ${HOST}:${port}: ${error.message}`);
  fail(`Port ${port} is taken. Choose another one, for example: PORT=${port + 1} npm start`);
});

server.listen(port, HOST, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`Listening on http://${HOST}:${port}/ and ws://${HOST}:${port}/`);
  console.log('The first address, in a browser, shows every frame on the second; talk to the');
  console.log(`server at http://${HOST}:${port}/talk. Ctrl-C stops it.`);
});

process.on('SIGINT', stop);
process.on('SIGTERM', stop);

/** Takes no more connections and closes those that are open; the process ends with them. */
function stop() {
  // npm passes Ctrl-C on to a process that the terminal has told already.
  if (!server.listening) return;
  server.close();
  console.log(`\nClosing ${connections.size} connection${connections.size === 1 ? '' : 's'}.`);
  stopLive();
  for (const connection of connections) connection.leave();
  setTimeout(() => {
    for (const connection of connections) connection.destroy();
  }, GOODBYE).unref();
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

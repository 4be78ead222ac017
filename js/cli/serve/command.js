// `ws4wasm serve`: an echo server on Node's raw sockets, made of ServerHandshake and Stream
// alone. What happens on each connection is in serve/connection.js.
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { Failure, UsageError } from '../terminal.js';
import { Connection, stopLive } from './connection.js';
import { logger } from './log.js';

/** How long Ctrl-C waits for the peers to answer our close, in milliseconds. */
const GOODBYE = 2_000;

export const help = `Usage: ws4wasm serve [options]

An echo server: what a client sends comes back. Each frame is shown as it passes; in a browser
the same address is the inspector, which shows every bit of it, and /talk a page to talk to it.

  -p, --port PORT   where to listen; 0 for any free port (default: $PORT, or 8080)
      --host HOST   the address to listen at (default: 127.0.0.1, this machine only;
                    0.0.0.0 or :: for all: then others can reach it)

Ctrl-C closes every connection with 1001 and stops.

Examples:
  ws4wasm serve
  ws4wasm serve --port 9001
  ws4wasm connect ws://127.0.0.1:8080     in another terminal
`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code, when the server has stopped
 */
export function run(args) {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string', short: 'p' }, host: { type: 'string' } },
  });
  const { host = '127.0.0.1' } = values;
  const port = portOf(values.port);

  /** @type {Set<Connection>} */
  const connections = new Set();
  let count = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(socket, logger(++count));
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });

  /** Takes no more connections and closes those that are open. */
  const stop = () => {
    // npm passes Ctrl-C on to a process that the terminal has told already.
    if (!server.listening) return;
    server.close();
    console.log(
      `\nClosing ${connections.size} connection${connections.size === 1 ? '' : 's'}.`,
    );
    stopLive();
    for (const connection of connections) connection.leave();
    setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, GOODBYE).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  return new Promise((resolve, reject) => {
    server.on('error', (error) => reject(explained(error, host, port)));
    server.on('close', () => resolve(0));
    server.listen(port, host, () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      console.log(`Listening on http://${at}/ and ws://${at}/`);
      console.log('The first address, in a browser, shows every frame on the second; talk to');
      console.log(`the server at http://${at}/talk. Ctrl-C stops it.`);
    });
  });
}

/** @param {string | undefined} option */
function portOf(option) {
  const given = option ?? (process.env.PORT || '8080');
  if (/^\d+$/.test(given) && Number(given) <= 65_535) return Number(given);
  const name = option === undefined ? 'PORT' : '--port';
  throw new UsageError(
    `${name} is ${JSON.stringify(given)}; it must be a number from 0 to 65535.`,
  );
}

/**
 * @param {NodeJS.ErrnoException} error
 * @param {string} host
 * @param {number} port
 */
function explained({ code, message }, host, port) {
  if (code === 'EADDRINUSE') {
    const other = port < 65_535 ? port + 1 : port - 1;
    return new Failure(
      `Port ${port} is taken. Choose another one, for example: --port ${other}, or PORT=${other} npm start`,
    );
  }
  if (code === 'EACCES') {
    return new Failure(`Port ${port} is for the system only. Choose one from 1024 on.`);
  }
  return new Failure(`Cannot listen on ${host}:${port}: ${message}`);
}

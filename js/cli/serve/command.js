// `ws4wasm serve`: an echo server on Node's raw sockets, made of ServerHandshake and Stream
// alone. What happens on each connection is in serve/connection.js.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { drainOptions, Members } from '../../node/members.js';
import { bracketed, listening } from '../base/listening.js';
import { port as portOf } from '../base/options.js';
import { Guard } from '../page/guard.js';
import { Live } from '../page/live.js';
import { Site } from '../page/site.js';
import { REPLAY_PATH } from '../replay/channel.js';
import { Destinations } from '../replay/destinations.js';
import { Connection } from './connection.js';
import { logger } from './log.js';

/** How long Ctrl-C, or SIGTERM, waits for the peers to answer our close, in milliseconds. */
const GOODBYE = 2_000;

export const help = `Usage: ws4wasm serve [options]

An echo server: what a client sends comes back. Each frame is shown as it passes. The addresses
that are printed open the inspector, which shows every bit of it, and a page to talk to the
server. They hold a token: who has such an address sees what passes, and nobody else.

  -p, --port PORT        where to listen; 0 for any free port (default: $PORT, or 8080)
      --host HOST        the address to listen at (default: 127.0.0.1, this machine only;
                         0.0.0.0 or :: for all: then others can reach it)
      --allow-origin O   lets pages of this origin connect, such as http://localhost:3000, and
                         that name lead here; * for all; may be repeated. Otherwise only the
                         server's own pages may, and programs, by an address of this machine
      --replay-to URL    lets the inspector replay captures to this server; * for any; may be
                         repeated. Otherwise it may to this echo server alone

Ctrl-C or SIGTERM closes every connection with 1001 and stops.

Examples:
  ws4wasm serve
  ws4wasm serve --port 9001
  ws4wasm connect ws://127.0.0.1:8080     in another terminal
`;

/** Where it can be reached from this machine when it listens at all addresses. */
const LOOPBACK = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code, when the server has stopped
 */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', short: 'p' },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-origin': { type: 'string', multiple: true },
      'replay-to': { type: 'string', multiple: true },
    },
  });
  const { host, 'allow-origin': allowOrigin } = values;
  const wanted = values.port ?? (process.env.PORT || '8080');
  const port = portOf(wanted, values.port === undefined ? 'PORT' : '--port');
  const guard = new Guard({ allowOrigin, hosts: [host] });
  const live = new Live();
  const site = new Site(guard, { talk: true, replay: REPLAY_PATH });
  const destinations = new Destinations([], values['replay-to']);

  /** @type {Members<Connection>} */
  const connections = new Members();
  let count = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(
      socket,
      { guard, site, live, destinations },
      logger(++count),
    );
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });

  const where = await listening(server, {
    host,
    port,
    choose: (other) => `--port ${other}, or PORT=${other} npm start`,
  });
  const at = where.replace(bracketed(host), bracketed(LOOPBACK.get(host) ?? host));
  destinations.add(`ws://${at}/`);
  console.log(`Listening on ws://${at}/`);
  console.log(`The page that shows every frame: ${site.link(at)}`);
  console.log(`The page to talk to the server:  ${site.link(at, '/talk')}`);
  console.log('Ctrl-C stops it.');

  /** Takes no more connections and closes those that are open. */
  const stop = () => {
    // npm passes Ctrl-C on to a process that the terminal has told already.
    if (!server.listening) return;
    server.close();
    console.log(
      `\nClosing ${connections.size} connection${connections.size === 1 ? '' : 's'}.`,
    );
    live.stop();
    void connections.drain(drainOptions({ reason: 'The server stops.', timeout: GOODBYE }));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await once(server, 'close');
  return 0;
}

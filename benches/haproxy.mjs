// HAProxy in front of the servers of rolling.mjs, and what it says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/**
 * Connections that a proxy has room for beside those of its clients: the ones that came back before
 * their old connection was over, and those whose handshake takes its time.
 */
const ROOM = 1000;

/** @param {{ port: number, servers: number[], count: number, socket: string }} where */
const configuration = ({ port, servers, count, socket }) => `global
    maxconn ${count + ROOM}
    stats socket ${socket}
defaults
    mode http
    maxconn ${count + ROOM}
    timeout connect 10s
    timeout client 75s
    timeout server 75s
    # A server whose clients all come at once answers late, and is not down.
    timeout check 10s
    timeout tunnel 75s
    option forwardfor
    # A server that drains says 503: another one is asked before the client hears of it.
    option redispatch 1
    retry-on conn-failure 503
frontend web
    bind 127.0.0.1:${port}
    default_backend sockets
backend sockets
    balance leastconn
    option httpchk GET /healthz
${servers.map((at, i) => `    server s${i} 127.0.0.1:${at} check inter 1s fall 2 rise 1`).join('\n')}
`;

/** One HAProxy. */
export class Front {
  process;
  port;
  #socket;

  /**
   * @param {{ folder: string, port: number, servers: number[], count: number }} where
   * @param {Record<string, number>} downs servers that it takes for down are counted here, by reason
   */
  constructor({ folder, port, servers, count }, downs) {
    this.port = port;
    this.#socket = join(folder, `${port}.sock`);
    const file = join(folder, `${port}.cfg`);
    writeFileSync(file, configuration({ port, servers, count, socket: this.#socket }));
    this.process = spawn('haproxy', ['-db', '-f', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface(this.process.stderr).on('line', (line) => {
      const [, reason] = / is DOWN, reason: ([^,]+(?:, code: \d+)?)/.exec(line) ?? [];
      if (reason) downs[reason] = (downs[reason] ?? 0) + 1;
    });
  }

  /** Connections from clients that it has now, handshakes with them, and how many it takes. */
  async connections() {
    const socket = connect(this.#socket);
    await once(socket, 'connect');
    socket.end('show info\n');
    const said = await text(socket);
    const number = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(said)?.[1]);
    return { now: number('CurrConns'), most: number('Maxconn') };
  }
}

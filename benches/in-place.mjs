// `ws4wasm/ws` beside ws, by the same program on the same API: how much of the server's processor
// a message takes. Run by bench.mjs in a process of its own, which is the client: raw sockets that
// write frames made beforehand and count the bytes that come back.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/lib.mjs';
import { child } from './child.mjs';
import { digits, figures } from './measure.js';
import { loadWs, versionOf } from './peers.mjs';
import { sizeName } from './workloads.js';

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number} connections
 * @property {number} bytes of a message
 * @property {number} atOnce messages of a connection that are on their way together
 * @property {'echo' | 'burst' | 'apart'} kind who begins: the client, or the server, to all
 */

/** @typedef {{ workload: string, peers: Record<string, { microseconds: number, ratio: number, ratios: number[] }> }} Row */

/** @type {Workload[]} */
const workloads = [
  { name: 'pipelined', connections: 1, bytes: 16, atOnce: 256, kind: 'echo' },
  { name: 'pipelined', connections: 1, bytes: 4096, atOnce: 32, kind: 'echo' },
  { name: 'ping-pong', connections: 1, bytes: 16, atOnce: 1, kind: 'echo' },
  { name: 'ping-pong', connections: 1, bytes: 4096, atOnce: 1, kind: 'echo' },
  { name: 'ping-pong', connections: 50, bytes: 125, atOnce: 1, kind: 'echo' },
  { name: 'broadcast, burst', connections: 100, bytes: 64, atOnce: 20, kind: 'burst' },
  { name: 'broadcast, burst', connections: 100, bytes: 1024, atOnce: 20, kind: 'burst' },
  { name: 'broadcast, one at a time', connections: 100, bytes: 64, atOnce: 20, kind: 'apart' },
  {
    name: 'broadcast, one at a time',
    connections: 100,
    bytes: 1024,
    atOnce: 20,
    kind: 'apart',
  },
];

const peers = /** @type {const} */ (['ws', 'ws4wasm/ws']);

const title = (/** @type {Workload} */ { name, connections, bytes }) =>
  `${name}, ${sizeName(bytes)}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;

/**
 * @param {Workload} workload
 * @param {number[][]} rates
 * @returns {Row}
 */
function row(workload, rates) {
  const found = peers.map((peer, i) => {
    const { rate, ratio, ratios } = figures(rates[i], rates[0]);
    const microseconds = digits(1 / rate);
    return [peer, { microseconds, ratio: digits(ratio), ratios: ratios.map(digits) }];
  });
  return { workload: title(workload), peers: Object.fromEntries(found) };
}

/** @param {Row} row */
function line({ workload, peers: { ws, 'ws4wasm/ws': ours } }) {
  const each = `${ws.microseconds} and ${ours.microseconds} us`;
  return `  ${workload.padEnd(48)} ${each.padStart(24)}  ${ours.ratio.toFixed(2)}x`;
}

class Server {
  /** @param {import('node:child_process').ChildProcess} process @param {number} port */
  constructor(process, port) {
    this.process = process;
    this.port = port;
  }

  /** @param {string} peer */
  static async start(peer) {
    const file = join(root, 'benches/in-place-server.mjs');
    const process = fork(file, [peer], { execArgv: [] });
    const [{ port }] = await once(process, 'message');
    return new Server(process, port);
  }

  /** @param {string} order @param {object} [what] */
  tell(order, what) {
    this.process.send({ order, ...what });
  }

  async time() {
    this.tell('end');
    const [{ microseconds }] = await once(this.process, 'message');
    return microseconds;
  }

  end() {
    this.process.disconnect();
  }
}

/** The clients of one server and workload. */
class Crowd {
  #server;
  #workload;
  #sockets;
  #frames;
  #message;
  /** Bytes that each has got, and waits for. */
  #due = 0;
  #came = () => {};

  /**
   * @param {Server} server
   * @param {Workload} workload
   * @param {import('node:net').Socket[]} sockets
   */
  constructor(server, workload, sockets) {
    this.#server = server;
    this.#workload = workload;
    this.#sockets = sockets;
    this.#message = 'x'.repeat(workload.bytes);
    const { Sender } = loadWs(true);
    const payload = Buffer.from(this.#message);
    const frame = Buffer.concat(
      Sender.frame(payload, { fin: true, opcode: 1, mask: true, readOnly: true }),
    );
    this.#frames = Buffer.concat(Array(workload.atOnce).fill(frame));
    for (const socket of sockets) {
      socket.on('data', (bytes) => {
        this.#due -= bytes.length;
        if (this.#due === 0) this.#came();
      });
    }
  }

  /** @param {Server} server @param {Workload} workload */
  static async open(server, workload) {
    const { connections } = workload;
    const sockets = await Promise.all(
      Array.from({ length: connections }, () => handshake(server.port)),
    );
    return new Crowd(server, workload, sockets);
  }

  /**
   * @param {number} messages about how many that leave the server
   * @returns {Promise<number>} messages in a microsecond
   */
  async measure(messages) {
    const { atOnce, bytes, kind } = this.#workload;
    const { length: connections } = this.#sockets;
    const round = connections * atOnce;
    const rounds = Math.max(1, Math.round(messages / round));
    const header = bytes < 126 ? 2 : 4;
    this.#server.tell('begin');
    for (let i = 0; i < rounds; i++) {
      this.#due = round * (header + bytes);
      const came = new Promise((resolve) => {
        this.#came = () => resolve(undefined);
      });
      if (kind === 'echo') for (const socket of this.#sockets) socket.write(this.#frames);
      else this.#server.tell(kind, { message: this.#message, times: atOnce });
      await came;
    }
    return (rounds * round) / (await this.#server.time());
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** @param {number} port */
async function handshake(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  socket.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(`no 101: ${answer}`);
  return socket;
}

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const { rounds, messages } = quick
    ? { rounds: 3, messages: 20_000 }
    : { rounds: 7, messages: 60_000 };
  const servers = await Promise.all(peers.map((peer) => Server.start(peer)));
  const rows = [];
  for (const workload of workloads) {
    /** @type {number[][]} messages in a microsecond of the server's processor */
    const rates = peers.map(() => []);
    const all = await Promise.all(servers.map((server) => Crowd.open(server, workload)));
    for (let round = -2; round < rounds; round++) {
      for (const [i, crowd] of all.entries()) {
        const rate = await crowd.measure(messages);
        // The first are for the compilers.
        if (round >= 0) rates[i].push(rate);
      }
    }
    for (const crowd of all) crowd.close();
    rows.push(row(workload, rates));
    console.log(line(rows[rows.length - 1]));
  }
  for (const server of servers) server.end();
  const versions = { ws: versionOf('ws'), bufferutil: versionOf('bufferutil') };
  return { versions: { ...versions, ws4wasm: versionOf('ws4wasm') }, rows };
});

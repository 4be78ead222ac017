// A server in a process of its own, whose processor time is what counts, and its clients: raw sockets
// that write frames made beforehand and count the bytes that come back.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/lib.mjs';
import { loadWs } from './peers.mjs';
import { sizeName } from './workloads.js';

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number} connections
 * @property {number} bytes of a message
 * @property {number} atOnce messages of a connection that are on their way together
 * @property {'echo' | 'burst' | 'apart'} kind who begins: the client, or the server, to all
 */

/** @param {Pick<Workload, 'name' | 'connections' | 'bytes'>} workload */
export const title = ({ name, connections, bytes }) =>
  `${name}, ${sizeName(bytes)}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;

export class Server {
  /** @param {import('node:child_process').ChildProcess} process @param {number} port */
  constructor(process, port) {
    this.process = process;
    this.port = port;
  }

  /** @param {string} script of this folder @param {string[]} args */
  static async start(script, ...args) {
    const process = fork(join(root, 'benches', script), args, { execArgv: [] });
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
export class Crowd {
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

// What passes on a client's connection goes to the page, and into the file of --save.
import { bracketed } from '../base/listening.js';

/** @typedef {import('../../inspect/index.js').Endpoint} Endpoint */

const HERE = '127.0.0.1';
const PORTS = 65_535;

export class Taps {
  #live;
  /** The file, where there is one. @type {import('./capture-file.js').CaptureFile | undefined} */
  file;
  /** The clients' ends so far. @type {Set<string>} */
  #taken = new Set();
  #free = PORTS;

  /** @param {import('../page/live.js').Live} live */
  constructor(live) {
    this.#live = live;
  }

  /**
   * @param {import('node:net').Socket} socket
   * @returns {import('./connection.js').Tap}
   */
  open(socket) {
    const client = this.#ownPort(end(socket.remoteAddress, socket.remotePort));
    const server = end(socket.localAddress, socket.localPort);
    const shown = this.#live.open({ client: text(client), server: text(server) });
    const taps = [shown, ...(this.file ? [this.file.open({ client, server })] : [])];
    return {
      number: shown.number,
      data: (direction, bytes) => {
        for (const tap of taps) tap.data(direction, bytes);
      },
      end: (direction) => {
        for (const tap of taps) tap.end(direction);
      },
      close: (reason, from) => {
        for (const tap of taps) tap.close(reason, from);
      },
    };
  }

  /**
   * WebSockets in one connection of HTTP/2 have one port, and a capture tells connections apart by
   * their ports: the second gets another one, that nobody had.
   * @param {Endpoint} client
   */
  #ownPort(client) {
    const own = { ...client };
    while (this.#taken.has(text(own)) && this.#free > 0) own.port = this.#free--;
    this.#taken.add(text(own));
    return own;
  }
}

/** @param {string} [address] @param {number} [port] @returns {Endpoint} */
const end = (address = HERE, port = 0) => ({
  // An IPv4 address as a socket for both kinds calls it.
  address: address.replace(/^::ffff:(?=\d+\.)/, ''),
  port,
});

/** @param {Endpoint} end */
const text = ({ address, port }) => `${bracketed(address)}:${port}`;

// Servers of the command line: where they listen, and that no socket of theirs can end them.
import { networkInterfaces } from 'node:os';
import { Failure } from './failure.js';
import { printable } from './printable.js';

/**
 * Has a server listen, and sees to it that an error of one of its sockets is never thrown: a
 * socket has a listener from its first moment, whoever takes it over later.
 * @param {import('node:net').Server} server
 * @param {object} where
 * @param {string} where.host
 * @param {number} where.port 0 for any free one
 * @param {(port: number) => string} where.choose the option that chooses another port
 * @returns {Promise<string>} its 'address:port', an IPv6 address in brackets
 */
export function listening(server, { host, port, choose }) {
  server.prependListener('connection', (socket) => socket.on('error', () => {}));
  return new Promise((resolve, reject) => {
    const failed = (/** @type {NodeJS.ErrnoException} */ error) =>
      reject(explained(error, host, port, choose));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      // Such as too many open files: the connections that are there go on.
      server.on('error', ({ message }) => console.error(printable(message)));
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve(`${bracketed(host)}:${port}`);
    });
  });
}

/**
 * Where others find what listens there: all addresses at once are none that anyone can connect to.
 * @param {string} at 'address:port'
 * @param {ReturnType<typeof networkInterfaces>} [all]
 */
export function reachable(at, all = networkInterfaces()) {
  const [, address, port] = /^(.*):(\d+)$/.exec(at) ?? [];
  if (address !== '0.0.0.0' && address !== '[::]') return at;
  const outside = Object.values(all)
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal);
  return `${outside?.address ?? '127.0.0.1'}:${port}`;
}

/** An address as URLs have it. @param {string} address */
export const bracketed = (address) => (address.includes(':') ? `[${address}]` : address);

/**
 * @param {NodeJS.ErrnoException} error
 * @param {string} host
 * @param {number} port
 * @param {(port: number) => string} choose
 */
function explained({ code, message }, host, port, choose) {
  if (code === 'EADDRINUSE') {
    const other = port < 65_535 ? port + 1 : port - 1;
    return new Failure(`Port ${port} is taken. Choose another one: ${choose(other)}`);
  }
  if (code === 'EACCES') {
    return new Failure(`Port ${port} is for the system only. Choose one from 1024 on.`);
  }
  return new Failure(`Cannot listen on ${bracketed(host)}:${port}: ${message}`);
}

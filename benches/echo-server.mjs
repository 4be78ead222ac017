// The servers of the end-to-end benchmark, one a process: tells its port over IPC.
import { createServer as createTcpServer } from 'node:net';

/** @typedef {'ws' | 'ws4wasm' | 'tcp'} Kind */

/** @type {Record<Kind, (listening: (port: number) => void) => Promise<void>>} */
const servers = {
  async ws4wasm(listening) {
    const { EchoWebSocket } = await import('ws4wasm');
    const { createServer } = await import('ws4wasm/node');
    const server = createServer({ WebSocket: EchoWebSocket });
    server.listen(0, '127.0.0.1', () => listening(portOf(server)));
  },

  // The echo server of its README; bufferutil is there, so that it uses it.
  async ws(listening) {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    server.on('listening', () => listening(portOf(server)));
  },

  /** Gives back what comes: no server in Node does more for less. */
  async tcp(listening) {
    const server = createTcpServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => void socket.write(bytes));
    });
    server.listen(0, '127.0.0.1', () => listening(portOf(server)));
  },
};

/** @param {{ address(): unknown }} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

const kind = /** @type {Kind} */ (process.argv[2]);
await servers[kind]((port) => process.send?.(port));
process.once('disconnect', () => process.exit());

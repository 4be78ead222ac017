// The servers of the end-to-end benchmark, one a process: prints its port, and ends with its input.
// Runs in Node, Bun and Deno.

/** @typedef {'ws' | 'ws4wasm' | 'tcp' | 'bun' | 'deno'} Kind */

/** What the others have is not in Node's types. @type {any} */
const { Bun, Deno } = globalThis;

const hostname = '127.0.0.1';

/** @type {Record<Kind, (listening: (port: number) => void) => Promise<void>>} */
const servers = {
  async ws4wasm(listening) {
    const { EchoWebSocket } = await import('ws4wasm');
    const { createServer } = await import('ws4wasm/node');
    const server = createServer({ WebSocket: EchoWebSocket });
    server.listen(0, hostname, () => listening(portOf(server)));
  },

  /** The echo server of its README; it uses bufferutil unless WS_NO_BUFFER_UTIL is set. */
  async ws(listening) {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: hostname });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    server.on('listening', () => listening(portOf(server)));
  },

  /** Gives back what comes: no server in Node does more for less. */
  async tcp(listening) {
    const { createServer } = await import('node:net');
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => void socket.write(bytes));
    });
    server.listen(0, hostname, () => listening(portOf(server)));
  },

  /** The echo server of its documentation: uWebSockets, in C++. */
  async bun(listening) {
    const server = Bun.serve({
      port: 0,
      hostname,
      fetch: (/** @type {Request} */ request, /** @type {any} */ self) =>
        self.upgrade(request) ? undefined : new Response('no WebSocket', { status: 400 }),
      websocket: {
        message: (/** @type {any} */ socket, /** @type {any} */ data) => void socket.send(data),
      },
    });
    listening(server.port);
  },

  /** The same of Deno's, in Rust. */
  async deno(listening) {
    const onListen = (/** @type {{ port: number }} */ { port }) => listening(port);
    Deno.serve({ port: 0, hostname, onListen }, (/** @type {Request} */ request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = (/** @type {MessageEvent} */ { data }) => socket.send(data);
      return response;
    });
  },
};

/** @param {{ address(): unknown }} server */
function portOf(server) {
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

const kind = /** @type {Kind} */ (process.argv[2]);
await servers[kind]((port) => console.log(port));
process.stdin.on('end', () => process.exit()).resume();

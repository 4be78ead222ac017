// A server by the API of ws, one a process, for in-place.mjs: `ws` or `ws4wasm/ws`. What it is to
// do, and when its time counts, comes over IPC.
const [, , name] = process.argv;
const { WebSocketServer } = /** @type {typeof import('ws')} */ (await import(name));

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
server.on('listening', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ port });
});

/** @param {string} message */
function broadcast(message) {
  for (const socket of server.clients) socket.send(message);
}

/** @type {NodeJS.CpuUsage} */
let begun;
const orders = {
  begin() {
    begun = process.cpuUsage();
  },
  end() {
    const { user, system } = process.cpuUsage(begun);
    process.send?.({ microseconds: user + system });
  },
  /** @param {{ message: string, times: number }} what all in one turn of the event loop */
  burst({ message, times }) {
    for (let i = 0; i < times; i++) broadcast(message);
  },
  /** @param {{ message: string, times: number }} what each in a turn of its own */
  apart({ message, times }) {
    if (times === 0) return;
    broadcast(message);
    setImmediate(() => orders.apart({ message, times: times - 1 }));
  },
};

process.on('message', ({ order, ...what }) =>
  orders[/** @type {keyof typeof orders} */ (order)](/** @type {any} */ (what)),
);
process.once('disconnect', () => process.exit());

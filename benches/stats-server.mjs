// An echo server for stats.mjs: of the package in a folder, with or without what tells of it. When its
// time counts comes over IPC.
import { subscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , folder, how] = process.argv;
const load = (/** @type {string} */ file) => import(pathToFileURL(join(folder, file)).href);
const { createServer } = /** @type {typeof import('ws4wasm/node')} */ (
  await load('js/node.js')
);
const { EchoWebSocket } = /** @type {typeof import('ws4wasm')} */ (
  await load('js/entry/main.js')
);

const told = how === 'with';
const server = createServer({
  WebSocket: EchoWebSocket,
  ...(told ? { health: '/healthz', request: () => undefined } : {}),
});
let seen = 0;
if (told) {
  server.on('refused', () => seen++);
  for (const name of ['opened', 'closed', 'refused'])
    subscribe(`ws4wasm.${name}`, () => seen++);
  // As often as anybody would ask.
  setInterval(() => {
    seen += server.stats().open;
  }, 1000);
}
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ port });
});

/** @type {NodeJS.CpuUsage} */
let begun;
process.on('message', ({ order }) => {
  if (order === 'begin') begun = process.cpuUsage();
  else {
    const { user, system } = process.cpuUsage(begun);
    process.send?.({ microseconds: user + system });
  }
});
process.once('disconnect', () => process.exit());

// Echo servers for stats.mjs in one process: of the package in each of some folders, with or without
// what tells of it. The time of the process counts, while one of them is at work.
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

let seen = 0;

/** @param {string} folder @param {boolean} told */
async function start(folder, told) {
  const load = (/** @type {string} */ file) => import(pathToFileURL(join(folder, file)).href);
  const { createServer } = /** @type {typeof import('ws4wasm/node')} */ (
    await load('js/node.js')
  );
  const { EchoWebSocket } = /** @type {typeof import('ws4wasm')} */ (
    await load('js/entry/main.js')
  );
  const server = createServer({
    WebSocket: EchoWebSocket,
    ...(told ? { health: '/healthz', request: () => undefined } : {}),
  });
  if (told) server.on('refused', () => seen++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port, ask: told ? () => server.stats().open : () => 0 };
}

for (const name of ['opened', 'closed', 'refused']) subscribe(`ws4wasm.${name}`, () => seen++);
const servers = [];
for (const { folder, told } of JSON.parse(process.argv[2]))
  servers.push(await start(folder, told));

/** @type {NodeJS.CpuUsage} */
let begun;
process.on('message', ({ order, which }) => {
  if (order === 'begin') begun = process.cpuUsage();
  else {
    // Once a window, which is several times a second.
    seen += servers[which].ask();
    const { user, system } = process.cpuUsage(begun);
    process.send?.({ microseconds: user + system });
  }
});
process.once('disconnect', () => process.exit());
process.send?.({ ports: servers.map(({ port }) => port) });

// Echo servers for stats.mjs in one process: of the package in each of some folders, with or without
// what tells of it. Their clients are in the same process, over streams that are nothing but memory;
// at the end the last one listens to clients from elsewhere.
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { loadWs } from './peers.mjs';

let seen = 0;

/** When stats() was last called: once a second, as often as anybody would. */
let asked = 0;

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
  return { server, told };
}

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** A server's side of a connection, whose client is in memory. */
class Peer extends Duplex {
  remoteAddress = '127.0.0.1';
  remotePort = 1;
  /** Bytes that it was sent. */
  got = 0;

  _read() {}

  /**
   * @param {Uint8Array} chunk
   * @param {string} _encoding
   * @param {() => void} done
   */
  _write(chunk, _encoding, done) {
    this.got += chunk.length;
    done();
  }

  /** @param {{ chunk: Uint8Array }[]} chunks @param {() => void} done */
  _writev(chunks, done) {
    for (const { chunk } of chunks) this.got += chunk.length;
    done();
  }
}

/** @param {import('ws4wasm/node').WebSocketServer} server */
async function opened(server) {
  const peer = new Peer();
  server.emit('connection', peer);
  peer.push(Buffer.from(HANDSHAKE));
  while (peer.got === 0) await turn();
  return peer;
}

/** @param {import('./stats.mjs').Workload} workload */
function framesOf({ bytes, atOnce }) {
  const { Sender } = loadWs(true);
  const options = { fin: true, opcode: 1, mask: true, readOnly: true };
  const frame = Buffer.concat(Sender.frame(Buffer.from('x'.repeat(bytes)), options));
  const header = bytes < 126 ? 2 : 4;
  return { frames: Buffer.concat(Array(atOnce).fill(frame)), echo: atOnce * (header + bytes) };
}

/**
 * Rounds of one workload: each server in turn, in an order that changes.
 * @param {import('./stats.mjs').Workload} workload
 * @param {number[][]} orders
 * @param {{ rounds: number, warmUp: number }} plan
 * @returns {Promise<number[][]>} microseconds for a message, by round and server
 */
async function measure(workload, orders, { rounds, warmUp }) {
  const { connections, atOnce, messages } = workload;
  const { frames, echo } = framesOf(workload);
  const crowds = [];
  for (const { server } of servers) {
    crowds.push(await Promise.all(Array.from({ length: connections }, () => opened(server))));
  }
  const times = Math.ceil(messages / (connections * atOnce));
  const { gc } = /** @type {{ gc?: (options: object) => void }} */ (globalThis);
  const all = [];
  for (let round = -warmUp; round < rounds; round++) {
    /** @type {number[]} */
    const costs = [];
    for (const i of orders[(round + warmUp) % orders.length]) {
      const crowd = crowds[i];
      gc?.({ type: 'minor' });
      const begun = process.cpuUsage();
      for (let time = 0; time < times; time++) {
        const due = crowd[0].got + echo;
        // Whatever unmasks in place gets bytes of its own.
        for (const peer of crowd) peer.push(Buffer.from(frames));
        for (const peer of crowd) while (peer.got < due) await turn();
      }
      if (servers[i].told && performance.now() - asked > 1000) {
        asked = performance.now();
        seen += servers[i].server.stats().open;
      }
      const { user, system } = process.cpuUsage(begun);
      costs[i] = (user + system) / (times * connections * atOnce);
    }
    if (round >= 0) all.push(costs);
  }
  for (const peer of crowds.flat()) peer.destroy();
  return all;
}

for (const name of ['opened', 'closed', 'refused']) subscribe(`ws4wasm.${name}`, () => seen++);
/** @type {Awaited<ReturnType<typeof start>>[]} */
const servers = [];
const [{ loaded, workloads, orders, plan }] = await once(process, 'message');
for (const { folder, told } of loaded) servers.push(await start(folder, told));
const measured = [];
for (const workload of workloads) measured.push(await measure(workload, orders, plan));
const { server } = servers.find((one) => one.told) ?? servers[0];
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
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
process.send?.({ measured, port });

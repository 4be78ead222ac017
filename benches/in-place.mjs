// `ws4wasm/ws` beside ws, by the same program on the same API: how much of the server's processor
// a message takes. Run by bench.mjs in a process of its own, which is the client.
import { child } from './child.mjs';
import { Crowd, Server, title } from './crowd.mjs';
import { digits, figures } from './measure.js';
import { versionOf } from './peers.mjs';

/** @typedef {import('./crowd.mjs').Workload} Workload */
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

/** The first rounds are for the compilers. */
const WARM_UP = 4;

const peers = /** @type {const} */ (['ws', 'ws4wasm/ws']);

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

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const rounds = quick ? 3 : 21;
  const messages = 20_000;
  const servers = await Promise.all(
    peers.map((peer) => Server.start('in-place-server.mjs', peer)),
  );
  const rows = [];
  for (const workload of workloads) {
    /** @type {number[][]} messages in a microsecond of the server's processor */
    const rates = peers.map(() => []);
    const all = await Promise.all(servers.map((server) => Crowd.open(server, workload)));
    for (let round = -WARM_UP; round < rounds; round++) {
      const turns = [...all.entries()];
      // Whoever comes second finds the machine as the first has left it.
      if (round % 2 !== 0) turns.reverse();
      for (const [i, crowd] of turns) {
        const rate = await crowd.measure(messages);
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

// Echo servers in Node under a load generator that is not the bottleneck (load/, in Rust): run
// by bench.mjs in a process of its own. Rounds as everywhere: all servers in turn, ratios to ws.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../scripts/lib.mjs';
import { child } from './child.mjs';
import { digits, figures, median } from './measure.js';
import { versionOf } from './peers.mjs';
import { count, times } from './tables.mjs';
import { sizeName } from './workloads.js';

/**
 * @typedef {object} Case
 * @property {number} connections
 * @property {number} inFlight messages on their way in each connection
 * @property {number} bytes
 */

/** @typedef {Case & { servers: Record<string, any>, ofTcp: number }} Row */

/** @typedef {{ messages: number, seconds: number, p50: number, p90: number, p99: number }} Run */

const kinds = /** @type {const} */ (['ws', 'ws4wasm', 'tcp']);
const names = { ws: 'ws + bufferutil', ws4wasm: 'ws4wasm', tcp: 'bare TCP' };

/** Most that may be on its way at a time; more measures the kernel's buffers and swap. */
const MOST_IN_FLIGHT = 128 * 2 ** 20;

/** @param {boolean} quick @returns {Case[]} */
function cases(quick) {
  const all = [1, 10, 50, 1000].flatMap((connections) =>
    [1, 32].flatMap((inFlight) =>
      [16, 125, 16 * 1024, 2 ** 20].map((bytes) => ({ connections, inFlight, bytes })),
    ),
  );
  return all.filter(({ connections, inFlight, bytes }) =>
    quick
      ? connections === 50 && bytes === 125
      : connections * inFlight * bytes <= MOST_IN_FLIGHT,
  );
}

await child(async (/** @type {{ quick: boolean, program: string }} */ { quick, program }) => {
  const { rounds, warmUp, time } = quick
    ? { rounds: 3, warmUp: 150, time: 400 }
    : { rounds: 5, warmUp: 200, time: 700 };
  const servers = await Promise.all(kinds.map(start));
  const rows = [];
  for (const one of cases(quick)) {
    /** @type {Run[][]} */
    const runs = kinds.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const [i, kind] of kinds.entries()) {
        const run = shoot(program, servers[i].port, one, kind, warmUp, time);
        // The first is for the compilers.
        if (round >= 0) runs[i].push(run);
      }
    }
    rows.push(row(one, runs));
    console.log(line(rows[rows.length - 1]));
  }
  for (const { process } of servers) process.disconnect();
  const versions = { ws: versionOf('ws'), bufferutil: versionOf('bufferutil') };
  return { versions: { ...versions, ws4wasm: versionOf('ws4wasm') }, rows };
});

/** @param {string} kind */
async function start(kind) {
  const process = fork(join(root, 'benches/echo-server.mjs'), [kind], { execArgv: [] });
  const [port] = await once(process, 'message');
  return { process, port: Number(port) };
}

/**
 * @param {string} program
 * @param {number} port
 * @param {Case} one
 * @param {'ws' | 'ws4wasm' | 'tcp'} kind
 * @param {number} warmUp
 * @param {number} time
 * @returns {Run}
 */
function shoot(program, port, { connections, inFlight, bytes }, kind, warmUp, time) {
  // Chats send small texts; what is large is mostly binary.
  const data = bytes < 1024 ? 'text' : 'binary';
  const protocol = kind === 'tcp' ? 'tcp' : 'ws';
  const args = [port, connections, inFlight, bytes, data, protocol, warmUp, time].map(String);
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`load generator against ${kind}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * @param {Case} one
 * @param {Run[][]} runs
 * @returns {Row}
 */
function row(one, runs) {
  const rates = runs.map((all) => all.map(({ messages, seconds }) => messages / seconds));
  const [ws, ours, tcp] = rates;
  const servers = kinds.map((kind, i) => {
    const { rate, ratio, spread, ratios } = figures(rates[i], ws);
    /** @param {'p50' | 'p90' | 'p99'} name */
    const latency = (name) => median(runs[i].map((run) => run[name]));
    return [
      names[kind],
      {
        rate: digits(rate),
        ratio: digits(ratio),
        spread: spread.map(digits),
        ratios: ratios.map(digits),
        rates: rates[i].map(digits),
        /** Microseconds, medians over the rounds. */
        latency: { p50: latency('p50'), p90: latency('p90'), p99: latency('p99') },
      },
    ];
  });
  const ofTcp = digits(figures(ours, tcp).ratio);
  return { ...one, servers: Object.fromEntries(servers), ofTcp };
}

/** @param {Row} row */
function line({ connections, inFlight, bytes, servers, ofTcp }) {
  const what = `${connections} x ${inFlight} in flight, ${sizeName(bytes)}`.padEnd(30);
  const { rate } = servers[names.ws];
  const ours = servers[names.ws4wasm];
  return `  ${what} ${`${count(rate)}/s`.padStart(10)}  ws4wasm ${times(ours.ratio)}, ${times(ofTcp)} of TCP`;
}

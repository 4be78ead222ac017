// Echo servers under a load generator that is not the bottleneck (load/, in Rust): run
// by bench.mjs in a process of its own. Rounds as everywhere: all servers in turn, ratios to ws.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { quietly, root } from '../scripts/lib.mjs';
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

/** @typedef {Case & { servers: Record<string, any>, ofTcp: number, ofBun: number }} Row */

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {string} program the load generator
 * @property {string} bun
 * @property {string} deno
 */

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {'ws' | 'ws4wasm' | 'tcp' | 'bun' | 'deno'} kind
 * @property {string[]} command what runs it
 * @property {Record<string, string>} [env]
 */

/** @typedef {{ messages: number, seconds: number, p50: number, p90: number, p99: number }} Run */

const REFERENCE = 'ws + bufferutil';
const TCP = 'bare TCP';
const BUN = 'Bun’s own';

/** @param {Options} options @returns {Server[]} the first is the reference */
function contenders({ quick, bun, deno }) {
  const node = [process.execPath];
  const few = /** @type {Server[]} */ ([
    { name: REFERENCE, kind: 'ws', command: node },
    { name: 'ws4wasm', kind: 'ws4wasm', command: node },
    { name: TCP, kind: 'tcp', command: node },
    { name: BUN, kind: 'bun', command: [bun] },
  ]);
  if (quick) return few;
  return [
    ...few,
    { name: 'ws', kind: 'ws', command: node, env: { WS_NO_BUFFER_UTIL: '1' } },
    { name: 'Deno’s own', kind: 'deno', command: [deno, 'run', '--no-config', '-A'] },
  ];
}

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

await child(async (/** @type {Options} */ options) => {
  const { quick, program, bun, deno } = options;
  const { rounds, warmUp, time } = quick
    ? { rounds: 3, warmUp: 150, time: 400 }
    : { rounds: 5, warmUp: 100, time: 300 };
  const all = contenders(options);
  const servers = await Promise.all(all.map(start));
  const rows = [];
  for (const one of cases(quick)) {
    /** @type {Run[][]} */
    const runs = all.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const [i, { port }] of servers.entries()) {
        const run = shoot(program, port, one, all[i].kind, warmUp, time);
        // The first is for the compilers.
        if (round >= 0) runs[i].push(run);
      }
    }
    const named = all.map(({ name }, i) => /** @type {const} */ ([name, runs[i]]));
    rows.push(row(one, new Map(named)));
    console.log(line(rows[rows.length - 1]));
  }
  for (const { input } of servers) input.end();
  const packages = ['ws', 'bufferutil', 'ws4wasm'].map((name) => [name, versionOf(name)]);
  const programs = { Bun: versionIn(bun), Deno: versionIn(deno) };
  return { versions: { ...Object.fromEntries(packages), ...programs }, rows };
});

/** @param {string} program */
function versionIn(program) {
  return quietly(program, ['--version']).match(/\d+\.\d+\.\d+/)?.[0];
}

/** @param {Server} server */
async function start({ kind, command: [program, ...args], env }) {
  const server = spawn(program, [...args, join(root, 'benches/echo-server.mjs'), kind], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(server.stdout, 'data');
  return { input: server.stdin, port: Number(port) };
}

/**
 * @param {string} program
 * @param {number} port
 * @param {Case} one
 * @param {Server['kind']} kind
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
 * @param {Map<string, Run[]>} runs
 * @returns {Row}
 */
function row(one, runs) {
  /** @param {string} name */
  const ratesOf = (name) =>
    (runs.get(name) ?? []).map(({ messages, seconds }) => messages / seconds);
  const servers = [...runs].map(([name, all]) => {
    const { rates, rate, ratio, spread, ratios } = figures(ratesOf(name), ratesOf(REFERENCE));
    /** @param {'p50' | 'p90' | 'p99'} name */
    const latency = (name) => median(all.map((run) => run[name]));
    return [
      name,
      {
        rate: digits(rate),
        ratio: digits(ratio),
        spread: spread.map(digits),
        ratios: ratios.map(digits),
        rates: rates.map(digits),
        /** Microseconds, medians over the rounds. */
        latency: { p50: latency('p50'), p90: latency('p90'), p99: latency('p99') },
      },
    ];
  });
  /** @param {string} other */
  const of = (other) => digits(figures(ratesOf('ws4wasm'), ratesOf(other)).ratio);
  return { ...one, servers: Object.fromEntries(servers), ofTcp: of(TCP), ofBun: of(BUN) };
}

/** @param {Row} row */
function line({ connections, inFlight, bytes, servers, ofTcp, ofBun }) {
  const what = `${connections} x ${inFlight} in flight, ${sizeName(bytes)}`.padEnd(30);
  const { rate } = servers[REFERENCE];
  const { ratio } = servers.ws4wasm;
  const others = `${times(ofTcp)} of TCP, ${times(ofBun)} of Bun`;
  return `  ${what} ${`${count(rate)}/s`.padStart(10)}  ws4wasm ${times(ratio)}, ${others}`;
}

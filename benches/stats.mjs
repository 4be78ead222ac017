// What counting and hooks cost: echo servers of this package, one with everything on that tells what
// goes on, and two whose counting was taken out of their code; the processor time for a message. Run by
// bench.mjs in a process of its own.
//
// Over TCP an echo takes up to half as much again from one moment to the next, because other numbers of
// messages come together. So what counting adds is measured without a network: the bytes come from
// memory. It is compared with what an echo over TCP takes in the same processes.
//
// All three are in one process and take turns in short windows, so that what slows the machine down
// slows all down. Two copies of the same code still differ by some percent, as the compiler and the
// memory happen to fall out, and for as long as the process lives: so there are many processes, one
// after the other. The two that are the same show what such a difference comes to by chance.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, root } from '../scripts/lib.mjs';
import { child } from './child.mjs';
import { Crowd, Server, title } from './crowd.mjs';
import { digits, median, quantile } from './measure.js';
import { versionOf } from './peers.mjs';
import { random } from './workloads.js';

/**
 * A median, and where it is with 95 % certainty.
 * @typedef {{ value: number, interval: [number, number] }} Estimate
 */

/**
 * @typedef {object} Row
 * @property {string} workload
 * @property {number} tcp microseconds for a message over TCP
 * @property {number} memory the same from memory, without counting
 * @property {Estimate} added nanoseconds that counting adds
 * @property {Estimate} share what that is of an echo over TCP
 * @property {Estimate} chance nanoseconds between two that are the same
 */

/** What counting and hooks may cost at most, as a share. */
const BAR = 0.02;

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number} connections
 * @property {number} bytes of a message
 * @property {number} atOnce messages of a connection that come together
 * @property {number} messages of a window
 */

/** @type {Workload[]} */
const workloads = [
  { name: 'pipelined', connections: 1, bytes: 16, atOnce: 256, messages: 7680 },
  { name: 'pipelined', connections: 50, bytes: 125, atOnce: 32, messages: 4800 },
  { name: 'one at a time', connections: 1, bytes: 16, atOnce: 1, messages: 600 },
  { name: 'one at a time', connections: 50, bytes: 125, atOnce: 1, messages: 1000 },
];

/** A statement that counts, where connections count messages, pings and bytes. */
const COUNTING =
  /\bthis\.#?(?:messages\+\+|pings\+\+|total \+= length|received \+= given\.length);/g;

/** This many there are; fewer, and this would measure nothing. */
const COUNTED = 8;

/** The package in a folder of its own. @param {string} folder */
function copy(folder) {
  for (const name of ['package.json', 'js', 'pkg']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
}

/** @param {string} folder of a copy, which counts no more */
function takeOut(folder) {
  let found = 0;
  for (const name of ['connection', 'sender', 'outbox']) {
    const file = join(folder, 'js/connection', `${name}.js`);
    const source = readFileSync(file, 'utf8');
    const uncounted = source.replaceAll(COUNTING, () => {
      found++;
      return ';';
    });
    writeFileSync(file, uncounted);
  }
  if (found !== COUNTED) {
    throw new Failure(
      `js/connection counts in ${found} places, not in ${COUNTED}: see COUNTING`,
    );
  }
}

/** The servers: two that are the same, and the one that counts. */
const NAMES = /** @type {const} */ (['without', 'again', 'with']);

/** The orders in which they take their turns. */
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [0, 2, 1],
  [2, 0, 1],
  [1, 0, 2],
];

/** @typedef {Record<typeof NAMES[number], number>} Round microseconds for a message */

/** @typedef {{ rounds: Round[], tcp: number }} Measured a workload in one process */

/**
 * All workloads in one process.
 * @param {string} folder of the copies
 * @param {number} turn which of them is loaded first, and begins
 * @param {{ rounds: number, warmUp: number }} plan
 * @returns {Promise<Measured[]>}
 */
async function inProcess(folder, turn, plan) {
  const order = ORDERS[turn % ORDERS.length];
  const loaded = order.map((i) => ({
    folder: join(folder, NAMES[i]),
    told: NAMES[i] === 'with',
  }));
  const server = fork(join(root, 'benches/stats-server.mjs'), {
    execArgv: ['--expose-gc', '--no-warnings'],
  });
  const ended = once(server, 'exit');
  server.send({ loaded, workloads, orders: ORDERS, plan });
  const [answer] = await Promise.race([once(server, 'message'), ended]);
  if (!answer?.measured) throw new Failure('benches/stats-server.mjs failed');
  /** @type {Measured[]} */
  const all = [];
  for (const [at, workload] of workloads.entries()) {
    const rounds = answer.measured[at].map((/** @type {number[]} */ costs) =>
      Object.fromEntries(order.map((i, which) => [NAMES[i], costs[which]])),
    );
    all.push({ rounds, tcp: await overTcp(new Server(server, answer.port), workload) });
  }
  server.disconnect();
  await ended;
  return all;
}

/**
 * @param {Server} server
 * @param {Workload} workload
 * @returns {Promise<number>} microseconds of the server for a message
 */
async function overTcp(server, workload) {
  const crowd = await Crowd.open(server, { ...workload, kind: 'echo' });
  const costs = [];
  for (let i = 0; i < 5; i++) costs.push(1 / (await crowd.measure(2 * workload.messages)));
  crowd.close();
  // The first two are for the compiler.
  return median(costs.slice(2));
}

/** How often chance is asked. */
const RESAMPLED = 2000;

/**
 * The median over processes of the median over rounds, and its bootstrap interval: processes are
 * drawn, and rounds of each.
 * @param {number[][]} values of rounds, by process
 * @returns {Estimate}
 */
function estimate(values) {
  const below = random(42);
  const drawn = (/** @type {any[]} */ list) => list.map(() => list[below(list.length)]);
  const middle = (/** @type {number[][]} */ all) => median(all.map(median));
  const middles = Array.from({ length: RESAMPLED }, () => middle(drawn(values).map(drawn)));
  return {
    value: rounded(middle(values)),
    interval: [rounded(quantile(middles, 0.025)), rounded(quantile(middles, 0.975))],
  };
}

const rounded = (/** @type {number} */ value) => Number(value.toFixed(4));

const without = (/** @type {Round} */ round) => (round.without + round.again) / 2;
/** In nanoseconds. */
const added = (/** @type {Round} */ round) => (round.with - without(round)) * 1000;
const chance = (/** @type {Round} */ round) => (round.again - round.without) * 1000;

/**
 * @param {string} workload
 * @param {Measured[]} all by process
 * @returns {Row}
 */
function rowOf(workload, all) {
  const tcp = median(all.map((one) => one.tcp));
  const more = estimate(all.map(({ rounds }) => rounds.map(added)));
  const ofTcp = (/** @type {number} */ nanoseconds) => rounded(nanoseconds / 1000 / tcp);
  const [low, high] = more.interval;
  return {
    workload,
    tcp: digits(tcp),
    memory: digits(median(all.flatMap(({ rounds }) => rounds.map(without)))),
    added: more,
    share: { value: ofTcp(more.value), interval: [ofTcp(low), ofTcp(high)] },
    chance: estimate(all.map(({ rounds }) => rounds.map(chance))),
  };
}

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;

/** @param {Row} row */
const line = ({ workload, tcp, memory, added: { value, interval }, share, chance: by }) =>
  `  ${workload.padEnd(40)} ${tcp} us over TCP, ${memory} from memory; counting adds ` +
  `${value.toFixed(0)} ns (${interval.map((one) => one.toFixed(0)).join(' to ')}), ` +
  `chance ${by.interval.map((one) => one.toFixed(0)).join(' to ')}; ` +
  `of TCP ${percent(share.value)} (${share.interval.map(percent).join(' to ')})`;

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const { processes, ...plan } = quick
    ? { processes: 6, rounds: 30, warmUp: 30 }
    : { processes: 40, rounds: 30, warmUp: 20 };
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-uncounted-'));
  try {
    for (const name of NAMES) {
      copy(join(folder, name));
      if (name !== 'with') takeOut(join(folder, name));
    }
    /** By workload, and by process. @type {Measured[][]} */
    const measured = workloads.map(() => []);
    for (let turn = 0; turn < processes; turn++) {
      const all = await inProcess(folder, turn, plan);
      for (const [i, one] of all.entries()) measured[i].push(one);
      const medians = all.map(({ rounds }) => `${median(rounds.map(added)).toFixed(0)} ns`);
      console.log(`  process ${turn + 1} of ${processes}: ${medians.join(', ')} more`);
    }
    const rows = workloads.map((workload, i) => rowOf(title(workload), measured[i]));
    for (const row of rows) console.log(line(row));
    const dear = rows.filter((row) => row.share.interval[0] > BAR);
    if (dear.length) {
      const names = dear.map((row) => row.workload).join('; ');
      throw new Failure(`counting costs more than ${percent(BAR)}: ${names}`);
    }
    return { versions: { ws4wasm: versionOf('ws4wasm') }, rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
});

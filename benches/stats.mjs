// What counting and hooks cost: echo servers of this package, one with everything on that tells what
// goes on, and two whose counting was taken out of their code; the processor time for a message. Run by
// bench.mjs in a process of its own.
//
// Over TCP an echo takes up to half as much again from one moment to the next, because other numbers of
// messages come together. So there is no network here: the bytes come from memory. What counting costs
// is the same over TCP, of more that everything costs, and so a smaller share.
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
import { title } from './crowd.mjs';
import { digits, median, quantile } from './measure.js';
import { versionOf } from './peers.mjs';
import { random } from './workloads.js';

/** @typedef {{ share: number, interval: [number, number] }} Estimate a median, and where it is with 95 % */

/** @typedef {{ workload: string, without: number, with: number, more: Estimate, chance: Estimate }} Row microseconds, and shares */

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

/**
 * The rounds of all workloads in one process.
 * @param {string} folder of the copies
 * @param {number} turn which of them is loaded first, and begins
 * @param {{ rounds: number, warmUp: number }} plan
 * @returns {Promise<Round[][]>}
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
  const [all] = await Promise.race([once(server, 'message'), ended]);
  if (!Array.isArray(all)) throw new Failure('benches/stats-server.mjs failed');
  await ended;
  return all.map((/** @type {number[][]} */ rounds) =>
    rounds.map(
      (costs) =>
        /** @type {Round} */ (Object.fromEntries(order.map((i, at) => [NAMES[i], costs[at]]))),
    ),
  );
}

/** How often chance is asked. */
const RESAMPLED = 2000;

/**
 * The median over processes of the median over rounds, and its bootstrap interval: processes are
 * drawn, and rounds of each.
 * @param {number[][]} shares of rounds, by process
 * @returns {Estimate}
 */
function estimate(shares) {
  const below = random(42);
  const drawn = (/** @type {any[]} */ list) => list.map(() => list[below(list.length)]);
  const middle = (/** @type {number[][]} */ all) => median(all.map(median));
  const middles = Array.from({ length: RESAMPLED }, () => middle(drawn(shares).map(drawn)));
  const kept = (/** @type {number} */ share) => Number(share.toFixed(4));
  return {
    share: kept(middle(shares)),
    interval: [kept(quantile(middles, 0.025)), kept(quantile(middles, 0.975))],
  };
}

const more = (/** @type {Round} */ round) =>
  (2 * round.with) / (round.without + round.again) - 1;
const chance = (/** @type {Round} */ round) => round.again / round.without - 1;

/**
 * @param {string} workload
 * @param {Round[][]} rounds by process
 * @returns {Row}
 */
const rowOf = (workload, rounds) => ({
  workload,
  without: digits(median(rounds.flat().map((round) => (round.without + round.again) / 2))),
  with: digits(median(rounds.flat().map((round) => round.with))),
  more: estimate(rounds.map((all) => all.map(more))),
  chance: estimate(rounds.map((all) => all.map(chance))),
});

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;
const range = (/** @type {Estimate} */ { share, interval }) =>
  `${percent(share)} (${interval.map(percent).join(' to ')})`;

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const { processes, ...plan } = quick
    ? { processes: 4, rounds: 60, warmUp: 40 }
    : { processes: 24, rounds: 90, warmUp: 40 };
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-uncounted-'));
  try {
    for (const name of NAMES) {
      copy(join(folder, name));
      if (name !== 'with') takeOut(join(folder, name));
    }
    /** By workload, and by process. @type {Round[][][]} */
    const measured = workloads.map(() => []);
    for (let turn = 0; turn < processes; turn++) {
      const all = await inProcess(folder, turn, plan);
      for (const [i, kept] of all.entries()) measured[i].push(kept);
      const medians = all.map((kept) => percent(median(kept.map(more))));
      console.log(`  process ${turn + 1} of ${processes}: ${medians.join(', ')} more`);
    }
    const rows = workloads.map((workload, i) => rowOf(title(workload), measured[i]));
    for (const row of rows) {
      console.log(
        `  ${row.workload.padEnd(44)} ${row.without} and ${row.with} us  ${range(row.more)}, by chance ${range(row.chance)}`,
      );
    }
    const dear = rows.filter((row) => row.more.interval[0] > BAR);
    if (dear.length) {
      const names = dear.map((row) => row.workload).join('; ');
      throw new Failure(`counting costs more than ${percent(BAR)}: ${names}`);
    }
    return { versions: { ws4wasm: versionOf('ws4wasm') }, rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
});

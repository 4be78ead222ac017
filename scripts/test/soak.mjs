// `npm run test:soak`: honest and hostile clients against one server, for minutes. At the end
// every honest message has come back once and in order, and the server holds what it held.
//
//   --minutes N   1 by default
//   --seed N      what the clients do follows from it
//   --record      note the figures in tests/soak/figures.json
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { attacks as hostile } from '../../tests/soak/hostile.mjs';
import { oddities } from '../../tests/soak/odd.mjs';
import { random } from '../../tests/support/wire.mjs';
import { bold, dim, Failure, green, quietly, whenStarted } from '../lib.mjs';

/** What is done over raw sockets, to no good or in odd ways. */
const attacks = { ...hostile, ...oddities };

const HONEST = 12;
const HOSTILE = 10;

/** Long enough that what compiles is compiled; on a machine that is busy, longer. */
const WARM_UP = 10_000;
const WARM_UP_ATTACKS = 5;
const WARM_UP_CONVERSATIONS = 200;

/** Memory may differ by this much: buffers in pools, code, and what measuring itself takes. */
const SLACK = 3 * 1024 * 1024;

const file = fileURLToPath(new URL('../../tests/soak/server.mjs', import.meta.url));

const record = new URL('../../tests/soak/figures.json', import.meta.url);

/** What one run has seen. */
const newTally = () => ({
  stopped: false,
  messages: 0,
  conversations: 0,
  /** Honest clients that were too late for the handshake. */
  late: 0,
  /** @type {Record<string, number>} */
  attacks: {},
  /** @type {string[]} */
  faults: [],
});

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1e6) },
      record: { type: 'boolean' },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0)) throw new Failure(`--minutes is '${values.minutes}', not a number`);
  console.log(bold(`- soak, ${minutes} minutes, --seed ${seed}`));
  const commit = quietly('git', ['rev-parse', '--short', 'HEAD']);
  const server = await startServer();
  await run(server, WARM_UP, random(seed), isWarm);
  const before = await settle(server);
  console.log(dim(`  at rest after a warm-up: ${describe(before)}`));
  const tally = await run(server, minutes * 60_000, random(seed + 1));
  const after = await settle(server);
  console.log(dim(`  at rest at the end: ${describe(after)}`));
  server.child.disconnect();
  report(tally, after);
  const faults = [...tally.faults, ...differences(before, after)];
  if (faults.length) throw new Failure(faults.slice(0, 20).join('\n'));
  console.log(green('  nothing lost, nothing left'));
  if (!values.record) return;
  const { messages, conversations, late, attacks } = tally;
  const { codes } = after;
  const date = new Date().toISOString().slice(0, 10);
  const made = { minutes, seed, commit, date, node: process.version };
  const figures = { ...made, messages, conversations, late, attacks, codes, before, after };
  writeFileSync(record, `${JSON.stringify(figures, null, 2)}\n`);
});

/** @param {ReturnType<typeof newTally>} tally */
const isWarm = ({ attacks: made, conversations }) =>
  conversations >= WARM_UP_CONVERSATIONS &&
  Object.keys(hostile).every((name) => (made[name] ?? 0) >= WARM_UP_ATTACKS) &&
  // These take half a minute each.
  Object.keys(oddities).every((name) => (made[name] ?? 0) > 0);

async function startServer() {
  const child = fork(file, { execArgv: ['--expose-gc', '--no-warnings'] });
  const [{ port, securePort }] = await once(child, 'message');
  /** @type {Promise<never>} */
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Failure(`the server died: ${signal ?? `exit code ${code}`}`);
  });
  died.catch(() => {});
  /** @param {'glance' | 'measure'} question @returns {Promise<any>} */
  const ask = async (question) => {
    child.send(question);
    const [answer] = await Promise.race([once(child, 'message'), died]);
    return answer;
  };
  return { child, port, securePort, ask, died };
}

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/**
 * @param {Server} server
 * @param {number} time
 * @param {ReturnType<typeof random>} chance
 * @param {(tally: ReturnType<typeof newTally>) => boolean} [enough] goes on until then
 */
async function run({ port, securePort, ask, died }, time, chance, enough = () => true) {
  const { converse } = await import('../../tests/soak/honest.mjs');
  const tally = newTally();
  const names = Object.keys(attacks);
  /** @param {(own: ReturnType<typeof random>, turn: number) => Promise<void>} once */
  const again = async (once) => {
    const own = random(chance.below(2 ** 31));
    for (let turn = chance.below(names.length); !tally.stopped; turn++) await once(own, turn);
  };
  const honest = Array.from({ length: HONEST }, () =>
    again(async (own) => {
      try {
        await converse(port, own, tally);
      } catch (error) {
        tally.faults.push(`an honest client: ${/** @type {Error} */ (error).message}`);
      }
      tally.conversations++;
    }),
  );
  const raw = Array.from({ length: HOSTILE }, () =>
    again(async (own, turn) => {
      const name = names[turn % names.length];
      try {
        await attacks[name](port, own, securePort);
      } catch (error) {
        tally.faults.push(`${name}: ${/** @type {Error} */ (error).message}`);
      }
      tally.attacks[name] = (tally.attacks[name] ?? 0) + 1;
    }),
  );
  const until = Date.now() + time;
  const watch = async () => {
    while (Date.now() < until || !enough(tally)) {
      await pause(Math.min(10_000, Math.max(until - Date.now(), 1000)));
      const { open, rss } = await ask('glance');
      const made = Object.values(tally.attacks).reduce((sum, count) => sum + count, 0);
      const left = Math.max(0, Math.round((until - Date.now()) / 1000));
      console.log(
        dim(
          `  ${tally.messages} messages, ${tally.conversations} conversations, ${made} attacks; ` +
            `${open} open, ${megabytes(rss)} resident; ${left} s left`,
        ),
      );
    }
    tally.stopped = true;
  };
  await Promise.race([Promise.all([...honest, ...raw, watch()]), died]);
  return tally;
}

/** Waits until all connections are gone, and measures. @param {Server} server */
async function settle({ ask }) {
  const until = Date.now() + 60_000;
  while ((await ask('glance')).connections > 0 && Date.now() < until) await pause(100);
  // Timers of what is over run out, and finalizers run.
  await pause(3000);
  return ask('measure');
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** @param {any} state */
const describe = ({ held, linear, descriptors, connections }) =>
  `${connections} connections, ${megabytes(held)} held, ${megabytes(linear)} of the engine, ${descriptors} descriptors`;

/** @param {any} before @param {any} after */
function differences(before, after) {
  const faults = [];
  if (after.connections) faults.push(`${after.connections} connections are left`);
  if (after.open) faults.push(`${after.open} WebSockets were not told that they are closed`);
  if (after.descriptors !== before.descriptors) {
    faults.push(`${after.descriptors} descriptors, ${before.descriptors} before`);
  }
  if (String(after.resources) !== String(before.resources)) {
    faults.push(`active: ${after.resources}; before: ${before.resources}`);
  }
  if (after.held > before.held + SLACK) {
    faults.push(`${megabytes(after.held)} are held, ${megabytes(before.held)} before`);
  }
  if (after.linear > before.linear + SLACK) {
    faults.push(
      `the engine has ${megabytes(after.linear)}, ${megabytes(before.linear)} before`,
    );
  }
  return faults;
}

/** @param {ReturnType<typeof newTally>} tally @param {any} after */
function report(tally, after) {
  console.log(`  ${tally.messages} messages in ${tally.conversations} honest conversations`);
  if (tally.late) console.log(`  ${tally.late} honest clients were late, and tried again`);
  for (const [name, count] of Object.entries(tally.attacks)) {
    console.log(`  ${String(count).padStart(6)} times ${name}`);
  }
  const codes = Object.entries(after.codes).map(([code, count]) => `${code}: ${count}`);
  console.log(`  how connections ended, by code: ${codes.join(', ')}`);
}

// Many connections through HAProxy to some servers, a broadcast a second, and a rolling restart in
// the middle: `npm run bench -- --only rolling`, 20,000 of them, with `--quick` 2,000. Everything is on this
// machine's loopback, and ends by itself, at the latest after LIMIT, or STUCK after the last progress.
//
// What is promised: a connection gets every broadcast from its first to its last, in order, and all
// that a server sent arrives; one that ends is told so with 1012, and finds another server.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure, quietly, root } from '../scripts/lib.mjs';
import { freePort } from '../scripts/tools/serve.mjs';
import { child } from './child.mjs';
import { Front } from './haproxy.mjs';
import { versionOf } from './peers.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const SECOND = 1000;

/** Whatever happens. */
const LIMIT = 420 * SECOND;

/** As long as nobody came back who should. */
const STUCK = 90 * SECOND;

/** What it is at is told this often. */
const REPORT = 10 * SECOND;

/** While one of them restarts there are two. */
const SERVERS = 3;

/**
 * Connections of one HAProxy, which needs two files for each, and of one process of clients: there
 * are machines that allow no more than 20,000 files.
 */
const FRONT = 8000;

let questions = 0;

/**
 * @param {ChildProcess} process
 * @param {Record<string, boolean>} question
 * @returns {Promise<any>} fails when it ends instead
 */
function asked(process, question) {
  const id = ++questions;
  return new Promise((resolve, reject) => {
    const hear = (/** @type {any} */ answer) => {
      if (answer.id !== id) return;
      forget();
      resolve(answer);
    };
    const ended = () => {
      forget();
      reject(new Failure('a process of the load test has ended'));
    };
    const forget = () => {
      process.off('message', hear);
      process.off('exit', ended);
    };
    process.on('message', hear);
    process.once('exit', ended);
    if (process.connected) process.send({ ...question, id });
    else ended();
  });
}

/**
 * What several have counted, added up.
 * @param {any[]} seen
 * @param {string} name
 */
function summed(seen, name) {
  /** @type {Record<string, number>} */
  const sum = {};
  for (const one of seen)
    for (const [key, times] of Object.entries(one[name]))
      sum[key] = (sum[key] ?? 0) + Number(times);
  return sum;
}

/** @param {any[]} all @param {string} name */
const total = (all, name) => all.reduce((sum, one) => sum + one[name], 0);

/**
 * Processor time of processes so far, in seconds, those that have ended left out; 0 where the
 * system does not tell.
 * @param {ChildProcess[]} processes
 */
function processorTime(processes) {
  let ticks = 0;
  for (const { pid } of processes) {
    const file = `/proc/${pid}/stat`;
    if (!existsSync(file)) continue;
    // utime and stime, behind a name in brackets, see proc(5).
    const fields = readFileSync(file, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

/** What all processors of the machine did so far, for anybody, in seconds. */
const machineTime = () =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) /
  SECOND;

/** Who is there, how they are, and what they took. */
class Scene {
  /** @type {ChildProcess[]} */
  servers = [];
  /** @type {Front[]} */
  fronts = [];
  /** @type {ChildProcess[]} */
  crowds = [];
  /** Servers that HAProxy took for down, by reason. @type {Record<string, number>} */
  downs = {};
  phase = 'starting';
  longestTurn = 0;
  #begun = performance.now();
  #machine = machineTime();
  /** Processor time of servers that have ended. */
  #past = 0;
  /** Messages that they sent. */
  #sent = 0;

  get passed() {
    return (performance.now() - this.#begun) / SECOND;
  }

  /** @param {string[]} args @returns {Promise<ChildProcess>} once it is ready */
  async #started(...args) {
    const script = join(root, 'benches/rolling-roles.mjs');
    const process = fork(script, args, { execArgv: ['--expose-gc'] });
    all.add(process);
    const [why] = await Promise.race([once(process, 'message'), once(process, 'exit')]);
    if (typeof why !== 'object') throw new Failure(`benches/rolling-roles.mjs ${args} ended`);
    return process;
  }

  /** @param {number} index @param {number} port @param {number} spread */
  async startServer(index, port, spread) {
    this.servers[index] = await this.#started('serve', `${port}`, `${spread}`);
  }

  /** @param {number} port @param {number} count */
  async startClients(port, count) {
    this.crowds.push(await this.#started('clients', `${port}`, `${count}`));
  }

  /** @param {number} index */
  async endServer(index) {
    const leaving = this.servers[index];
    const ended = once(leaving, 'exit');
    const { stats, longestTurn } = await asked(leaving, { drain: true });
    this.#sent += stats.messagesSent;
    this.longestTurn = Math.max(this.longestTurn, longestTurn);
    this.#past += processorTime([leaving]);
    await ended;
  }

  clients() {
    return Promise.all(this.crowds.map((crowd) => asked(crowd, { ask: true })));
  }

  /** Messages that all servers have sent. */
  async sent() {
    const answers = await Promise.all(this.servers.map((one) => asked(one, { ask: true })));
    return answers.reduce((sum, { stats }) => sum + stats.messagesSent, this.#sent);
  }

  /** Cores that each took since the beginning, on average. */
  cores() {
    const share = (/** @type {number} */ seconds) => Number((seconds / this.passed).toFixed(2));
    const servers = this.#past + processorTime(this.servers);
    const proxies = processorTime(this.fronts.map((front) => front.process));
    const clients = processorTime(this.crowds);
    const others = machineTime() - this.#machine - servers - proxies - clients;
    return {
      servers: share(servers),
      proxies: share(proxies),
      clients: share(clients),
      otherPrograms: share(Math.max(0, others)),
    };
  }

  /** A line for whoever waits, and the reasons if it does not go on. */
  async report() {
    const [seen, fronts] = await Promise.all([
      this.clients(),
      Promise.all(this.fronts.map((front) => front.connections())),
    ]);
    const proxies = fronts.map(({ now, most }) => `${now}/${most}`).join(' ');
    console.log(
      `  ${this.passed.toFixed(0)} s, ${this.phase}: ${total(seen, 'open')} open, ` +
        `${total(seen, 'messages')} messages, HAProxy has ${proxies}`,
    );
    const more = {
      closes: summed(seen, 'codes'),
      refused: summed(seen, 'refused'),
      downs: this.downs,
      cores: this.cores(),
    };
    console.log(`    ${JSON.stringify(more)}`);
  }

  /** Until all of them are open. @param {number} count */
  async whole(count) {
    let most = 0;
    let since = performance.now();
    for (;;) {
      const open = total(await this.clients(), 'open');
      if (open === count) return;
      if (open > most) {
        most = open;
        since = performance.now();
      } else if (performance.now() - since > STUCK) {
        await this.report();
        throw new Failure(`${open} of ${count} are open, and no more for ${STUCK / SECOND} s`);
      }
      await pause(SECOND / 2);
    }
  }
}

/** Processes that must not outlive this one. @type {Set<ChildProcess>} */
const all = new Set();

/** @param {number} count @param {number} spread */
async function measure(count, spread) {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-rolling-'));
  const end = () => {
    for (const process of all) process.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // When it takes too long, or is told to end.
  process.once('exit', end);
  process.once('SIGTERM', () => process.exit(1));
  const scene = new Scene();
  /** @type {ReturnType<typeof setInterval>[]} */
  const timers = [];
  try {
    const ports = await Promise.all(Array.from({ length: SERVERS }, freePort));
    for (const [index, port] of ports.entries()) await scene.startServer(index, port, spread);
    const fronts = Math.ceil(count / FRONT);
    const shares = Array.from(
      { length: fronts },
      (_, i) => Math.floor((count * (i + 1)) / fronts) - Math.floor((count * i) / fronts),
    );
    for (const share of shares) {
      const port = await freePort();
      const front = new Front({ folder, port, servers: ports, count: share }, scene.downs);
      all.add(front.process);
      scene.fronts.push(front);
    }
    await pause(2 * SECOND);
    timers.push(setInterval(() => void scene.report().catch(() => {}), REPORT));

    scene.phase = 'opening';
    const empty = await Promise.all(scene.servers.map((one) => asked(one, { ask: true })));
    const begun = performance.now();
    for (const [i, share] of shares.entries())
      await scene.startClients(scene.fronts[i].port, share);
    await scene.whole(count);
    const took = (performance.now() - begun) / SECOND;
    const full = await Promise.all(scene.servers.map((one) => asked(one, { ask: true })));

    scene.phase = 'broadcasts';
    let number = 0;
    const broadcast = () => {
      number++;
      for (const one of scene.servers) if (one.connected) one.send({ broadcast: number });
    };
    timers.push(setInterval(broadcast, SECOND));
    await pause(3 * SECOND);
    const before = await asked(scene.servers[0], { ask: true });
    await pause(8 * SECOND);
    const after = await asked(scene.servers[0], { ask: true });
    const sent = after.stats.messagesSent - before.stats.messagesSent;

    for (const [index, port] of ports.entries()) {
      scene.phase = `restart ${index + 1} of ${SERVERS}`;
      await scene.endServer(index);
      await scene.startServer(index, port, spread);
      scene.phase = `after restart ${index + 1} of ${SERVERS}`;
      await scene.whole(count);
      await pause(2 * SECOND);
    }
    await pause(2 * SECOND);
    await scene.whole(count);
    clearInterval(timers.pop());
    await pause(2 * SECOND);
    const seen = await scene.clients();
    const micro = (/** @type {number} */ seconds) => Number((seconds * 1e6).toFixed(1));
    return {
      connections: count,
      spreadInSeconds: spread / SECOND,
      handshakesASecond: Math.round(count / took),
      microsecondsOfCpuAHandshake: micro((total(full, 'cpu') - total(empty, 'cpu')) / count),
      openOnEach: full.map(({ stats }) => stats.open),
      bytesOfMemoryAConnection: Math.round((total(full, 'rss') - total(empty, 'rss')) / count),
      microsecondsOfCpuAMessage: micro((after.cpu - before.cpu) / sent),
      broadcasts: number,
      messages: total(seen, 'messages'),
      lost: (await scene.sent()) - total(seen, 'messages'),
      gaps: total(seen, 'gaps'),
      closes: summed(seen, 'codes'),
      refusedAndTriedAgain: summed(seen, 'refused'),
      serversTakenForDown: scene.downs,
      longestTurnOfAServer: Math.round(scene.longestTurn),
      openInTheEnd: total(seen, 'open'),
      seconds: Math.round(scene.passed),
      coresTaken: scene.cores(),
    };
  } finally {
    for (const timer of timers) clearInterval(timer);
    end();
  }
}

/** @param {any} figures */
function judge({ connections, lost, gaps, closes, openInTheEnd }) {
  assert.equal(lost, 0, 'a message was sent and did not arrive');
  assert.equal(gaps, 0, 'a connection missed a broadcast');
  assert.deepEqual(Object.keys(closes), ['1012'], 'a connection was not told');
  assert.equal(openInTheEnd, connections);
}

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const [connections, spread] = quick ? [2000, 5] : [20_000, 30];
  const figures = await Promise.race([
    measure(connections, spread * SECOND),
    pause(LIMIT).then(() => Promise.reject(new Failure(`not done after ${LIMIT / SECOND} s`))),
  ]);
  console.log(figures);
  judge(figures);
  const haproxy = /version (\S+)/.exec(quietly('haproxy', ['-v']))?.[1] ?? 'unknown';
  return { versions: { ws4wasm: versionOf('ws4wasm'), haproxy }, rows: [figures] };
});
process.exit();

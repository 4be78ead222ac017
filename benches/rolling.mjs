// Many connections through HAProxy to some servers, a broadcast a second, and a rolling restart in
// the middle: `npm run bench -- --only rolling`, 20,000 of them, with `--quick` 2,000. Everything is on this
// machine's loopback, and ends by itself, at the latest after LIMIT.
//
// What is promised: a connection gets every broadcast from its first to its last, in order; and one
// that ends is told so with 1012, and finds another server.
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Stream } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { Failure, quietly } from '../scripts/lib.mjs';
import { freePort } from '../scripts/tools/serve.mjs';
import { child } from './child.mjs';
import { versionOf } from './peers.mjs';

const SELF = fileURLToPath(import.meta.url);
const SECOND = 1000;

/** Whatever happens. */
const LIMIT = 600 * SECOND;

/** Handshakes under way at a time, of each process of clients. */
const ABREAST = 50;

/** While one of them restarts there are two. */
const SERVERS = 3;

/**
 * Connections of one HAProxy, which needs two files for each, and of one process of clients: there
 * are machines that allow no more than 20,000 files.
 */
const FRONT = 8000;

/** What a process took so far. */
const usage = () => {
  const { user, system } = process.cpuUsage();
  return { rss: process.memoryUsage().rss, cpu: (user + system) / 1e6 };
};

/** @param {number} port @param {number} spread of its goodbye, over which clients come back */
function serve(port, spread) {
  const framer = new Stream();
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const server = createServer({ trustProxy: 1, health: '/healthz', pingInterval: 30 * SECOND });
  server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => process.send?.({ port }));
  process.on('message', async (/** @type {any} */ { broadcast, ask, drain }) => {
    if (broadcast) {
      const frame = framer.prepare(`${broadcast}`);
      for (const ws of server.connections) void ws.send(frame);
    }
    if (ask) {
      globalThis.gc?.();
      process.send?.({ ...usage(), stats: server.stats() });
      delay.reset();
    }
    if (drain) {
      await server.drain({ code: 1012, spread, timeout: spread + 10 * SECOND });
      process.send?.({ longestTurn: delay.max / 1e6 }, () => process.exit());
    }
  });
}

/** @param {number} port @param {number} count */
async function clients(port, count) {
  const seen = {
    open: 0,
    messages: 0,
    gaps: 0,
    codes: /** @type {Record<string, number>} */ ({}),
  };
  let refused = 0;
  const one = async () => {
    for (;;) {
      try {
        const ws = await connect(`ws://127.0.0.1:${port}/`, { deflate: false });
        let last = 0;
        ws.addEventListener('message', ({ data }) => {
          const number = Number(data);
          if (last && number !== last + 1) seen.gaps++;
          last = number;
          seen.messages++;
        });
        ws.addEventListener('close', async ({ code }) => {
          seen.open--;
          seen.codes[code] = (seen.codes[code] ?? 0) + 1;
          await pause(Math.random() * SECOND);
          void one();
        });
        seen.open++;
        return;
      } catch {
        refused++;
        await pause(SECOND * (0.5 + Math.random()));
      }
    }
  };
  let left = count;
  const open = async () => {
    while (left-- > 0) await one();
  };
  process.on('message', (/** @type {any} */ { ask }) => {
    if (ask) process.send?.({ ...seen, refused, ...usage() });
  });
  await Promise.all(Array.from({ length: ABREAST }, open));
  process.send?.({ ready: true });
}

/** @param {import('node:child_process').ChildProcess} child @param {object} message */
async function asked(child, message) {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0];
}

/** @param {string[]} args */
async function started(...args) {
  const child = fork(SELF, args, { execArgv: ['--expose-gc'] });
  const [first] = await once(child, 'message');
  return { child, first };
}

/** @param {number} port @param {number[]} servers @param {number} count */
const configuration = (port, servers, count) => `global
    maxconn ${count + 200}
defaults
    mode http
    maxconn ${count + 200}
    timeout connect 10s
    timeout client 75s
    timeout server 75s
    # A server whose clients all come at once answers late, and is not down.
    timeout check 10s
    timeout tunnel 75s
    option forwardfor
frontend web
    bind 127.0.0.1:${port}
    default_backend sockets
backend sockets
    balance leastconn
    option httpchk GET /healthz
${servers.map((at, i) => `    server s${i} 127.0.0.1:${at} check inter 1s fall 2 rise 1`).join('\n')}
`;

/**
 * What HAProxy says of servers that it takes for down: how often, by reason.
 * @param {import('node:stream').Readable} log
 * @param {Record<string, number>} downs
 */
function countDowns(log, downs) {
  createInterface(log).on('line', (line) => {
    const [, reason] = / is DOWN, reason: ([^,]+(?:, code: \d+)?)/.exec(line) ?? [];
    if (reason) downs[reason] = (downs[reason] ?? 0) + 1;
  });
}

/** @param {number} count @param {number} spread */
async function measure(count, spread) {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-rolling-'));
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const children = new Set();
  const end = () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // When it takes too long, or is told to end.
  process.once('exit', end);
  process.once('SIGTERM', () => process.exit(1));
  const keep = (/** @type {import('node:child_process').ChildProcess} */ child) => {
    children.add(child);
    return child;
  };
  try {
    const ports = await Promise.all(Array.from({ length: SERVERS }, freePort));
    /** @type {import("node:child_process").ChildProcess[]} */
    const servers = [];
    const startOne = async (/** @type {number} */ port) =>
      keep((await started('serve', `${port}`, `${spread}`)).child);
    for (const port of ports) servers.push(await startOne(port));
    const fronts = Math.ceil(count / FRONT);
    const shares = Array.from({ length: fronts }, (_, i) =>
      i ? Math.floor(count / fronts) : count - (fronts - 1) * Math.floor(count / fronts),
    );
    /** @type {number[]} */
    const addresses = [];
    /** @type {Record<string, number>} */
    const downs = {};
    let longestTurn = 0;
    for (const [index, share] of shares.entries()) {
      const port = await freePort();
      const config = join(folder, `${index}.cfg`);
      writeFileSync(config, configuration(port, ports, share));
      const proxy = spawn('haproxy', ['-db', '-f', config], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      keep(proxy);
      countDowns(proxy.stderr, downs);
      addresses.push(port);
    }
    await pause(2 * SECOND);
    const empty = await asked(servers[0], { ask: true });
    const begun = performance.now();
    const crowds = shares.map((share, i) =>
      keep(fork(SELF, ['clients', `${addresses[i]}`, `${share}`])),
    );
    await Promise.all(crowds.map((crowd) => once(crowd, 'message')));
    const took = (performance.now() - begun) / SECOND;
    const full = await Promise.all(servers.map((one) => asked(one, { ask: true })));
    let number = 0;
    const timer = setInterval(() => {
      number++;
      for (const one of servers) if (one.connected) one.send({ broadcast: number });
    }, SECOND);
    await pause(3 * SECOND);
    const before = await asked(servers[0], { ask: true });
    await pause(5 * SECOND);
    const after = await asked(servers[0], { ask: true });
    const broadcasts =
      (after.stats.messagesSent - before.stats.messagesSent) / after.stats.open;
    for (const [index, port] of ports.entries()) {
      const leaving = servers[index];
      const ended = once(leaving, 'exit');
      const turns = await asked(leaving, { drain: true });
      longestTurn = Math.max(longestTurn, turns.longestTurn);
      await ended;
      servers[index] = await startOne(port);
      await untilOpen(crowds, count);
      await pause(2 * SECOND);
    }
    clearInterval(timer);
    await pause(2 * SECOND);
    const seen = await Promise.all(crowds.map((crowd) => asked(crowd, { ask: true })));
    const sum = (/** @type {string} */ name) => seen.reduce((all, one) => all + one[name], 0);
    const codes = seen.flatMap((one) => Object.entries(one.codes));
    return {
      connections: count,
      spreadInSeconds: spread / SECOND,
      handshakesASecond: Math.round(count / took),
      openOnEach: full.map(({ stats }) => stats.open),
      bytesOfMemoryAConnection: Math.round((full[0].rss - empty.rss) / full[0].stats.open),
      microsecondsOfCpuAMessage: Number(
        (((after.cpu - before.cpu) / broadcasts / after.stats.open) * 1e6).toFixed(2),
      ),
      broadcasts: number,
      messages: sum('messages'),
      gaps: sum('gaps'),
      closes: Object.fromEntries(
        [...new Set(codes.map(([code]) => code))].map((code) => [
          code,
          codes.reduce((all, [one, times]) => all + (one === code ? times : 0), 0),
        ]),
      ),
      refusedAndTriedAgain: sum('refused'),
      serversTakenForDown: downs,
      longestTurnOfAServer: Math.round(longestTurn),
      openInTheEnd: sum('open'),
    };
  } finally {
    end();
  }
}

/**
 * All are back.
 * @param {import('node:child_process').ChildProcess[]} crowds
 * @param {number} count
 */
async function untilOpen(crowds, count) {
  for (;;) {
    await pause(SECOND);
    const seen = await Promise.all(crowds.map((crowd) => asked(crowd, { ask: true })));
    if (seen.reduce((all, { open }) => all + open, 0) === count) return;
  }
}

/** @param {any} figures */
function judge({ connections, gaps, closes, openInTheEnd }) {
  assert.equal(gaps, 0, 'a connection missed a broadcast');
  assert.deepEqual(Object.keys(closes), ['1012'], 'a connection was not told');
  assert.equal(openInTheEnd, connections);
}

const [, , role, port, count] = process.argv;
if (role === 'serve') serve(Number(port), Number(count));
else if (role === 'clients') await clients(Number(port), Number(count));
else {
  await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
    const [connections, spread] = quick ? [2000, 5] : [20_000, 30];
    const figures = await Promise.race([
      measure(connections, spread * SECOND),
      pause(LIMIT).then(() =>
        Promise.reject(new Failure(`not done after ${LIMIT / SECOND} s`)),
      ),
    ]);
    console.log(figures);
    judge(figures);
    const haproxy = /version (\S+)/.exec(quietly('haproxy', ['-v']))?.[1] ?? 'unknown';
    return { versions: { ws4wasm: versionOf('ws4wasm'), haproxy }, rows: [figures] };
  });
  process.exit();
}

// A chat in several processes on one port, which Redis connects.
// Run: node examples/cluster/main.mjs, with redis-server installed, or the address of one in REDIS.
// Then: npx ws4wasm connect 'ws://127.0.0.1:8080/lobby?name=ann'
//
// This process accepts connections and hands them out in turn. It keeps PROCESSES others alive, one
// a core unless it is told otherwise, restarts them in turns upon SIGHUP, and ends them upon SIGTERM.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRedis } from './redis.mjs';
import { LEAVING } from './times.mjs';

/** One that ends sooner is not replaced at once: it may be no better the next time. */
const SHORT_LIFE = 10_000;

const PROCESSES = Number(process.env.PROCESSES ?? availableParallelism());
const own = process.env.REDIS ? undefined : await startRedis();
const REDIS = process.env.REDIS ?? own?.url;

/** Those that are to end. @type {Set<import('node:cluster').Worker>} */
const leaving = new Set();
let ending = false;

cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.mjs', import.meta.url)) });

/** @returns {Promise<import('node:cluster').Worker>} one that takes connections */
async function start() {
  const worker = cluster.fork({ REDIS });
  const began = performance.now();
  worker.once('exit', async (code, signal) => {
    if (leaving.delete(worker) || ending) return;
    console.error(`process ${worker.process.pid} ended with ${signal ?? code}`);
    if (performance.now() - began < SHORT_LIFE) await pause(1000);
    if (!ending) await start();
  });
  // One that ends before it listens has been replaced above.
  await Promise.race([once(worker, 'listening'), once(worker, 'exit')]);
  return worker;
}

/**
 * Has one say goodbye to its members; it does not take longer than it may.
 * @param {import('node:cluster').Worker} worker
 * @param {number} code
 */
async function end(worker, code) {
  if (worker.isDead()) return;
  leaving.add(worker);
  const ended = once(worker, 'exit');
  if (worker.isConnected()) worker.send({ leave: code });
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), LEAVING.kill);
  await ended;
  clearTimeout(timer);
}

const processes = () => Object.values(cluster.workers ?? {}).filter((one) => one !== undefined);

/** Restarts are one after the other. */
let restarted = Promise.resolve();

process.on('SIGHUP', () => {
  restarted = restarted.then(async () => {
    for (const old of processes()) {
      if (ending) return;
      // The new one first: there are never fewer than there should be.
      await start();
      // 1012: the server comes back, and so should its clients, after a moment of their own.
      await end(old, 1012);
    }
  });
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    ending = true;
    await Promise.all(processes().map((one) => end(one, 1001)));
    await own?.stop();
    process.exit();
  });
}

let port = 0;
cluster.on('listening', (_worker, address) => {
  port = address.port;
});
await Promise.all(Array.from({ length: PROCESSES }, start));
console.log(`ws://127.0.0.1:${port}/lobby?name=ann`);

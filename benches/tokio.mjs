// `node benches/tokio.mjs`: echo servers in Rust on tokio, ours beside others, each a process of
// its own with one thread, under the load generator. Rounds go in turn, so that what else the
// machine does meets all alike; a cell is the median, and how many times as many messages ours
// answered. None of the others has permessage-deflate.
//
//   --rounds 3   --milliseconds 2000   --quick for one short round
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { quietly, root, step, whenStarted } from '../scripts/lib.mjs';
import { loadGenerator } from './rust.mjs';

const SERVERS = ['ws4wasm', 'tokio-tungstenite', 'tokio-websockets', 'fastwebsockets'];

/** Connections, messages on their way on each, bytes, kind. */
const WORKLOADS = /** @type {const} */ ([
  [1, 1, 32, 'text'],
  [100, 1, 32, 'text'],
  [1000, 1, 32, 'text'],
  [1, 64, 32, 'text'],
  [100, 16, 32, 'text'],
  [10, 1, 16_384, 'binary'],
  [10, 1, 262_144, 'binary'],
]);

const targetFolder = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'));

/** @param {number[]} all */
const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      milliseconds: { type: 'string', default: '2000' },
      quick: { type: 'boolean' },
    },
  });
  const rounds = values.quick ? 1 : Number(values.rounds);
  const time = values.quick ? '300' : values.milliseconds;
  const load = loadGenerator();
  step('cargo build of the echo servers', '2 minutes, once', () => {
    const what = ['-p', 'ws4wasm-native-bench', '--bin', 'ws4wasm-echo'];
    quietly('cargo', ['build', '--locked', '--profile', 'bench', ...what]);
  });
  const echo = join(targetFolder, 'release/ws4wasm-echo');
  const servers = await Promise.all(
    SERVERS.map(async (name) => {
      const child = spawn(echo, [name], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [port] = await once(createInterface(child.stdout), 'line');
      return { name, child, port: String(port) };
    }),
  );
  try {
    console.log(`| connections, in flight, bytes | ${SERVERS.join(' | ')} |`);
    console.log(`| --- |${' --- |'.repeat(SERVERS.length)}`);
    for (const [connections, inFlight, bytes, kind] of WORKLOADS) {
      /** @type {number[][]} */
      const rates = servers.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, { port }] of servers.entries()) {
          const plan = [port, connections, inFlight, bytes, kind, 'ws', '300', time];
          const { messages, seconds } = JSON.parse(quietly(load, plan.map(String)));
          rates[index].push(messages / seconds);
        }
      }
      const [ours, ...others] = rates.map(median);
      const cells = others.map((rate) => `${Math.round(rate)} (${(ours / rate).toFixed(2)}x)`);
      const row = [`${connections}, ${inFlight}, ${bytes} ${kind}`, Math.round(ours), ...cells];
      console.log(`| ${row.join(' | ')} |`);
    }
  } finally {
    for (const { child } of servers) child.kill();
  }
});

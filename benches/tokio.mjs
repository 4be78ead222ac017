// `node benches/tokio.mjs`: echo servers in Rust on tokio, ours beside others, each a process of
// its own with one thread, under the load generator. Rounds go in turn, so that what else the
// machine does meets all alike; a cell is the median, how many times as many messages ours
// answered (the median over rounds, and the quartiles), and the server's processor time for a message
// (user + system, microseconds, from /proc: Linux only).
//
//   --rounds 3   --milliseconds 2000   --quick for one short round
//   --only plain|deflate
//
// With deflate: JSON, 64 messages in turn, each compressed beforehand on its own. "Alone": without
// context takeover on either side. The others compress at level 1, with zlib in C (flate2 takes the
// system's); ours with zlib-rs, at its defaults, which are 1 below 512 B with takeover and else 4,
// and at 1 always; "dedicated" is level 1 with a state of its own for each connection, which the others
// have. None leaves a short message as it is. soketto is not there: it hangs up on what
// is compressed here.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Failure, quietly, root, step, whenStarted } from '../scripts/lib.mjs';
import { loadGenerator } from './rust.mjs';

const PLAIN = ['ws4wasm', 'tokio-tungstenite', 'tokio-websockets', 'fastwebsockets', 'yawc'];
const DEFLATE = ['ws4wasm', 'ws4wasm, level 1', 'ws4wasm, dedicated', 'yawc', 'ratchet_rs'];

/** @typedef {readonly [connections: number, inFlight: number, bytes: number, kind: string]} Workload */

/** @type {readonly Workload[]} */
const WORKLOADS = [
  [1, 1, 32, 'text'],
  [100, 1, 32, 'text'],
  [1000, 1, 32, 'text'],
  [1, 64, 32, 'text'],
  [100, 16, 32, 'text'],
  [10, 1, 16_384, 'binary'],
  [10, 1, 262_144, 'binary'],
];

/** @type {readonly Workload[]} */
const COMPRESSED = [100, 1024, 4096].flatMap((bytes) =>
  [
    [1, 1],
    [100, 1],
    [1000, 1],
    [1, 64],
    [100, 16],
  ].map(
    ([connections, inFlight]) => /** @type {const} */ ([connections, inFlight, bytes, 'text']),
  ),
);

const targetFolder = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'));

/** @param {number[]} all @param {number} [part] */
const quantile = (all, part = 0.5) =>
  all.toSorted((a, b) => a - b)[Math.floor(part * (all.length - 1) + 0.5)];

/** Microseconds of processor time that a process has taken. @param {number | undefined} pid */
function processorTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    // Fields 14 and 15, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

/**
 * @param {string} echo @param {string} load @param {readonly string[]} names
 * @param {readonly Workload[]} workloads @param {string} protocol
 * @param {{ rounds: number, time: string }} effort
 */
async function compare(echo, load, names, workloads, protocol, { rounds, time }) {
  console.log(`\n| ${protocol}: connections, in flight, bytes | ${names.join(' | ')} |`);
  console.log(`| --- |${' --- |'.repeat(names.length)}`);
  const servers = await Promise.all(
    names.map(async (name) => {
      const child = spawn(echo, [name], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [port] = await once(createInterface(child.stdout), 'line');
      return { child, port: String(port) };
    }),
  );
  try {
    for (const [connections, inFlight, bytes, kind] of workloads) {
      const rates = servers.map(() => /** @type {number[]} */ ([]));
      const times = servers.map(() => /** @type {number[]} */ ([]));
      for (let round = 0; round < rounds; round++) {
        for (let turn = 0; turn < servers.length; turn++) {
          const index = (turn + round) % servers.length;
          const { child, port } = servers[index];
          // No warming up, so that all of the processor time is that of the messages.
          const plan = [port, connections, inFlight, bytes, kind, protocol, 0, time];
          const before = processorTime(child.pid);
          const { messages, seconds } = JSON.parse(quietly(load, plan.map(String)));
          rates[index].push(messages / seconds);
          times[index].push((processorTime(child.pid) - before) / messages);
        }
      }
      const cells = rates.map((all, index) => {
        const rate = `${Math.round(quantile(all))}, ${quantile(times[index]).toFixed(2)} us`;
        if (index === 0) return rate;
        const ratios = all.map((other, round) => rates[0][round] / other);
        const [low, middle, high] = [0.25, 0.5, 0.75].map((part) =>
          quantile(ratios, part).toFixed(2),
        );
        return `${rate} (${middle}x, ${low}-${high})`;
      });
      console.log(
        `| ${[`${connections}, ${inFlight}, ${bytes} ${kind}`, ...cells].join(' | ')} |`,
      );
    }
  } finally {
    for (const { child } of servers) child.kill();
  }
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      milliseconds: { type: 'string', default: '2000' },
      only: { type: 'string' },
      quick: { type: 'boolean' },
    },
  });
  const { only, quick } = values;
  if (only && only !== 'plain' && only !== 'deflate') {
    throw new Failure(`--only ${only}: it is plain or deflate`);
  }
  const effort = quick
    ? { rounds: 1, time: '300' }
    : { rounds: Number(values.rounds), time: values.milliseconds };
  const load = loadGenerator();
  step('cargo build of the echo servers', '3 minutes, once', () => {
    const what = ['-p', 'ws4wasm-native-bench', '--bin', 'ws4wasm-echo'];
    quietly('cargo', ['build', '--locked', '--profile', 'bench', ...what]);
  });
  const echo = join(targetFolder, 'release/ws4wasm-echo');
  if (only !== 'deflate') await compare(echo, load, PLAIN, WORKLOADS, 'ws', effort);
  if (only !== 'plain') {
    for (const protocol of ['deflate', 'deflate-alone']) {
      await compare(echo, load, DEFLATE, COMPRESSED, protocol, effort);
    }
  }
});

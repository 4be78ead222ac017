// `npm run test:fuzz`: each target of fuzz/ for some seconds, beginning with what earlier runs
// found worth keeping. It prints executions, coverage and crashes, and fails on a crash.
//
//   --seconds N      for each target, 20 by default
//   --target NAME    this target only; may be repeated
//   --keep           put what a run found into fuzz/corpus, minimised
//   --record         note the figures in fuzz/figures.json, after each target
//   --resume         only targets that have no figures of a run of this length
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { keep, unpack } from '../../fuzz/corpus.mjs';
import { readFigures, record } from '../../fuzz/figures.mjs';
import {
  bold,
  dim,
  Failure,
  green,
  quietly,
  red,
  root,
  run,
  step,
  whenStarted,
} from '../lib.mjs';
import { cargoFuzz } from '../tools/peers.mjs';
import { hasSanitizer, rust } from '../tools/toolchain.mjs';

const folder = join(root, 'fuzz');
const work = join(root, 'target/fuzz');

/** Each target has its file. */
const targets = readdirSync(join(folder, 'targets'))
  .map((file) => file.replace('.rs', ''))
  .sort();

/** Longer inputs than these find nothing new and are slow. */
const MOST_BYTES = 4096;

/** @typedef {{ name: string, executions: number, coverage: number, features: number, kept: number, crash?: string }} Result */

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      target: { type: 'string', multiple: true, default: targets },
      keep: { type: 'boolean' },
      record: { type: 'boolean' },
      resume: { type: 'boolean' },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Failure(`--seconds is '${values.seconds}', not a number`);
  const unknown = values.target.filter((name) => !targets.includes(name));
  if (unknown.length) {
    throw new Failure(`No target ${unknown.join(', ')}. Targets: ${targets.join(', ')}`);
  }
  const tool = fuzzer();
  step('build the targets', '1 minute, the first time', () => {
    // cargo-fuzz builds one of them, or all.
    const [only, ...more] = values.target;
    const what = more.length ? [] : [only];
    run(tool.program, ['build', ...tool.flags, ...what], { cwd: folder, env: tool.env });
  });
  /** @type {Result[]} */
  const results = [];
  const known = values.resume ? readFigures() : {};
  for (const name of values.target.filter((name) => !(known[name]?.seconds >= seconds))) {
    console.log(bold(`- ${name}, ${seconds} seconds`));
    const result = await fuzz(tool, name, seconds);
    if (values.keep && !result.crash) await minimise(tool, name);
    if (values.record && !result.crash) note(result, seconds);
    results.push(result);
  }
  printTable(results);
  if (results.some(({ crash }) => crash)) process.exitCode = 1;
});

/** @param {Result} result @param {number} seconds */
function note({ name, executions, coverage, features }, seconds) {
  record(name, {
    seconds,
    executions,
    edges: coverage,
    features,
    sanitizer: hasSanitizer() ? 'address' : 'none',
    commit: quietly('git', ['rev-parse', '--short', 'HEAD']),
    date: new Date().toISOString().slice(0, 10),
  });
}

/** cargo-fuzz and how it is called. */
function fuzzer() {
  const { env } = rust();
  // It asks for flags that only a nightly compiler takes; they are the same in this one.
  // With lines for the stack of a crash.
  const nightly = { ...env, RUSTC_BOOTSTRAP: '1', CARGO_PROFILE_RELEASE_DEBUG: '1' };
  // A folder of its own: nobody waits for cargo's lock on the other.
  const where = ['--fuzz-dir', folder, '--target-dir', join(work, 'build')];
  const flags = [...where, ...(hasSanitizer() ? [] : ['--sanitizer', 'none'])];
  const program = cargoFuzz();
  if (!program) throw new Failure('cargo-fuzz is neither here nor can it be installed');
  return { program, flags, env: nightly };
}

/** @typedef {ReturnType<typeof fuzzer>} Fuzzer */

/**
 * @param {Fuzzer} tool
 * @param {string} name
 * @param {string[]} folders
 * @param {string[]} options of libFuzzer
 * @param {(line: string) => void} onLine
 */
async function libFuzzer({ program, flags, env }, name, folders, options, onLine) {
  const args = ['run', ...flags, name, ...folders, '--', ...options];
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stderr })) onLine(line);
  const [code] = await closed;
  return code;
}

/** What of a crash's pages of output says what went wrong. */
const telling = /panicked|assertion|left:|right:|ERROR:|SUMMARY:|Test unit|fuzz run|^error/;

/**
 * @param {Fuzzer} tool
 * @param {string} name
 * @param {number} seconds
 * @returns {Promise<Result>}
 */
async function fuzz(tool, name, seconds) {
  const found = fresh(join(work, name, 'found'));
  const known = fresh(join(work, name, 'known'));
  unpack(name, known);
  const dictionary = join(folder, `${name}.dict`);
  const options = [
    `-max_total_time=${seconds}`,
    `-max_len=${MOST_BYTES}`,
    // By the clock: a machine that is busy elsewhere is no hang.
    '-timeout=300',
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
  ];
  const result = { name, executions: 0, coverage: 0, features: 0, kept: 0 };
  /** @type {string[]} */
  const said = [];
  let told = Date.now();
  const code = await libFuzzer(tool, name, [found, known], options, (line) => {
    if (telling.test(line)) said.push(line.trim().slice(0, 400));
    const [, count, cov, ft] = line.match(/^#(\d+)\s.*cov: (\d+) ft: (\d+)/) ?? [];
    if (!count) return;
    Object.assign(result, { executions: +count, coverage: +cov, features: +ft });
    if (Date.now() - told < 10_000) return;
    told = Date.now();
    console.log(dim(`  ${count} executions, coverage ${cov}`));
  });
  result.kept = readdirSync(found).length;
  if (code === 0) return result;
  console.log(red(said.join('\n')));
  const file = said.join('\n').match(/Test unit written to (\S+)/)?.[1];
  // The file is gone with the machine where this is a CI's.
  if (file && existsSync(file)) console.log(`in base64: ${readFileSync(file, 'base64')}`);
  return { ...result, crash: file?.replace(root, '.') ?? `exit code ${code}` };
}

/**
 * @param {Fuzzer} tool
 * @param {string} name
 */
async function minimise(tool, name) {
  const merged = fresh(join(work, name, 'merged'));
  const [found, known] = [join(work, name, 'found'), join(work, name, 'known')];
  const code = await libFuzzer(tool, name, [merged, known, found], ['-merge=1'], () => {});
  if (code !== 0) throw new Failure(`${name}: the corpus could not be minimised`);
  const { count, bytes } = keep(name, merged);
  console.log(dim(`  kept ${count} inputs, ${bytes} bytes`));
}

/** An empty folder. @param {string} path */
function fresh(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** @param {Result[]} results */
function printTable(results) {
  console.log(bold('\ntarget        executions  coverage  features   new  crash'));
  for (const { name, executions, coverage, features, kept, crash } of results) {
    const cells = [
      name.padEnd(12),
      String(executions).padStart(11),
      String(coverage).padStart(9),
      String(features).padStart(9),
      String(kept).padStart(5),
      crash ? red(` ${crash}`) : green(' none'),
    ];
    console.log(cells.join(' '));
  }
}

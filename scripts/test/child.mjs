// One tool that is set up, or one step that is performed, in a process of its own, so that others
// can go on beside it: `child.mjs tool|step NAME`, started by `perform` below.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Failure, root, whenStarted } from '../lib.mjs';

/** Thrown by a step that cannot run on this machine. */
export class Skip extends Error {}

/**
 * What came of it. A tool that is not here and cannot be had gives a problem.
 * @typedef {object} Outcome
 * @property {unknown} [value] what a tool's function gave
 * @property {string} [problem] why there is no value, or why the step failed
 * @property {boolean} [skipped] whether the problem is this machine's
 */

/** A step that takes longer than this hangs. The longest, compression, ends itself before. */
const LIMIT = 60 * 60_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** Ends what runs, with all that it started. */
export function endAll() {
  for (const child of children) end(child);
}

/** @param {import('node:child_process').ChildProcess} child */
function end(child) {
  try {
    // The group: what it started would go on without it.
    if (process.platform === 'win32') child.kill();
    else if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/**
 * @param {'tool' | 'step'} kind
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env added to this process's
 * @param {(text: string) => void} onOutput
 * @returns {Promise<Outcome>}
 */
export function perform(kind, name, env, onOutput) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), kind, name], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    });
    children.add(child);
    /** @type {Outcome | undefined} */
    let outcome;
    const timer = setTimeout(() => {
      outcome = { problem: `not done after ${LIMIT / 60_000} minutes` };
      end(child);
    }, LIMIT);
    child.on('message', (message) => {
      outcome ??= /** @type {Outcome} */ (message);
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', onOutput);
    }
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      resolve(outcome ?? { problem: `ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}

/** @param {Outcome} outcome */
const tell = (outcome) => process.send?.(outcome);

whenStarted(import.meta.url, async () => {
  const [kind, name] = process.argv.slice(2);
  try {
    if (kind === 'tool') {
      const { tools } = await import('./tools.mjs');
      const value = tools[name].find();
      tell(value === undefined ? { problem: `no ${name} here` } : { value });
    } else {
      const { steps, work } = await import('./steps.mjs');
      const step = steps.find((one) => one.name === name);
      if (!step) throw new Failure(`There is no step ${name}`);
      await work(step);
      tell({});
    }
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Skip)) throw error;
    tell({ problem: error.message, skipped: error instanceof Skip });
  }
  process.disconnect?.();
});

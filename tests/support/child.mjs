// Measurements that need a process of their own, with gc() at hand.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const gauge = new URL('./gauge.mjs', import.meta.url).href;

/** Code is not thrown away to be compiled again, which would look like memory given back. */
const flags = ['--expose-gc', '--no-flush-bytecode', '--no-warnings'];

/**
 * Runs `work` in a new process and gives its result. `work` is passed as source text: it sees
 * nothing but its arguments and what it imports itself.
 * @template R
 * @template {unknown[]} A
 * @param {(gauge: typeof import('./gauge.mjs'), ...args: A) => R} work
 * @param {A} args as JSON
 * @returns {Awaited<R>}
 */
export function inChild(work, ...args) {
  const code = `
    const gauge = await import(${JSON.stringify(gauge)});
    const result = await (${work})(gauge, ...${JSON.stringify(args)});
    console.log(JSON.stringify(result ?? null));`;
  const options = [...flags, '--input-type=module', '-e', code];
  const child = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
  if (child.status !== 0)
    throw new Error(`child: ${child.signal ?? child.status}\n${child.stderr}`);
  return JSON.parse(child.stdout);
}

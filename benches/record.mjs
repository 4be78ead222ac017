// What is known about a run besides its figures, and where results are kept.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { attempt, root } from '../scripts/lib.mjs';

/** The results that are committed; quick runs leave theirs beside what is built. */
export const results = join(root, 'benches/results');
export const quickResults = join(root, 'target/bench');

/**
 * @typedef {object} Result
 * @property {string} part
 * @property {string} date
 * @property {string} commit
 * @property {boolean} quick
 * @property {ReturnType<typeof machine>} machine
 * @property {number} [stolen] the share of the machine's time that its host gave to others
 * @property {Record<string, string>} runtime
 * @property {Record<string, string>} versions
 * @property {any[]} rows
 */

function machine() {
  const { model = 'unknown', speed = 0 } = cpus()[0] ?? {};
  return {
    cpu: model.trim(),
    cores: cpus().length,
    mhz: speed,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${type()} ${release()} ${arch()}`,
    // Above the number of cores, somebody else was at work.
    loadBefore: loadavg()[0],
  };
}

/**
 * What the host of a virtual machine gave to others meanwhile, in hundredths of a second, all
 * cores together; undefined where the system does not tell.
 */
function stolen() {
  const file = '/proc/stat';
  if (!existsSync(file)) return undefined;
  // cpu user nice system idle iowait irq softirq steal ..., see proc(5).
  return Number(readFileSync(file, 'utf8').split('\n', 1)[0].split(/\s+/)[8]);
}

/** The commit that is measured; a plus sign when the work tree differs from it. */
function commit() {
  const hash = attempt('git', ['rev-parse', '--short=10', 'HEAD']) ?? 'unknown';
  const changed = attempt('git', ['status', '--porcelain', '--', 'src', 'js', 'pkg']);
  return changed ? `${hash}+` : hash;
}

/**
 * What every result begins with.
 * @param {string} part
 * @param {boolean} quick
 */
export function heading(part, quick) {
  return { part, date: new Date().toISOString(), commit: commit(), quick, machine: machine() };
}

/**
 * Begins to count what the host takes away; the function that it gives tells the share of the
 * machine's time since then, 0 to 1.
 */
export function watchHost() {
  const before = stolen();
  const began = Date.now();
  return () => {
    const after = stolen();
    if (before === undefined || after === undefined) return undefined;
    const available = ((Date.now() - began) / 10) * cpus().length;
    return Number(((after - before) / available).toFixed(3));
  };
}

/**
 * @param {string} name
 * @param {Result} result
 * @param {string} folder
 */
export function write(name, result, folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const { rows, ...rest } = result;
  // A row a line: readable, and one workload is one line of a diff.
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const head = JSON.stringify({ ...rest, rows: [] }, null, 2);
  writeFileSync(file, `${head.replace(/"rows": \[\]\n\}$/, `"rows": [\n${lines}\n  ]\n}`)}\n`);
  return file;
}

/**
 * All results that are kept, by name.
 * @returns {Map<string, Result>}
 */
export function read(folder = results) {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(
    files
      .filter((file) => file.endsWith('.json'))
      .map((file) => [
        file.replace(/\.json$/, ''),
        JSON.parse(readFileSync(join(folder, file), 'utf8')),
      ]),
  );
}

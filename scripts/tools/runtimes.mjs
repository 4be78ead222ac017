// Other versions of Node, other runtimes and bundlers, from npm: what tests/matrix/package.json names.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, Failure, quietly, root, step } from '../lib.mjs';

const source = join(root, 'tests/matrix');
const LOCK = 'package-lock.json';

/** The folder in which they are installed. */
export const folder = join(cache, 'matrix');

export function matrix() {
  const wanted = readFileSync(join(source, LOCK), 'utf8');
  const stamp = join(folder, 'installed.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  step('runtimes and bundlers from npm', '1 minute, once', () => {
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', LOCK, '.npmrc']) {
      cpSync(join(source, name), join(folder, name));
    }
    quietly('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
    writeFileSync(stamp, wanted);
  });
  return folder;
}

/**
 * The path of a program of these packages.
 * @param {string} path inside node_modules
 */
export function program(path) {
  const file = join(matrix(), 'node_modules', path);
  if (existsSync(file)) return file;
  throw new Failure(`${path} is not for this kind of machine: the packages are for Linux, x64`);
}

/** The versions of Node that tests run on beside the one that runs this. */
export const NODES = ['22', '24', '26'];

/** @returns {Record<string, string>} the program of each of NODES */
export const nodes = () =>
  Object.fromEntries(NODES.map((version) => [version, program(`node${version}/bin/node`)]));

// Other versions of Node, other runtimes and bundlers, from npm: what tests/matrix/package.json names.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cache, Failure } from '../lib.mjs';
import { installed } from './npm.mjs';

/** The folder in which they are installed. */
export const folder = join(cache, 'matrix');

export const matrix = () => installed('matrix', 'runtimes and bundlers');

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

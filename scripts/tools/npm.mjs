// Folders of tests/ with a package.json of their own: what they name is installed in the cache.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, quietly, root, step } from '../lib.mjs';

const LOCK = 'package-lock.json';
const STAMP = 'installed.json';

/** @param {string} name of the folder in tests/ */
const lockOf = (name) => readFileSync(join(root, 'tests', name, LOCK), 'utf8');

/**
 * The folder with the node_modules, when it has what it should.
 * @param {string} name of the folder in tests/
 */
export function findInstalled(name) {
  const stamp = join(cache, name, STAMP);
  const ready = existsSync(stamp) && readFileSync(stamp, 'utf8') === lockOf(name);
  return ready ? join(cache, name) : undefined;
}

/**
 * The same, installing it first where that is due.
 * @param {string} name of the folder in tests/
 * @param {string} title
 */
export function installed(name, title) {
  const ready = findInstalled(name);
  if (ready) return ready;
  const folder = join(cache, name);
  step(`${title} from npm`, '1 minute, once', () => {
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', LOCK, '.npmrc']) {
      cpSync(join(root, 'tests', name, file), join(folder, file));
    }
    quietly('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
    writeFileSync(join(folder, STAMP), lockOf(name));
  });
  return folder;
}

/** What tests/frameworks runs. */
export const frameworks = () => installed('frameworks', 'frameworks');

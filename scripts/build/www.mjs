// `npm run build:www`: the inspector's page, for a server in www/dist, and as one file that
// opens from disk, www/dist/inspector.html. With --if-changed only where something in it has
// changed, with --for-start likewise, and then it is no failure if it cannot be built.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { dim, Failure, quietly, root, step, whenStarted, yellow } from '../lib.mjs';
import { nodeModules } from '../tools/toolchain.mjs';

const dist = join(root, 'www/dist');
const vite = join(root, 'node_modules/vite/bin/vite.js');

/** What the page is made of. */
const SOURCES = [
  'www/src',
  'www/samples',
  'www/index.html',
  'www/vite.config.js',
  'js/inspect',
  'pkg/contract.js',
  'pkg/inspect',
];

/** @param {string} path @returns {number} when the newest file there was changed */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Whether the page that is built is the one that the sources make. */
export function upToDate() {
  const built = join(dist, 'inspector.html');
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return SOURCES.every((path) => newest(join(root, path)) <= mtimeMs);
}

/** Both builds, aside; whoever serves the page meanwhile sees the old one or the new one. */
function build() {
  const aside = mkdtempSync(join(root, 'www/.dist-'));
  const run = (/** @type {string} */ mode, /** @type {string} */ folder) =>
    quietly(process.execPath, [vite, 'build', '--mode', mode, '--outDir', folder], {
      cwd: join(root, 'www'),
      env: { NODE_ENV: 'production' },
    });
  try {
    run('production', join(aside, 'files'));
    run('single', join(aside, 'single'));
    renameSync(join(aside, 'single/index.html'), join(aside, 'files/inspector.html'));
    rmSync(dist, { recursive: true, force: true });
    renameSync(join(aside, 'files'), dist);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function printSizes() {
  const files = readdirSync(join(dist, 'assets')).map((name) => join('assets', name));
  for (const name of ['index.html', ...files, 'inspector.html']) {
    const bytes = readFileSync(join(dist, name));
    const kB = (/** @type {number} */ size) => `${(size / 1000).toFixed(1)} kB`.padStart(10);
    console.log(dim(`  ${kB(bytes.length)} ${kB(gzipSync(bytes).length)} gzipped  ${name}`));
  }
}

const make = () => step("building the inspector's page", '5 seconds', build);

whenStarted(import.meta.url, () => {
  const { values } = parseArgs({
    options: { 'if-changed': { type: 'boolean' }, 'for-start': { type: 'boolean' } },
  });
  if (values['for-start']) {
    try {
      nodeModules();
      make();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.error(yellow(`${error.message}\nThe inspector's page is not there without it.`));
    }
    return;
  }
  if (values['if-changed'] && upToDate()) return;
  nodeModules();
  make();
  printSizes();
});

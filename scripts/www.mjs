// `npm run build:www`: the inspector's page, for a server in www/dist, and as one file that
// opens from disk, www/dist/inspector.html.
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
import { gzipSync } from 'node:zlib';
import { dim, Failure, quietly, root, step, whenStarted, yellow } from './lib.mjs';

const dist = join(root, 'www/dist');
const vite = join(root, 'node_modules/vite/bin/vite.js');

/** What the page is made of. */
const SOURCES = [
  'www/src',
  'www/samples',
  'www/index.html',
  'www/vite.config.js',
  'js/inspect',
  'pkg/inspect',
];

/** @param {string} path @returns {number} when the newest file there was changed */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function upToDate() {
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

/**
 * Builds the page where something in it has changed. Says so and goes on where it cannot: the
 * server works without.
 */
export function buildPage() {
  if (upToDate()) return;
  if (!existsSync(vite)) {
    console.log(
      yellow("The inspector's page is not built: run `npm install`, then start again."),
    );
    return;
  }
  try {
    step("building the inspector's page", '5 seconds', build);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(yellow(error.message));
  }
}

whenStarted(import.meta.url, () => {
  step("building the inspector's page", '5 seconds', build);
  printSizes();
});

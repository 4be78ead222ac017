// `npm run test:matrix`: the packed tarball, installed in an empty folder, in every runtime,
// bundler and browser that it is made for. Prints a table; with --write README shows it.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { browsers } from '../../tests/matrix/browsers.mjs';
import { builders, buildPage, policy } from '../../tests/matrix/pages.mjs';
import { rows } from '../../tests/matrix/programs.mjs';
import {
  expected,
  inWorkerd,
  programs,
  runIn,
  runtimes,
} from '../../tests/matrix/runtimes.mjs';
import { render, renderPrograms, withTable } from '../../tests/matrix/table.mjs';
import { makeCertificate } from '../../tests/support/certificate.mjs';
import { PATIENCE } from '../../tests/support/tools.mjs';
import {
  bold,
  dim,
  Failure,
  green,
  onCI,
  quietly,
  red,
  root,
  seconds,
  whenStarted,
  yellow,
} from '../lib.mjs';
import { chromium, firefox, webkit } from '../tools/peers.mjs';
import { matrix, nodes, program } from '../tools/runtimes.mjs';
import { listen, typeOf } from '../tools/serve.mjs';
import { nodeModules } from '../tools/toolchain.mjs';

/**
 * @typedef {object} Tools
 * @property {string[]} nodes programs
 * @property {string} deno
 * @property {string} bun
 * @property {string} workerd
 * @property {string} chromium
 * @property {string} firefox
 * @property {import('../tools/peers.mjs').WebKit} webkit
 * @property {(name: string) => Promise<any>} load imports a bundler
 * @property {string} modules the node_modules of all these
 * @property {string} newestNode a program, one of `nodes`
 */

const results = join(root, 'tests/matrix/results.json');
const readme = join(root, 'README.md');
const guide = join(root, 'docs/runtimes.md');

/** @returns {Tools} */
function setUp() {
  nodeModules();
  const require = createRequire(join(matrix(), 'package.json'));
  const [here, firefoxHere, webkitHere] = [chromium(), firefox(), webkit()];
  if (!here || !firefoxHere || !webkitHere) {
    throw new Failure('The matrix needs Chromium, Firefox and WebKitGTK (webkit2gtk-driver)');
  }
  return {
    nodes: [process.execPath, ...Object.values(nodes())],
    deno: program('@deno/linux-x64-glibc/deno'),
    bun: program('@oven/bun-linux-x64/bin/bun'),
    workerd: program('@cloudflare/workerd-linux-64/bin/workerd'),
    chromium: here,
    firefox: firefoxHere,
    webkit: webkitHere,
    modules: join(matrix(), 'node_modules'),
    newestNode: String(Object.values(nodes()).at(-1)),
    load: (name) => import(pathToFileURL(require.resolve(name)).href),
  };
}

/** A folder with the package installed from its tarball, and the programs beside it. */
function install() {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-matrix-'));
  const report = quietly('npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(report);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  quietly('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], {
    cwd: folder,
  });
  cpSync(join(root, 'tests/matrix/app'), folder, { recursive: true });
  for (const [name, pem] of Object.entries(makeCertificate())) {
    writeFileSync(join(folder, `${name}.pem`), pem);
  }
  return folder;
}

/**
 * 'ok', or why not.
 * @param {() => unknown} work gives what `talk` said
 */
async function cell(work) {
  try {
    const said = await work();
    if (isDeepStrictEqual(said, expected)) return 'ok';
    return typeof said === 'string' ? said : `said ${JSON.stringify(said)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Whether the fault is the browser's: main.js has tried without a line of ours.
 * @param {string} result
 */
const isLacking = (result) => result.startsWith('lacking: ');

/**
 * @param {string} what
 * @param {string} result
 */
function tell(what, result) {
  const bad = isLacking(result) ? yellow('lacking') : red('FAILED ');
  console.log(`${result === 'ok' ? green('ok     ') : bad} ${what}`);
  if (result !== 'ok') console.log(yellow(`        ${result.replaceAll('\n', '\n        ')}`));
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function tryRuntimes(tools, folder) {
  /** @type {import('../../tests/matrix/table.mjs').Results['runtimes']} */
  const found = {};
  for (const runtime of runtimes(tools)) {
    /** @type {Record<string, string>} */
    const cells = {};
    for (const [name, file] of Object.entries(programs)) {
      cells[name] = await cell(() => runIn(runtime, file, folder));
      tell(`${runtime.name} ${runtime.version}, ${name}`, cells[name]);
    }
    found[runtime.name] = { version: runtime.version, cells };
  }
  const workerd = await cell(() => inWorkerd(tools, folder));
  const version = quietly(tools.workerd, ['--version']).replace(/^workerd /, '');
  tell(`workerd ${version}`, workerd);
  found.workerd = { version, cells: { import: workerd } };
  return found;
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function tryPrograms(tools, folder) {
  /** @type {import('../../tests/matrix/table.mjs').Results['programs']} */
  const found = {};
  for (const [name, { of, run }] of Object.entries(rows)) {
    const copy = copyOf(folder, 'programs', name);
    const manifest = readFileSync(join(tools.modules, of, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest);
    const result = await cell(() => run(tools, copy));
    tell(`${name} ${version}`, result);
    found[name] = { version, result };
  }
  return found;
}

/**
 * The programs and the package once more, for one that builds there.
 * @param {string} folder
 * @param {string} kind
 * @param {string} name
 */
function copyOf(folder, kind, name) {
  const copy = join(folder, kind, name.replaceAll(/[^\w.]+/g, '-'));
  cpSync(join(root, 'tests/matrix/app'), copy, { recursive: true });
  cpSync(join(folder, 'package.json'), join(copy, 'package.json'));
  cpSync(join(folder, 'node_modules'), join(copy, 'node_modules'), { recursive: true });
  return copy;
}

/** The built pages, each below its name, with the strictest policy that they can have. */
async function servePages(/** @type {Map<string, string>} */ folders) {
  const server = createServer((request, response) => {
    const [, name, ...path] = (request.url ?? '').split('/').map(decodeURIComponent);
    const file = join(folders.get(name) ?? '', path.join('/') || 'index.html');
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Content-Type', typeOf(file));
    if (folders.has(name) && existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  return { server, port: await listen(server) };
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function tryPages(tools, folder) {
  const names = Object.keys(builders);
  /** @type {Map<string, string>} */
  const built = new Map();
  /** @type {import('../../tests/matrix/table.mjs').Results['pages']} */
  const pages = {};
  for (const name of names) {
    const copy = copyOf(folder, 'pages', name);
    pages[name] = {};
    try {
      built.set(name, await buildPage(name, tools, copy));
    } catch (error) {
      tell(`${name} builds`, error instanceof Error ? error.message : String(error));
      for (const browser of Object.keys(browsers)) pages[name][browser] = { page: 'not built' };
    }
  }
  const { server, port } = await servePages(built);
  /** @type {Record<string, string>} */
  const versions = {};
  for (const [browserName, launch] of Object.entries(browsers)) {
    const browser = await launch(tools);
    versions[browserName] = browser.version;
    try {
      for (const name of built.keys()) {
        const said = await outcomeOf(
          browser,
          `http://127.0.0.1:${port}/${encodeURIComponent(name)}/`,
        );
        pages[name][browserName] = {};
        for (const place of ['page', 'worker', 'service worker']) {
          const result = await cell(() => said[place]);
          pages[name][browserName][place] = result;
          tell(`${browserName} ${browser.version}, ${name}, ${place}`, result);
        }
      }
    } finally {
      await browser.close();
    }
  }
  server.closeAllConnections();
  server.close();
  return { pages, browsers: versions };
}

/**
 * What main.js leaves behind.
 * @param {import('../../tests/matrix/browsers.mjs').Browser} browser
 * @param {string} url
 * @returns {Promise<Record<string, unknown>>}
 */
async function outcomeOf(browser, url) {
  await browser.open(url);
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const outcome = await browser.evaluate('globalThis.outcome');
    if (outcome) return JSON.parse(outcome);
    await pause(100);
  }
  const nothing = 'nothing came of it';
  return { page: nothing, worker: nothing, 'service worker': nothing };
}

/** @param {string | object} table @returns {string[]} its cells */
function leaves(table) {
  return typeof table === 'string' ? [table] : Object.values(table).flatMap(leaves);
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const started = Date.now();
  console.log(bold('== the matrix'));
  const tools = setUp();
  const folder = install();
  try {
    const found = {
      runtimes: await tryRuntimes(tools, folder),
      programs: await tryPrograms(tools, folder),
      ...(await tryPages(tools, folder)),
    };
    const programs = Object.values(found.programs).map(({ result }) => result);
    const cells = [...Object.values(found.runtimes).map((r) => r.cells), found.pages];
    const all = [...programs, ...cells.flatMap(leaves)];
    const lacking = all.filter(isLacking);
    const failed = all.filter((cell) => cell !== 'ok' && !isLacking(cell));
    const counts = [`${failed.length} failed`, `${lacking.length} lacking in the browser`];
    console.log(dim(`\n${all.length} cells, ${counts.join(', ')}, ${seconds(started)}`));
    if (failed.length) process.exitCode = 1;
    else if (values.write && !onCI) {
      writeFileSync(results, `${JSON.stringify(found, null, 2)}\n`);
      for (const [file, table] of /** @type {const} */ ([
        [readme, render(found)],
        [guide, renderPrograms(found)],
      ])) {
        writeFileSync(file, withTable(readFileSync(file, 'utf8'), table));
      }
      console.log('README and docs/runtimes.md show it now');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

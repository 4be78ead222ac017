// A server that echoes, as what programs for Node are bundled and tested with leave it. What was
// bundled runs in a folder that has nothing else in it.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { quietly } from '../../scripts/lib.mjs';
import { PATIENCE } from '../support/tools.mjs';
import { expected } from './app/talk.js';

/** @typedef {import('../../scripts/test/matrix.mjs').Tools} Tools */

/**
 * @typedef {object} Row
 * @property {string} of the package whose version is shown
 * @property {(tools: Tools, folder: string) => unknown} run gives what was heard; the folder is its
 *   own, and has the programs of tests/matrix/app in it and the package in its node_modules
 */

const ENTRY = 'bundled.js';

/** @type {Record<string, string>} the format's name as Node has it for a file */
const ENDING = { cjs: 'cjs', esm: 'mjs', es: 'mjs' };

/**
 * Runs what was bundled where nothing else is.
 * @param {string} folder
 * @param {string} from where the bundle lies: a file, or a folder with all there is of it
 * @param {string} [main] its file, when it is a folder
 */
function alone(folder, from, main = '') {
  const empty = mkdtempSync(join(folder, 'alone-'));
  // Another package than the one around it.
  writeFileSync(join(empty, 'package.json'), '{}');
  const to = join(empty, main ? 'dist' : `program.${from.split('.').pop()}`);
  cpSync(from, to, { recursive: true });
  const printed = quietly(process.execPath, [join(to, main)], {
    cwd: empty,
    timeout: PATIENCE,
  });
  return JSON.parse(printed);
}

/**
 * Runs a tool's own program on the newest Node there is: some ask for one.
 * @param {Tools} tools
 * @param {string} folder
 * @param {string} name of the program, in the tools' node_modules
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more]
 */
function tool({ newestNode, modules }, folder, name, args, more) {
  const env = { TEXTS: JSON.stringify(expected), HEARD: join(folder, 'heard.json'), ...more };
  const all = [join(modules, name), ...args];
  return quietly(newestNode, all, { cwd: folder, env, timeout: PATIENCE });
}

/** @param {string} folder */
const heard = (folder) => JSON.parse(readFileSync(join(folder, 'heard.json'), 'utf8'));

/** @param {'cjs' | 'esm'} format @returns {Row['run']} */
const esbuild = (format) => async (tools, folder) => {
  const { build } = await tools.load('esbuild');
  const outfile = join(folder, `dist/bundle.${ENDING[format]}`);
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [ENTRY],
    bundle: true,
    platform: 'node',
    format,
    outfile,
  });
  if (result.warnings.length) throw new Error(result.warnings[0].text);
  return alone(folder, outfile);
};

/** @param {'cjs' | 'esm'} format @returns {Row['run']} */
const tsup = (format) => (tools, folder) => {
  const config = { entry: [ENTRY], format, noExternal: ['ws4wasm'], outDir: 'dist' };
  writeFileSync(join(folder, 'tsup.config.json'), JSON.stringify(config));
  tool(tools, folder, 'tsup/dist/cli-default.js', ['--config', 'tsup.config.json']);
  const [file] = readdirSync(join(folder, 'dist'));
  const renamed = join(folder, `bundle.${ENDING[format]}`);
  cpSync(join(folder, 'dist', file), renamed);
  return alone(folder, renamed);
};

/**
 * @param {'cjs' | 'es'} format
 * @param {object} resolving options of the plugin
 * @returns {Row['run']}
 */
const rollup = (format, resolving) => async (tools, folder) => {
  const { rollup } = await tools.load('rollup');
  const { default: nodeResolve } = await tools.load('@rollup/plugin-node-resolve');
  const bundle = await rollup({
    input: join(folder, ENTRY),
    external: /^node:/,
    plugins: [nodeResolve(resolving)],
    onwarn: (/** @type {{ message: string }} */ { message }) => {
      throw new Error(message);
    },
  });
  const file = join(folder, `dist/bundle.${ENDING[format]}`);
  await bundle.write({ file, format });
  return alone(folder, file);
};

/** @type {Row['run']} */
async function webpack(tools, folder) {
  const { default: make } = await tools.load('webpack');
  const path = join(folder, 'dist');
  const compiler = make({
    context: folder,
    entry: `./${ENTRY}`,
    target: 'node',
    mode: 'production',
    output: { path, filename: 'bundle.cjs' },
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((/** @type {unknown} */ error, /** @type {unknown} */ done) =>
      error ? reject(error) : resolve(done),
    ),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString('errors-warnings'));
  return alone(folder, path, 'bundle.cjs');
}

/** @type {Row['run']} */
function ncc(tools, folder) {
  tool(tools, folder, '@vercel/ncc/dist/ncc/cli.js', ['build', ENTRY, '-o', 'dist']);
  return alone(folder, join(folder, 'dist'), 'index.js');
}

/** @type {Row['run']} */
async function viteSsr(tools, folder) {
  const { build } = await tools.load('vite');
  await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: ENTRY, rolldownOptions: { output: { entryFileNames: 'bundle.mjs' } } },
  });
  return alone(folder, join(folder, 'dist'), 'bundle.mjs');
}

/** @type {Row['run']} */
function jest(tools, folder) {
  tool(tools, folder, 'jest/bin/jest.js', ['--rootDir', 'jest']);
  return heard(folder);
}

/** @type {Row['run']} */
function vitest(tools, folder) {
  tool(tools, folder, 'vitest/vitest.mjs', ['run', '--globals', '--dir', 'vitest']);
  return heard(folder);
}

/** @param {'cts' | 'mts'} ending @returns {Row['run']} */
const tsx = (ending) => (tools, folder) => {
  const file = `typescript/program.${ending}`;
  cpSync(join(folder, 'typescript/echo.ts'), join(folder, file));
  return JSON.parse(tool(tools, folder, 'tsx/dist/cli.mjs', [file]));
};

/** @type {Row['run']} */
function tsNode(tools, folder) {
  // What it is installed beside, elsewhere.
  const beside = join(folder, 'typescript/node_modules');
  mkdirSync(beside);
  for (const [name, from] of [
    ['typescript', 'typescript59'],
    ['@types/node', '@types/node'],
    ['undici-types', 'undici-types'],
  ]) {
    cpSync(join(tools.modules, from), join(beside, name), { recursive: true });
  }
  return JSON.parse(tool(tools, folder, 'ts-node/dist/bin.js', ['typescript/echo.ts']));
}

/** @type {Record<string, Row>} */
export const rows = {
  'Jest, as it comes': { of: 'jest', run: jest },
  Vitest: { of: 'vitest', run: vitest },
  'tsx, .cts': { of: 'tsx', run: tsx('cts') },
  'tsx, .mts': { of: 'tsx', run: tsx('mts') },
  'ts-node, CommonJS': { of: 'ts-node', run: tsNode },
  'esbuild, CommonJS': { of: 'esbuild', run: esbuild('cjs') },
  'esbuild, ES modules': { of: 'esbuild', run: esbuild('esm') },
  'tsup, CommonJS': { of: 'tsup', run: tsup('cjs') },
  'tsup, ES modules': { of: 'tsup', run: tsup('esm') },
  'Rollup, ES modules, without exportConditions': { of: 'rollup', run: rollup('es', {}) },
  "Rollup, CommonJS, exportConditions: ['node']": {
    of: 'rollup',
    run: rollup('cjs', { exportConditions: ['node'] }),
  },
  'webpack, target: node': { of: 'webpack', run: webpack },
  ncc: { of: '@vercel/ncc', run: ncc },
  'Vite, SSR': { of: 'vite', run: viteSsr },
};

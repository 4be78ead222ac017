// The page of tests/matrix/app, served as it is and built by bundlers, each in a folder of its
// own. Every builder gives the folder to serve.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('../../scripts/test/matrix.mjs').Tools} Tools */

const importMap = JSON.stringify({
  imports: { ws4wasm: './node_modules/ws4wasm/js/entry/web.js' },
});
const hash = createHash('sha256').update(importMap).digest('base64');

/**
 * All that pages may do, workers too: of what WebAssembly needs, the one thing. The hash is that
 * of the import map.
 */
export const policy = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`,
  "connect-src 'self'",
  "worker-src 'self'",
].join('; ');

/**
 * @param {string} script how main.js is loaded
 * @param {'classic' | 'module'} type of the service worker
 * @param {string} [more]
 */
const html = (script, type, more = '') =>
  `<!doctype html><html data-type="${type}"><meta charset="utf-8"><link rel="icon" href="data:,">${more}${script}</html>`;
const asModule = '<script type="module" src="./main.js"></script>';

/** @param {string} folder @param {string} to */
function copyEngine(folder, to) {
  cpSync(join(folder, 'node_modules/ws4wasm/pkg/ws4wasm_bg.wasm'), join(to, 'ws4wasm_bg.wasm'));
}

/**
 * No bundler: an import map for the page, addresses for workers, which know no import maps.
 * @param {Tools} _
 * @param {string} folder
 */
async function served(_, folder) {
  for (const name of ['worker.js', 'sw.js']) {
    const source = readFileSync(join(folder, name), 'utf8');
    const entries = './node_modules/ws4wasm/js/entry';
    writeFileSync(
      join(folder, name),
      source
        .replace("'ws4wasm'", `'${entries}/web.js'`)
        .replace("'ws4wasm/slim'", `'${entries}/slim.js'`)
        .replace('./ws4wasm_bg.wasm', './node_modules/ws4wasm/pkg/ws4wasm_bg.wasm'),
    );
  }
  const map = `<script type="importmap">${importMap}</script>`;
  writeFileSync(join(folder, 'index.html'), html(asModule, 'module', map));
  return folder;
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function vite({ load }, folder) {
  const { build } = await load('vite');
  writeFileSync(join(folder, 'index.html'), html(asModule, 'classic'));
  const common = { root: folder, configFile: false, logLevel: 'error', base: './' };
  await build({ ...common, worker: { format: 'es' }, build: { target: 'es2022' } });
  // A service worker has an address of its own, so it is built by itself.
  await build({
    ...common,
    build: {
      emptyOutDir: false,
      rollupOptions: {
        input: join(folder, 'sw.js'),
        output: { format: 'iife', entryFileNames: 'sw.js' },
      },
    },
  });
  copyEngine(folder, join(folder, 'dist'));
  return join(folder, 'dist');
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function webpack({ load }, folder) {
  const { default: webpack } = await load('webpack');
  const common = { context: folder, mode: 'production', devtool: false };
  const out = join(folder, 'dist');
  /** @type {any} */
  const stats = await new Promise((resolve, reject) =>
    webpack(
      [
        { ...common, entry: './main.js', output: { path: out, filename: 'main.js' } },
        { ...common, entry: './sw.js', output: { path: out, filename: 'sw.js' } },
      ],
      (/** @type {unknown} */ error, /** @type {unknown} */ done) =>
        error ? reject(error) : resolve(done),
    ),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString('errors-warnings'));
  copyEngine(folder, out);
  const script = '<script defer src="./main.js"></script>';
  writeFileSync(join(out, 'index.html'), html(script, 'classic'));
  return out;
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function esbuild({ load }, folder) {
  const { build } = await load('esbuild');
  const common = { absWorkingDir: folder, bundle: true, outdir: 'dist', minify: true };
  /** @type {any[]} */
  const results = [
    await build({ ...common, entryPoints: ['main.js', 'worker.js'], format: 'esm' }),
    await build({ ...common, entryPoints: ['sw.js'], format: 'iife' }),
  ];
  const warnings = results.flatMap((result) => result.warnings);
  if (warnings.length) throw new Error(warnings.map(({ text }) => text).join('\n'));
  const out = join(folder, 'dist');
  // It leaves `new URL(…, import.meta.url)` alone.
  copyEngine(folder, out);
  writeFileSync(join(out, 'index.html'), html(asModule, 'classic'));
  return out;
}

/**
 * @param {Tools} tools
 * @param {string} folder
 */
async function rollup({ load }, folder) {
  const { rollup } = await load('rollup');
  const { default: nodeResolve } = await load('@rollup/plugin-node-resolve');
  const out = join(folder, 'dist');
  for (const [input, format] of /** @type {const} */ ([
    [['main.js', 'worker.js'], 'es'],
    [['sw.js'], 'iife'],
  ])) {
    const bundle = await rollup({
      input: input.map((name) => join(folder, name)),
      plugins: [nodeResolve({ browser: true })],
      onwarn: (/** @type {{ message: string }} */ { message }) => {
        throw new Error(message);
      },
    });
    await bundle.write({ dir: out, format });
  }
  // Without a plugin for it, it does as well.
  copyEngine(folder, out);
  writeFileSync(join(out, 'index.html'), html(asModule, 'classic'));
  return out;
}

/** @type {Record<string, (tools: Tools, folder: string) => Promise<string>>} */
export const builders = { 'no bundler': served, Vite: vite, webpack, esbuild, Rollup: rollup };

/**
 * Builds the page in a folder that has the package in its node_modules.
 * @param {string} name
 * @param {Tools} tools
 * @param {string} folder
 */
export async function buildPage(name, tools, folder) {
  mkdirSync(folder, { recursive: true });
  return builders[name](tools, folder);
}

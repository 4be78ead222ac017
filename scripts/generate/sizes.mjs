// `npm run sizes -- --write`: how large the package is, beside its peers, into docs/sizes.md.
// A peer is measured as it lies in node_modules, with what it depends on.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { quietly, root, whenStarted } from '../lib.mjs';
import { matrix } from '../tools/runtimes.mjs';
import { nodeModules } from '../tools/toolchain.mjs';

const file = join(root, 'docs/sizes.md');
const peers = ['ws', 'undici', 'websocket-driver'];
const kb = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(bytes < 99_500 ? 1 : 0)}`;
const gzipped = (/** @type {Uint8Array | string} */ data) =>
  gzipSync(data, { level: 9 }).length;

/** esbuild, which `npm run test:matrix` uses as well. */
async function bundler() {
  const require = createRequire(join(matrix(), 'package.json'));
  return import(pathToFileURL(require.resolve('esbuild')).href);
}

/**
 * @param {any} esbuild
 * @param {string} code
 * @param {'node' | 'browser'} platform
 */
async function bundled({ build }, code, platform) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform,
    external: ['bufferutil', 'utf-8-validate'],
    logLevel: 'silent',
  });
  return outputFiles[0].contents;
}

/**
 * What `npm pack` makes of a folder.
 * @param {string} folder
 * @returns {{ size: number, unpackedSize: number, version: string, files: { path: string }[] }}
 */
function packed(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', folder];
  return JSON.parse(quietly('npm', args, { cwd: root }))[0];
}

/**
 * A package and what it depends on, by name.
 * @param {string} name
 * @returns {string[]}
 */
function withDependencies(name) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  return [name, ...Object.keys(dependencies).flatMap(withDependencies)];
}

async function table() {
  nodeModules();
  const esbuild = await bundler();
  const wasm = readFileSync(join(root, 'pkg/ws4wasm_bg.wasm'));
  const own = packed(root);
  const rows = [];
  for (const [what, code, platform] of /** @type {const} */ ([
    ['`ws4wasm`, for a page', "export { Stream } from 'ws4wasm'", 'browser'],
    ['`ws4wasm/node`, for a server', "export { createServer } from 'ws4wasm/node'", 'node'],
  ])) {
    const js = await bundled(esbuild, code, platform);
    rows.push([
      what,
      kb(own.size),
      kb(own.unpackedSize),
      '0',
      // A bundle for Node has it inside.
      ...(platform === 'node'
        ? [kb(js.length), kb(gzipped(js))]
        : [
            `${kb(js.length)} + ${kb(wasm.length)} wasm`,
            `${kb(gzipped(js))} + ${kb(gzipped(wasm))} wasm`,
          ]),
    ]);
  }
  for (const name of peers) {
    const all = withDependencies(name);
    const sizes = all.map((one) => packed(join(root, 'node_modules', one)));
    const sum = (/** @type {'size' | 'unpackedSize'} */ key) =>
      sizes.reduce((total, one) => total + one[key], 0);
    const js = await bundled(esbuild, `export * as all from '${name}'`, 'node');
    rows.push([
      `${name} ${sizes[0].version}`,
      kb(sum('size')),
      kb(sum('unpackedSize')),
      `${all.length - 1}`,
      kb(js.length),
      kb(gzipped(js)),
    ]);
  }
  const head = [
    'Package',
    'Tarball',
    'Unpacked',
    'Dependencies',
    'Bundled, minified',
    'Gzipped',
  ];
  return [head, ['---', ...Array(5).fill('---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** What of the package is what, each file once: the first row that fits has it. */
const PARTS = /** @type {const} */ ([
  [
    'the inspector: page, wasm, `npx ws4wasm`',
    /^(pkg\/inspect|js\/(inspect|cli)|www|examples)\//,
  ],
  ['the engine for pages, `pkg/ws4wasm_bg.wasm`', /^pkg\/ws4wasm_bg\.wasm$/],
  ['the engine within a module, `pkg/engine.js`', /^pkg\/engine\.js$/],
  ['all of it in one file, `pkg/ws4wasm.cjs`', /^pkg\/ws4wasm\.cjs$/],
  ['types', /\.d\.c?ts$/],
  ['JavaScript, with comments', /\.c?js$/],
  ['documents', /./],
]);

/** @param {string[]} files of the package */
function parts(files) {
  const rows = [
    ['Part', 'Size', 'Gzipped'],
    ['---', '---:', '---:'],
  ];
  const left = new Set(files);
  for (const [what, wanted] of PARTS) {
    const own = [...left].filter((name) => wanted.test(name));
    for (const name of own) left.delete(name);
    const bytes = Buffer.concat(own.map((name) => readFileSync(join(root, name))));
    rows.push([what, kb(bytes.length), kb(gzipped(bytes))]);
  }
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const text = `# Sizes

How large ws4wasm is to install, and to put into a page, beside other libraries; in KB of 1000
bytes. Tarball and unpacked are with all dependencies. Bundled is by esbuild: of ws4wasm \`Stream\`
alone, or \`createServer\` and all it needs; of the peers all they export, since none of them can be
imported in parts. undici is an HTTP client, too. uWebSockets.js is not on npm and is not measured.
\`npm run sizes -- --write\` makes this page.

${await table()}

What an installed ws4wasm is made of:

${parts(packed(root).files.map(({ path }) => path))}

The engine is there three times, since each is what somebody can load and nobody else: a page
compiles the wasm file while it comes; bundlers, Jest and \`require\` need it inside JavaScript, once
as a module and once as one file that works wherever it is copied. It costs the tarball 110 KB each
time.

More than half of the tarball is the inspector, and it stays there. As a package of its own it would be one
that \`npx ws4wasm serve\`, \`inspect\` and \`dump\` need, hence a dependency, which everybody who
installs ws4wasm downloads as before, in two tarballs whose versions must fit each other. An optional
one is downloaded, too, and one that is left to the user makes the commands fail where there is no
network. It costs disk space and a part of a second once: nothing of it is loaded by \`ws4wasm\`,
\`/node\`, \`/ws\` or \`/websocket\`, and no bundle has it. Its wasm would be 25 % smaller as Brotli,
which browsers take from a server that says so only, and no \`file:\` page does.
`;
  console.log(text);
  if (values.write) writeFileSync(file, text);
});

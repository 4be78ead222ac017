// Builds pkg/: cargo, wasm-bindgen, wasm-opt. With --check it builds aside and compares.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import {
  bold,
  Failure,
  green,
  quietly,
  root,
  run,
  step,
  whenStarted,
  yellow,
} from '../lib.mjs';
import { nodeModules, rust, target, wasmBindgen } from '../tools/toolchain.mjs';
import { differingFiles, forgetReplaced, pkg, readRecord, toolchainOf } from './pkg.mjs';

/**
 * The two wasm modules, a crate each. The inspector reads captures and regular expressions, so
 * it is large, and only `ws4wasm/inspect` loads it.
 * @typedef {object} Module
 * @property {string} name of its files
 * @property {string} crate
 * @property {string} folder inside pkg/
 * @property {string[]} linkFlags
 * @property {string[]} glueFlags of wasm-bindgen
 * @property {string[]} optimize flags of wasm-opt beside those for every module
 * @property {boolean} factory there may be several instances of it, see `asFactory`
 * @property {number} gzipLimit in bytes
 */

/** @type {Module[]} */
const modules = [
  {
    name: 'ws4wasm',
    crate: 'ws4wasm',
    folder: '',
    // The stack lies in linear memory; the engine keeps nothing large on it.
    linkFlags: ['-Clink-arg=-zstack-size=65536'],
    // Where it is stands in a file of its own, see below.
    glueFlags: ['--omit-default-module-path'],
    // As often as it makes it smaller: bundlers warn of files from 244 KiB on.
    optimize: ['--converge'],
    factory: true,
    gzipLimit: 110_000,
  },
  {
    name: 'inspect',
    crate: 'ws4wasm-inspect',
    folder: 'inspect',
    linkFlags: [],
    glueFlags: [],
    // Again and again would take a minute and a half, for less than a hundredth of the size.
    optimize: [],
    factory: false,
    gzipLimit: 700_000,
  },
];

/**
 * Flags of rustc for every wasm32 build. An environment variable replaces what .cargo/config.toml
 * says, so that a build with more of them begins with these.
 * @returns {string[]}
 */
function wasmFlags() {
  const config = readFileSync(join(root, '.cargo/config.toml'), 'utf8');
  const flags = /^rustflags = (\[.*\])$/m.exec(config)?.[1];
  if (!flags) throw new Failure('.cargo/config.toml has no rustflags in one line');
  return JSON.parse(flags);
}

const optimize = [
  '-O3',
  // What is used most gets the shortest numbers.
  '--simplify-globals-optimizing',
  '--reorder-globals',
  '--reorder-functions',
  '--enable-simd',
  '--enable-bulk-memory',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  // Nothing asks for these two; rustc and wasm-bindgen use them by default.
  '--enable-reference-types',
  '--enable-multivalue',
  '--strip-debug',
  '--strip-producers',
  '--strip-target-features',
];

/**
 * Where the module is. By itself, so that 'ws4wasm/slim' is free of it, and beside the module,
 * because some bundlers leave the address as it is: a copy beside the bundle is then right. A
 * function, because where there are no ES modules there is no address, which the caller explains.
 */
const moduleUrl = "export default () => new URL('./ws4wasm_bg.wasm', import.meta.url);\n";

/**
 * Builds everything into `folder`, which is emptied first.
 * @param {string} folder
 */
function build(folder) {
  const compiler = rust();
  const bindgen = wasmBindgen();
  nodeModules();
  const targetFolder = join(root, 'target');
  const env = { ...compiler.env, CARGO_TARGET_DIR: targetFolder };

  // Fetched first, because the paths to hide are those of the fetched crates.
  quietly('cargo', ['fetch', '--target', target], { env });
  const hidden = hidePaths(env);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const built = modules.map((module) => {
    const bytes = buildModule(module, folder, { env, hidden, bindgen: bindgen.bin });
    printSizes(module, bytes);
    return { module, bytes };
  });

  writeFileSync(join(folder, 'url.js'), moduleUrl);
  step('the numbers that Rust and JavaScript share', '30 seconds, once', () => {
    writeFileSync(join(folder, 'contract.js'), contract('engine', env));
    writeFileSync(join(folder, 'inspect/contract.js'), contract('inspect', env));
  });
  step('the one file', '2 seconds', () => {
    quietly(process.execPath, [join(root, 'scripts/build/inline.mjs'), '--into', folder]);
  });

  /** @type {import('./pkg.mjs').BuildRecord} */
  const record = {
    rustc: compiler.version,
    host: compiler.host,
    wasmBindgen: bindgen.version,
    binaryen: versionOf('binaryen'),
    flags: wasmFlags(),
    wasmOpt: optimize,
    modules: Object.fromEntries(
      built.map(({ module: { name, linkFlags, optimize: more }, bytes }) => [
        name,
        {
          flags: linkFlags,
          ...(more.length ? { wasmOpt: more } : {}),
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        },
      ]),
    ),
  };
  console.log(`  built by    ${toolchainOf(record)}`);
  writeFileSync(join(folder, 'build.json'), `${JSON.stringify(record, null, 2)}\n`);
  const large = built.find(({ module, bytes }) => gzipSize(bytes) > module.gzipLimit);
  return { record, large: large?.module };
}

/**
 * @param {Module} module
 * @param {string} folder
 * @param {{ env: NodeJS.ProcessEnv, hidden: string[], bindgen: string }} tools
 * @returns {Buffer} the wasm
 */
function buildModule(module, folder, tools) {
  const { name, crate, folder: inside, linkFlags, glueFlags, factory } = module;
  const targetFolder = String(tools.env.CARGO_TARGET_DIR);
  step(`cargo build of ${name} for wasm32`, '1 minute, less when little changed', () => {
    const flags = [...wasmFlags(), ...tools.hidden];
    const what = ['-p', crate, '--lib', '--crate-type', 'cdylib', '--features', 'js'];
    const how = ['--quiet', '--locked', '--profile', 'wasm', '--target', target];
    run('cargo', ['rustc', ...what, ...how, '--', ...linkFlags], {
      env: { ...tools.env, CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f') },
    });
  });
  const out = join(folder, inside);
  const wasm = join(out, `${name}_bg.wasm`);
  step('wasm-bindgen and wasm-opt', '15 seconds', () => {
    const built = join(targetFolder, target, 'wasm', `${crate.replace('-', '_')}.wasm`);
    const where = ['--out-dir', out, '--out-name', name, built];
    const args = ['--target', 'web', ...glueFlags, ...where];
    quietly(join(tools.bindgen, 'wasm-bindgen'), args);
    const wasmOpt = join(root, 'node_modules/binaryen/bin/wasm-opt');
    quietly(process.execPath, [wasmOpt, wasm, '-o', wasm, ...optimize, ...module.optimize]);
    if (factory) asFactory(out, name);
  });
  return readFileSync(wasm);
}

/**
 * A JavaScript module of the constants that a crate's bindings use.
 * @param {'engine' | 'inspect'} of
 * @param {NodeJS.ProcessEnv} env
 */
function contract(of, env) {
  const args = ['run', '--quiet', '--locked', '-p', 'ws4wasm-contract', '--', of];
  return `${quietly('cargo', args, { env })}\n`;
}

/**
 * wasm-bindgen's glue is a module with one instance in it for good. An engine that has stopped is
 * replaced by a fresh instance, so the glue becomes a function that is called for each.
 * @param {string} folder
 * @param {string} name
 */
function asFactory(folder, name) {
  const file = join(folder, `${name}.js`);
  const glue = readFileSync(file, 'utf8');
  const names = Array.from(glue.matchAll(/^export (?:class|function) (\w+)/gm), ([, it]) => it);
  const last = 'export { initSync, __wbg_init as default };\n';
  if (names.length === 0 || !glue.endsWith(last)) {
    throw new Failure(`wasm-bindgen's ${name}.js looks otherwise than asFactory expects`);
  }
  const body = glue.slice(0, -last.length).replaceAll(/^export (?=class|function)/gm, '');
  const members = [
    ...names,
    'initSync',
    'init: __wbg_init',
    'get module() { return wasmModule; }',
  ];
  writeFileSync(
    file,
    `export default function makeGlue() {\n${body}\nreturn {\n${members.join(',\n')},\n};\n}\n`,
  );
  renameSync(join(folder, `${name}.d.ts`), join(folder, 'glue.d.ts'));
  writeFileSync(
    join(folder, `${name}.d.ts`),
    `import type * as glue from './glue.js';
export type Glue = Omit<typeof glue, 'default'> & {
  init: typeof glue.default;
  /** What the instance was made of. */
  readonly module: WebAssembly.Module;
};
/** The bindings of one instance, which is still to be made. */
export default function makeGlue(): Glue;
`,
  );
}

/**
 * Panic messages name source files. The same source must give the same bytes everywhere, so
 * the folders of this machine are taken out of the names.
 * @param {NodeJS.ProcessEnv} env
 */
function hidePaths(env) {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');
  const std = join(quietly('rustc', ['--print', 'sysroot'], { env }), 'lib/rustlib/src/rust');
  const commit = quietly('rustc', ['-vV'], { env }).match(/commit-hash: (.*)/)?.[1];
  const crates = existsSync(registry) ? readdirSync(registry) : [];
  return [
    ...crates.map((index) => [join(registry, index), '/cargo']),
    [std, `/rustc/${commit}`],
    [root, '/ws4wasm'],
  ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

/** @param {string} name */
function versionOf(name) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** @param {Buffer} bytes */
const gzipSize = (bytes) => gzipSync(bytes, { level: 9 }).length;

/**
 * @param {Module} module
 * @param {Buffer} bytes
 */
function printSizes({ name, gzipLimit }, bytes) {
  const show = (/** @type {number} */ size) => `${(size / 1000).toFixed(1).padStart(8)} kB`;
  console.log(bold(`  ${name}_bg.wasm`));
  console.log(`  raw         ${show(bytes.length)}`);
  console.log(`  gzip -9     ${show(gzipSize(bytes))}   (limit ${show(gzipLimit).trim()})`);
  console.log(`  brotli      ${show(brotliCompressSync(bytes).length)}`);
}

/**
 * Builds aside and compares with the committed pkg/.
 * @returns {string | undefined} where another toolchain than the recorded one built: the folder
 *   of this build, which is what tests must run against
 */
export function check() {
  const folder = join(root, 'target/pkg');
  const { record, large } = build(folder);
  if (large) throw new Failure(`${large.name} is over ${large.gzipLimit} bytes gzipped`);

  const differing = differingFiles(folder);
  if (differing.length === 0) {
    console.log(green('  pkg/ is what the source gives, byte for byte'));
    return undefined;
  }
  const [here, recorded] = [record, readRecord(pkg)].map(toolchainOf);
  if (here === recorded || !readRecord(pkg)) {
    throw new Failure(
      `pkg/ is not what the source gives. These files differ:\n` +
        `${differing.map((name) => `  pkg/${name}`).join('\n')}\n` +
        'Run `npm run build` and commit pkg/.',
    );
  }
  console.log(yellow('  pkg/ was built by another toolchain, so it cannot be compared:'));
  console.log(yellow(`    pkg/   ${recorded}\n    here   ${here}`));
  return folder;
}

whenStarted(import.meta.url, () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  if (values.check) {
    check();
  } else {
    forgetReplaced();
    build(pkg);
  }
});

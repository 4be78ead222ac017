// What building and testing need and a work tree does not hold: a Rust toolchain that builds
// for wasm32, wasm-bindgen, wasm-pack, and the npm dev dependencies. Each function makes sure
// that its tool is there, quickly when it already is.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pkg, readRecord } from '../build/pkg.mjs';
import {
  attempt,
  bold,
  cache,
  Failure,
  isExecutable,
  onCI,
  quietly,
  root,
  step,
  whenStarted,
  which,
  withPath,
} from '../lib.mjs';
import * as debian from './debian.mjs';

export const target = 'wasm32-unknown-unknown';
const wasmPackVersion = '0.15.1';
const geckodriverVersion = '0.37.1';
const semverChecksVersion = '0.51.0';

/**
 * @typedef {object} Rust
 * @property {string} version of rustc, as `rustc -V` says it
 * @property {string} host the kind of machine that it runs on
 * @property {string} bin the folder of cargo and rustc
 * @property {string} libraries the folder of what it links into programs for this machine
 * @property {NodeJS.ProcessEnv} env in which cargo and rustc are these
 */

/**
 * A Rust toolchain with a std for wasm32. Where there are several, the one that built pkg/
 * comes first, so that the build can be compared byte for byte. $WS4WASM_RUST ("path" or
 * "debian") takes the choice away.
 * @returns {Rust}
 */
export function rust() {
  chosen ??= choose();
  return chosen;
}

/** @type {Rust | undefined} */
let chosen;

function choose() {
  const wanted = process.env.WS4WASM_RUST;
  const ready = [];
  if (wanted !== 'debian' && pathHasStd()) ready.push(describe(dirname(which('cargo') ?? '')));
  if (wanted !== 'path' && debian.hasStd()) ready.push(describe(debian.bin));
  const recorded = readRecord(pkg)?.rustc;
  const best = ready.find(({ version }) => version === recorded) ?? ready[0];
  if (best) return best;

  if (wanted !== 'debian' && addWithRustup()) return describe(dirname(which('cargo') ?? ''));
  if (wanted !== 'path' && debian.hasApt()) {
    debian.install();
    return describe(debian.bin);
  }
  throw new Failure(
    `No Rust toolchain that builds for ${target}. Install Rust from https://rustup.rs, then:\n` +
      `  rustup target add ${target}`,
  );
}

/** Whether the cargo on the PATH can build for wasm32. */
function pathHasStd() {
  const folder = attempt('rustc', ['--print', 'target-libdir', '--target', target]);
  // Debian's own folder counts only with a std of the right version, see debian.hasStd.
  if (!folder || dirname(which('rustc') ?? '') === debian.bin) return false;
  return existsSync(folder) && attempt('cargo', ['--version']) !== undefined;
}

function addWithRustup() {
  if (!which('rustup')) return false;
  return step(`rustup target add ${target}`, '10 seconds, once', () => {
    const added = attempt('rustup', ['target', 'add', target], { timeout: 90_000 });
    if (added === undefined) console.log('  rustup cannot download it here');
    return added !== undefined && pathHasStd();
  });
}

/**
 * @param {string} bin
 * @returns {Rust}
 */
function describe(bin) {
  // Nothing in CI is compiled a second time.
  const env = { ...withPath(bin), ...(onCI ? { CARGO_INCREMENTAL: '0' } : {}) };
  const about = quietly('rustc', ['-vV'], { env });
  const host = about.match(/^host: (.*)$/m)?.[1] ?? '';
  const libraries = quietly('rustc', ['--print', 'target-libdir'], { env });
  return { bin, env, version: about.split('\n')[0], host, libraries };
}

/** Distributions' compilers come without the sanitizers' libraries. */
export function hasSanitizer() {
  const { libraries } = rust();
  return readdirSync(libraries).some((file) => file.endsWith('_rt.asan.a'));
}

/** The same toolchain, with rustfmt and clippy. */
export function rustLinters() {
  const { bin, env } = rust();
  const have = () =>
    ['fmt', 'clippy'].every(
      (name) => attempt('cargo', [name, '--version'], { env }) !== undefined,
    );
  if (have()) return rust();
  if (bin === debian.bin) debian.install();
  else step('rustup component add', '10 seconds, once', addComponents);
  if (!have()) throw new Failure('This Rust toolchain lacks rustfmt or clippy');
  return rust();
}

const addComponents = () =>
  attempt('rustup', ['component', 'add', 'rustfmt', 'clippy'], { timeout: 90_000 });

/** wasm-bindgen's command line, which must have the very version of the library. */
export function wasmBindgen() {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  const version = lock.match(/name = "wasm-bindgen"\nversion = "(.*)"/)?.[1];
  if (!version) throw new Failure('Cargo.lock names no wasm-bindgen');
  // No --locked: its lock file names crate versions that not every registry mirror serves.
  return { version, bin: cargoInstall('wasm-bindgen-cli', version, 'wasm-bindgen', []) };
}

export function wasmPack() {
  const bin = cargoInstall('wasm-pack', wasmPackVersion, 'wasm-pack', ['--locked']);
  return { version: wasmPackVersion, bin };
}

export function cargoSemverChecks() {
  const name = 'cargo-semver-checks';
  const bin = cargoInstall(name, semverChecksVersion, name, ['--locked']);
  return { version: semverChecksVersion, bin };
}

/**
 * The oldest Rust that Cargo.toml promises, by rustup; its name there.
 * @returns {string}
 */
export function oldestRust() {
  const manifest = readFileSync(join(root, 'Cargo.toml'), 'utf8');
  const version = manifest.match(/^rust-version = "(.*)"/m)?.[1] ?? '';
  const have = () => attempt('cargo', [`+${version}`, '--version']) !== undefined;
  if (!have() && which('rustup')) {
    step(`rustup toolchain install ${version}`, '30 seconds, once', () =>
      attempt('rustup', ['toolchain', 'install', version, '--profile', 'minimal'], {
        timeout: 300_000,
      }),
    );
  }
  if (!have()) throw new Failure(`Rust ${version} is not here, and rustup cannot fetch it`);
  return version;
}

/** Firefox's WebDriver. */
export function geckodriver() {
  const bin = cargoInstall('geckodriver', geckodriverVersion, 'geckodriver', ['--locked']);
  return { version: geckodriverVersion, bin };
}

/**
 * Tools run for seconds, and compiling them well takes minutes. They have dependencies in common,
 * which one folder lets them share. (Nothing prebuilt: their makers publish programs outside of
 * the package registries only, and no hash of them is on record here.)
 */
const QUICK_BUILD = {
  CARGO_TARGET_DIR: join(root, 'target/tools'),
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_DEBUG: '0',
};

/**
 * @param {string} crate
 * @param {string} version
 * @param {string} command
 * @param {string[]} flags
 * @returns {string} the folder of the command
 */
function cargoInstall(crate, version, command, flags) {
  const folder = join(cache, crate, version);
  const bin = join(folder, 'bin');
  const file = process.platform === 'win32' ? `${command}.exe` : command;
  if (isExecutable(join(bin, file))) return bin;
  step(`cargo install ${crate} ${version}`, '1 minute, once', () => {
    const args = ['install', crate, '--version', version, '--root', folder, ...flags];
    quietly('cargo', args, { env: { ...rust().env, ...QUICK_BUILD } });
  });
  return bin;
}

/** The npm packages that package-lock.json names; none of them runs an install script. */
export function nodeModules() {
  if (!nodeModulesMatch()) {
    step('npm ci', '10 seconds, once', () => quietly('npm', ['ci', '--ignore-scripts']));
  }
  return true;
}

/** npm keeps its own copy of the lock file; it holds what was installed. */
function nodeModulesMatch() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = read(join(root, 'package-lock.json'));
  const present = read(installed);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || present[path]?.version === version || (optional && !present[path]),
  );
}

/** Everything at once: `node scripts/tools/toolchain.mjs`. */
whenStarted(import.meta.url, () => {
  const { version, bin } = rust();
  console.log(`${bold('Rust')}: ${version}, in ${bin}`);
  for (const tool of [wasmBindgen(), wasmPack()]) {
    console.log(`${bold('tool')}: version ${tool.version}, in ${tool.bin}`);
  }
  nodeModules();
});

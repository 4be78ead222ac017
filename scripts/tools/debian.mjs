// The Debian route to a wasm32 toolchain, for machines that reach package registries only:
// the distribution's current rustc, and a std for wasm32 that is built once from its sources.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, Failure, quietly, step, which, withPath } from '../lib.mjs';

const target = 'wasm32-unknown-unknown';

/** Where Debian's commands are; the folder must come before rustup's shims on the PATH. */
export const bin = '/usr/bin';

/** What a command must begin with to run as root; undefined when it cannot. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return attempt('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n'];
}

/**
 * @param {string[]} command
 * @returns {[string, string[]]}
 */
function asRoot(...command) {
  const [program, ...args] = [...(rootPrefix() ?? []), ...command];
  return [program, args];
}

export function hasApt() {
  return which('apt-get') !== undefined && rootPrefix() !== undefined;
}

/** @param {string[]} packages */
export function aptInstall(...packages) {
  // Somebody else may be installing something: another step's tool, or the machine itself.
  const patience = ['-o', 'DPkg::Lock::Timeout=600'];
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-y', ...patience];
  const install = asRoot(...apt, 'install', '--no-install-recommends', ...packages);
  step(`apt-get install ${packages.join(' ')}`, '30 seconds, once', () => {
    // A fresh container has no package lists: fetch them only when they are missed.
    if (attempt(...install) !== undefined) return;
    quietly(...asRoot(...apt, 'update'));
    quietly(...install);
  });
}

/** Debian's current compiler, which is not its old `rustc` package; undefined without it. */
function compiler() {
  const rustc = join(bin, 'rustc');
  const version = attempt(rustc, ['-vV']);
  const folder = attempt(rustc, ['--print', 'target-libdir', '--target', target]);
  if (version === undefined || folder === undefined) return undefined;
  const find = (/** @type {RegExp} */ pattern) => version.match(pattern)?.[1] ?? '';
  return {
    version,
    /** where the std for wasm32 belongs */
    folder,
    source: join(quietly(rustc, ['--print', 'sysroot']), 'lib/rustlib/src/rust'),
    llvm: find(/^LLVM version: (\d+)/m),
    commit: find(/^commit-hash: (.*)$/m),
  };
}

/** A std is only good for the compiler that built it, and Debian upgrades that compiler. */
const stamp = (/** @type {string} */ folder) => join(folder, '..', 'built-for.txt');

export function hasStd() {
  const rustc = compiler();
  if (!rustc || !existsSync(stamp(rustc.folder))) return false;
  return readFileSync(stamp(rustc.folder), 'utf8') === rustc.version;
}

/** Installs whatever is missing: compiler, linker, linters, and the std for wasm32. */
export function install() {
  const packages = ['rustc-web', 'cargo-web', 'rustfmt-web', 'rust-web-clippy'];
  packages.push('rust-web-src', 'rust-web-llvm');
  const missing = packages.filter((name) => attempt('dpkg', ['-s', name]) === undefined);
  if (missing.length) aptInstall(...missing);
  const rustc = compiler();
  if (!rustc) throw new Failure('rustc-web is installed but does not know wasm32');
  if (!existsSync(join(bin, 'rust-lld'))) aptInstall(`lld-${rustc.llvm}`);
  if (!hasStd()) step(`std for ${target}`, '1 minute, once', () => buildStd(rustc));
}

/** @param {NonNullable<ReturnType<typeof compiler>>} rustc */
function buildStd({ version, folder, source, commit }) {
  const crate = mkdtempSync(join(tmpdir(), 'ws4wasm-std-'));
  try {
    mkdirSync(join(crate, 'src'));
    writeFileSync(join(crate, 'src/lib.rs'), '');
    writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "empty"\nedition = "2021"\n');
    // Without bitcode `lto = true` fails later. Paths are made those of the official std.
    const flags = ['-Cembed-bitcode=yes', ...remap(source, commit)];
    const build = [
      'build',
      '--release',
      '--target',
      target,
      '-Zbuild-std=std,panic_abort,test',
    ];
    quietly(join(bin, 'cargo'), build, {
      cwd: crate,
      env: {
        ...withPath(bin),
        RUSTC_BOOTSTRAP: '1',
        CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
        CARGO_TARGET_DIR: join(crate, 'target'),
      },
    });
    const built = join(crate, 'target', target, 'release/deps');
    const libraries = readdirSync(built)
      .filter((name) => name.endsWith('.rlib') && !name.startsWith('libempty-'))
      .map((name) => join(built, name));
    writeFileSync(join(crate, 'stamp'), version);
    quietly(...asRoot('rm', '-rf', folder));
    quietly(...asRoot('mkdir', '-p', folder));
    quietly(...asRoot('cp', ...libraries, folder));
    quietly(...asRoot('cp', join(crate, 'stamp'), stamp(folder)));
  } finally {
    rmSync(crate, { recursive: true });
  }
}

/**
 * @param {string} source
 * @param {string} commit
 */
function remap(source, commit) {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');
  return [
    `--remap-path-prefix=${source}=/rustc/${commit}`,
    `--remap-path-prefix=${registry}=/cargo`,
  ];
}

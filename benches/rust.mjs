// The parts of the benchmark that are Rust, packages of their own in this folder.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure, quietly, root, step, which } from '../scripts/lib.mjs';
import { figures } from './measure.js';

const targetFolder = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'));

/** Builds the load generator and gives its path. */
export function loadGenerator() {
  needCargo();
  const manifest = join(root, 'benches/load/Cargo.toml');
  step('cargo build of the load generator', '15 seconds, once', () => {
    const args = ['build', '--release', '--locked', '--manifest-path', manifest];
    quietly('cargo', [...args, '--target-dir', targetFolder]);
  });
  return join(targetFolder, 'release/ws4wasm-load');
}

/**
 * The core beside other crates; a line of JSON for each workload.
 * @param {boolean} quick
 */
export function nativeBench(quick) {
  needCargo();
  const manifest = join(root, 'benches/native/Cargo.toml');
  const args = ['bench', '--locked', '--manifest-path', manifest, '--target-dir', targetFolder];
  const output = step('cargo bench', '1 minute, more the first time', () =>
    quietly('cargo', [...args, '--', ...(quick ? [] : ['--full'])]),
  );
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const rows = lines.map((line) => {
    const { rates, ...rest } = JSON.parse(line);
    const [reference] = Object.values(rates);
    const peers = Object.entries(rates).map(([name, all]) => [name, figures(all, reference)]);
    return { ...rest, peers: Object.fromEntries(peers) };
  });
  const lock = readFileSync(join(root, 'benches/native/Cargo.lock'), 'utf8');
  const versions = ['tungstenite', 'fastwebsockets', 'ws4wasm'].map((name) => [
    name,
    lock.match(new RegExp(`name = "${name}"\nversion = "(.*)"`))?.[1],
  ]);
  const rustc = quietly('rustc', ['-V']);
  return { runtime: { rustc }, versions: Object.fromEntries(versions), rows };
}

function needCargo() {
  if (!which('cargo')) throw new Failure('This part needs Rust: https://rustup.rs');
}

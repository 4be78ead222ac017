// The parts of the benchmark that are Rust, packages of their own in this folder.
import { join, resolve } from 'node:path';
import { Failure, quietly, root, step, which } from '../scripts/lib.mjs';

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

function needCargo() {
  if (!which('cargo')) throw new Failure('This part needs Rust: https://rustup.rs');
}

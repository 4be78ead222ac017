// The parts of the benchmark that are Rust, crates in this folder.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure, quietly, root, step, which } from '../scripts/lib.mjs';
import { figures } from './measure.js';

const targetFolder = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'));

/** Builds the load generator and gives its path. */
export function loadGenerator() {
  needCargo();
  step('cargo build of the load generator', '15 seconds, once', () => {
    const args = ['build', '--release', '--locked', '-p', 'ws4wasm-load'];
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
  const what = ['-p', 'ws4wasm-native-bench', '--target-dir', targetFolder];
  const args = ['bench', '--locked', ...what];
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
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  const names = ['tungstenite', 'fastwebsockets', 'tokio-websockets', 'web-socket', 'ws4wasm'];
  const versions = names.map((name) => [
    name,
    lock.match(new RegExp(`name = "${name}"\nversion = "(.*)"`))?.[1],
  ]);
  const rustc = quietly('rustc', ['-V']);
  return { runtime: { rustc }, versions: Object.fromEntries(versions), rows };
}

function needCargo() {
  if (!which('cargo')) throw new Failure('This part needs Rust: https://rustup.rs');
}

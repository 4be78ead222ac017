// `npm run docs`: the API reference of the package (typedoc, from the .d.ts files) and of the
// crate (rustdoc), both without a warning, into target/.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Failure, root, run, step, whenStarted } from '../lib.mjs';
import { nodeModules, rust } from '../tools/toolchain.mjs';
import { withoutExample } from './rust-examples.mjs';

/** The package's, into target/api. */
export function packageReference() {
  nodeModules();
  const options = join(root, 'scripts/build/typedoc.json');
  run(process.execPath, [join(root, 'node_modules/typedoc/bin/typedoc'), '--options', options]);
}

/** The crates', into target/doc. */
export function crateReference() {
  const env = { ...rust().env, RUSTDOCFLAGS: '-Dwarnings' };
  const features = ['bytes', 'http', 'idn', 'rustls', 'tokio'].map((name) => `ws4wasm/${name}`);
  const crates = ['-p', 'ws4wasm', '-p', 'ws4wasm-inspect', '--features', features.join()];
  run('cargo', ['doc', '--no-deps', '--quiet', ...crates], { cwd: root, env });
  const lacking = withoutExample(join(root, 'target/doc/ws4wasm'));
  if (lacking.length) {
    throw new Failure(
      `Neither an example nor a link to an item with one:\n${lacking.join('\n')}`,
    );
  }
}

whenStarted(import.meta.url, () => {
  parseArgs({ options: {} });
  step('the package, by typedoc', '10 seconds', packageReference);
  step('the crate, by rustdoc', '20 seconds', crateReference);
  for (const page of ['target/api/index.html', 'target/doc/ws4wasm/index.html']) {
    console.log(pathToFileURL(join(root, page)).href);
  }
});

// What the documents in docs/ show runs: each block of JavaScript is a program that checks
// itself, each block of Rust a test of the crate's documentation (src/lib.rs). So are the programs
// that the types of `ws4wasm/inspect` have as examples.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { quietly, root } from '../../scripts/lib.mjs';

/** @type {string} a folder in which the package is installed */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/ws4wasm'), 'junction');
  // For what others' users write.
  symlinkSync(join(root, 'node_modules/ws'), join(folder, 'node_modules/ws'), 'junction');
  // A capture and a key log, by the names that examples give them.
  copyFileSync(
    join(root, 'tests/capture/files/simple-le.pcapng'),
    join(folder, 'session.pcapng'),
  );
  const line = `CLIENT_RANDOM ${'01'.repeat(32)} ${'02'.repeat(48)}\n`;
  writeFileSync(join(folder, 'keys.log'), line);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const main = join(root, 'js/cli/main.js');
/** Other people's programs, which make what ours reads. */
const OTHERS = /^(SSLKEYLOGFILE=\S+ )?(chromium|tcpdump|node|python|ssh) /;

const documents = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));

for (const name of documents) {
  const text = readFileSync(join(root, 'docs', name), 'utf8');

  test(`docs/${name}: nothing that does not run, and no link that leads nowhere`, () => {
    for (const [, language] of text.matchAll(/^```(\w+)$/gm)) {
      // The configurations of proxies are run by tests/operations.
      const known = [
        'js',
        'rust',
        'sh',
        'toml',
        'json',
        'mermaid',
        'nginx',
        'haproxy',
        'apache',
      ];
      assert.ok(known.includes(language), language);
    }
    // One value, or one in each line.
    for (const [, json] of text.matchAll(/^```json\n(.*?)^```/gms)) {
      const values = json.startsWith('{\n') ? [json] : json.trim().split('\n');
      for (const value of values) assert.doesNotThrow(() => JSON.parse(value), value);
    }
    if (/^```rust$/m.test(text)) {
      const crate = readFileSync(join(root, 'src/lib.rs'), 'utf8');
      assert.ok(crate.includes(`include_str!("../docs/${name}")`), 'src/lib.rs includes it');
    }
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(root, 'docs', target)), target);
    }
  });

  for (const [, block] of text.matchAll(/^```sh\n(.*?)^```/gms)) {
    test(`docs/${name}: ${block.split('\n')[0]}`, () => {
      for (const line of block
        .trim()
        .replaceAll(/ \\\n\s*/g, ' ')
        .split(/\n| [|] /)) {
        if (OTHERS.test(line)) continue;
        const [, command, options = ''] = /^npx ws4wasm (\w+)(.*)$/.exec(line) ?? [];
        assert.ok(command, `${line} is a command that this test knows`);
        const help = quietly(process.execPath, [main, command, '--help']);
        for (const [, option] of options.matchAll(/ (--?[a-z][\w-]*)/g)) {
          assert.match(`${help} --help`, new RegExp(`[ ,]${option}[ ,\n]|${option}$`), line);
        }
      }
    });
  }

  for (const [index, [, code]] of [...text.matchAll(/^```js\n(.*?)^```/gms)].entries()) {
    test(`docs/${name}, program ${index + 1}`, (t) => runs(t, `${name}-${index}.mjs`, code));
  }
}

const types = readFileSync(join(root, 'js/inspect/index.d.ts'), 'utf8');
for (const [index, [, lines]] of [
  ...types.matchAll(/^ \* @example\n((?: \*(?: .*)?\n)+?)(?= \*\/| \* @)/gm),
].entries()) {
  const code = lines.replaceAll(/^ \* ?/gm, '');
  test(`js/inspect/index.d.ts, example ${index + 1}`, (t) =>
    runs(t, `example-${index}.mjs`, code));
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} file
 * @param {string} code
 */
async function runs(t, file, code) {
  writeFileSync(join(folder, file), code);
  const child = spawn(process.execPath, [file], { cwd: folder });
  t.after(() => child.kill());
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (more) => {
    said += more;
  });
  child.stdout.resume();
  const [status] = await once(child, 'close');
  assert.equal(status, 0, said);
}

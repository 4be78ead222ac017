// What the documents in docs/ show runs: each block of JavaScript is a program that checks
// itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
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
import { root } from '../../scripts/lib.mjs';

/** @type {string} a folder in which the package is installed */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/ws4wasm'), 'junction');
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'))) {
  const text = readFileSync(join(root, 'docs', name), 'utf8');
  for (const [index, [, code]] of [...text.matchAll(/^```js\n(.*?)^```/gms)].entries()) {
    test(`docs/${name}, program ${index + 1}`, async (t) => {
      const file = `${name}-${index}.mjs`;
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
    });
  }
}

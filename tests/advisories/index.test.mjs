// Each known fault of other implementations has a test: faults.mjs says which, and this sees to it
// that it is still there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { faults } from './faults.mjs';

const tests = new URL('../', import.meta.url);

for (const [fault, { shown }] of Object.entries(faults)) {
  test(fault, () => {
    for (const [file, name] of shown) {
      const url = new URL(file, tests);
      assert.ok(existsSync(url), file);
      assert.ok(readFileSync(url, 'utf8').includes(name), `${file} has a test '${name}'`);
    }
  });
}

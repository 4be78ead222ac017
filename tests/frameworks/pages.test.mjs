// Each page of docs/frameworks has a program that a test runs, and links that lead somewhere.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';

const folder = join(root, 'docs/frameworks');
const tests = readdirSync(join(root, 'tests/frameworks'))
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => readFileSync(join(root, 'tests/frameworks', name), 'utf8'))
  .join('\n');
const contents = readFileSync(join(folder, 'README.md'), 'utf8');

for (const file of readdirSync(folder)) {
  test(`docs/frameworks/${file}`, () => {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(folder, target)), target);
    }
    if (file === 'README.md') return;
    assert.ok(contents.includes(`(${file})`), 'docs/frameworks/README.md leads there');
    assert.equal(text.match(/^```\w+$/gm)?.length, 1, 'one program');
    assert.ok(tests.includes(`start('${file.replace('.md', '')}')`), 'a test runs it');
  });
}

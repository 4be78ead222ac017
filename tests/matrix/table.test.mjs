// README's table of runtimes is what `npm run test:matrix -- --write` last saw.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';
import { rows } from './programs.mjs';
import { render, renderPrograms, withTable } from './table.mjs';

const results = JSON.parse(readFileSync(join(root, 'tests/matrix/results.json'), 'utf8'));

test('README shows what was seen', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.equal(withTable(readme, render(results)), readme);
});

test('docs/runtimes.md shows what was seen, of all programs there are', () => {
  const guide = readFileSync(join(root, 'docs/runtimes.md'), 'utf8');
  assert.equal(withTable(guide, renderPrograms(results)), guide);
  assert.deepEqual(Object.keys(results.programs), Object.keys(rows));
});

test('a program that does not echo is shown with its reason', () => {
  const text = renderPrograms({
    programs: { Jest: { version: '30.5', result: 'not today\nbut tomorrow' } },
  });
  assert.match(text, /^\| Jest \| 30\.5 \| no: not today \|$/m);
});

test('a cell that is not ok is shown with its reason', () => {
  const text = render({
    runtimes: { Bun: { version: '1.2', cells: { import: 'ok', require: 'not today' } } },
    browsers: { Chromium: '156.0.1' },
    pages: { Vite: { Chromium: { page: 'ok', worker: 'not today' } } },
  });
  assert.match(text, /^\| Bun 1\.2 \| yes \| no \[1\] \|$/m);
  assert.match(text, /^\| Vite \| page, worker: no \[1\] \|$/m);
  assert.match(text, /^\[1\] not today$/m);
});

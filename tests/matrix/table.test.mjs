// README's table of runtimes is what `npm run test:matrix -- --write` last saw.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';
import { render, withTable } from './table.mjs';

const results = JSON.parse(readFileSync(join(root, 'tests/matrix/results.json'), 'utf8'));

test('README shows what was seen', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.equal(withTable(readme, results), readme);
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

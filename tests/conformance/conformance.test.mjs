// The table of docs/conformance.md is complete, and true to the marks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pages } from '../../scripts/generate/conformance.mjs';
import { findMarks } from './marks.mjs';
import { requirements } from './requirements.mjs';

const marks = findMarks();
const ids = new Set(requirements.map(({ id }) => id));

test('each demand has a test, or says why not', () => {
  assert.equal(ids.size, requirements.length, 'each demand is there once');
  const marked = new Set(marks.map(({ id }) => id));
  const missing = requirements.filter(({ id, not }) => !not && !marked.has(id));
  assert.deepEqual(missing, []);
  const both = requirements.filter(({ id, not }) => not && marked.has(id));
  assert.deepEqual(both, [], 'what has a test needs no excuse');
});

test('each mark names a demand, and stands above a test', () => {
  assert.deepEqual(
    marks.filter(({ id, test }) => !ids.has(id) || !test),
    [],
  );
});

for (const { name, render, written } of pages) {
  test(`docs/${name} is what the repository gives`, () => {
    assert.equal(written(), render(), 'node scripts/generate/conformance.mjs writes it anew');
  });
}

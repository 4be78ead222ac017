// docs/unsafe.md names every use of `unsafe`, why it is sound, and who tests it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tested, uses } from './unsafe.mjs';

test('each use of unsafe says why it is sound, and has tests', () => {
  const all = uses();
  assert.ok(all.length >= 10, `${all.length} uses`);
  for (const { where, safety } of all) {
    assert.ok(safety, `${where} has no SAFETY line above it`);
    assert.ok(tested[where]?.length, `${where} is not in tests/conformance/unsafe.mjs`);
  }
  const there = new Set(all.map(({ where }) => where));
  assert.deepEqual(
    Object.keys(tested).filter((where) => !there.has(where)),
    [],
  );
});

test('the tests are there', () => {
  for (const [file, name] of Object.values(tested)
    .flat()
    .map((entry) => entry.split(': '))) {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.ok(source.includes(`fn ${name}(`), `${file}: ${name}`);
  }
});

test('the core allows no other unsafe code', () => {
  const manifest = readFileSync(new URL('../../Cargo.toml', import.meta.url), 'utf8');
  assert.match(manifest, /^unsafe_code = "deny"$/m);
  const files = new Set(uses().map(({ where }) => where.split(': ')[0]));
  assert.deepEqual([...files], ['src/frame/mask/simd128.rs', 'src/utf8/simd128.rs']);
});

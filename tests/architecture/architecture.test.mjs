// The code is built as the house says: each file belongs to a part, parts import in one direction,
// no two files import each other, and docs/architecture.md shows what is so.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { render, written } from '../../scripts/generate/architecture.mjs';
import { root } from '../../scripts/lib.mjs';
import { besideFolders, circles, javascript, rust } from './imports.mjs';
import { between, partOf, parts } from './layers.mjs';

const all = new Map([...rust(), ...javascript()]);

test('the imports are read', () => {
  const of = (/** @type {string} */ file) => [...(all.get(file) ?? [])];
  assert.ok(all.size > 150, String(all.size));
  assert.ok(of('js/connection/connection.js').includes('js/core/stream.js'));
  assert.ok(of('js/cli/main.js').includes('js/cli/connect/command.js'), 'import() counts');
  assert.ok(!of('js/base/exceptions.js').includes('js/index.d.ts'), 'types do not');
  assert.ok(of('src/close_code.rs').includes('src/error.rs'));
  assert.ok(of('src/stream/sender.rs').includes('src/opcode.rs'), 'by the name in lib.rs');
});

test('every file belongs to a part', () => {
  const homeless = [...all].flatMap(([file, targets]) =>
    [file, ...targets].filter((path) => !partOf(path)),
  );
  assert.deepEqual(homeless, [], 'tests/architecture/layers.mjs knows no part for these');
});

test('parts import in one direction', () => {
  const above = new Set();
  for (const { name, may } of parts) {
    for (const other of may)
      assert.ok(above.has(other), `${name} may import ${other}, below it`);
    above.add(name);
  }
  const wrong = [...between(all)].flatMap(([from, row]) => {
    const may = parts.find(({ name }) => name === from)?.may ?? [];
    return [...row].filter(([to]) => !may.includes(to)).flatMap(([, files]) => files);
  });
  assert.deepEqual(wrong, []);
});

test('no files import each other, not over others either', () => {
  assert.deepEqual(circles(javascript()), []);
  assert.deepEqual(circles(besideFolders(rust())), []);
});

test('circles are found', () => {
  const imports = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c', 'd'])],
    ['c', new Set(['a'])],
    ['d', new Set(['d2'])],
    ['d2', new Set(['d'])],
    ['e', new Set(['a'])],
  ]);
  assert.deepEqual(circles(imports), [
    ['d', 'd2'],
    ['a', 'b', 'c'],
  ]);
});

test('docs/architecture.md shows it', () => {
  assert.equal(written(), render(), 'node scripts/generate/architecture.mjs writes it anew');
});

test('files that guides name are there', () => {
  const guides = readdirSync(join(root, 'docs')).filter(
    // What others have written is about their own files.
    (name) => name.endsWith('.md') && name !== 'LICENSE-THIRD-PARTY.md',
  );
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'benches/README.md'];
  const missing = [...pages, ...guides.map((name) => `docs/${name}`)].flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const named = text.matchAll(
      /`((?:src|js|crates|pkg|tests|scripts|benches|docs|examples|fuzz|www)\/[\w./-]*)`/g,
    );
    return [...named]
      .map(([, path]) => path)
      .filter((path) => !path.startsWith('www/dist') && !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`);
  });
  assert.deepEqual(missing, []);
});

// Every use of `unsafe` in src/, and the tests that go to its edges.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

const MASKING = [
  'tests/wasm.rs: masking_at_the_end_of_memory',
  'tests/wasm.rs: masking_of_every_length_and_place',
];
const UTF8 = [
  'tests/wasm.rs: utf8_at_the_end_of_memory',
  'tests/wasm.rs: utf8_with_a_bad_byte_everywhere',
  'tests/wasm.rs: utf8_to_utf16_as_the_standard_library_does',
];

/**
 * The tests of what a function does unsafely, by file and function.
 * @type {Record<string, string[]>}
 */
export const tested = {
  'src/frame/mask/simd128.rs: block': MASKING,
  'src/frame/mask/simd128.rs: blocks': MASKING,
  'src/frame/mask/simd128.rs: apply': MASKING,
  'src/frame/mask/simd128.rs: unmask_into': MASKING,
  'src/utf8/simd128.rs: load': UTF8,
  'src/utf8/simd128.rs: store': UTF8,
  'src/utf8/simd128.rs: kept': UTF8,
};

/**
 * @typedef {object} Use
 * @property {string} where file and function
 * @property {'fn' | 'block'} kind
 * @property {string | undefined} safety what the code says of it
 */

/** The comment that ends above a line, without its slashes. @param {string[]} lines */
function commentAbove(lines) {
  const from = lines.findLastIndex((line) => !/^\s*(\/\/|#\[)/.test(line)) + 1;
  return lines
    .slice(from)
    .map((line) => line.trim().replace(/^\/\/[/!]? ?/, ''))
    .filter((line) => !line.startsWith('#['))
    .join(' ');
}

/** @param {string} file @returns {Use[]} */
function usesIn(file) {
  const lines = readFileSync(root + file, 'utf8').split('\n');
  let name = '';
  return lines.flatMap((line, at) => {
    const code = line.replace(/\/\/.*/, '');
    name = code.match(/\bfn (\w+)/)?.[1] ?? name;
    const [, kind] = code.match(/\bunsafe (fn|\{|impl|trait|extern)/) ?? [];
    if (!kind) return [];
    const said = commentAbove(lines.slice(0, at));
    const safety = said.match(/(?:SAFETY: |# Safety )(.*)/)?.[1];
    return [{ where: `${file}: ${name}`, kind: kind === 'fn' ? 'fn' : 'block', safety }];
  });
}

/** All of them, in the order of the files. */
export function uses() {
  const files = ['src', 'crates/inspect/src'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith('.rs'))
      .sort(),
  );
  return files.flatMap(usesIn);
}

/** For docs/unsafe.md. */
export function table() {
  const rows = uses().map(({ where, kind, safety }) => {
    const tests = (tested[where] ?? []).map((test) => `“${test.split(': ')[1]}”`);
    const [file, name] = where.split(': ');
    return `| [${file}](../${file}) | \`${name}\` | ${kind} | ${safety} | ${tests.join(', ')} |`;
  });
  return [
    '| file | function | | why it is sound | tests, in tests/wasm.rs |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

// `node scripts/generate/architecture.mjs`: the table of docs/architecture.md that says what
// imports what, from the code. A test compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javascript, rust } from '../../tests/architecture/imports.mjs';
import { between, partOf, parts } from '../../tests/architecture/layers.mjs';
import { root, whenStarted } from '../lib.mjs';

const path = join(root, 'docs/architecture.md');
const TABLE = /(<!-- imports -->\n)[\s\S]*?(<!-- end -->)/;

export const written = () => readFileSync(path, 'utf8');

/** The page with the table as it should be. */
export function render() {
  const imports = new Map([...rust(), ...javascript()]);
  const files = [...imports].flatMap(([file, targets]) => [file, ...targets]);
  const found = between(imports);
  const rows = parts.flatMap(({ name, files: begins, does }) => {
    const own = begins.filter((begin) =>
      files.some((file) => file.startsWith(begin) && partOf(file)?.name === name),
    );
    if (!own.length) return [];
    const row = found.get(name);
    const uses = parts.filter((part) => row?.has(part.name)).map((part) => part.name);
    const where = own.map((file) => `\`${file}\``).join(', ');
    return [`| ${name} | ${where} | ${does} | ${uses.join('; ') || '—'} |`];
  });
  const head = ['| Part | Where | What it does | Imports |', '| --- | --- | --- | --- |'];
  return written().replace(
    TABLE,
    (_, begin, end) => `${begin}${[...head, ...rows].join('\n')}\n${end}`,
  );
}

whenStarted(import.meta.url, () => writeFileSync(path, render()));

// `node scripts/conformance.mjs`: writes docs/conformance.md, the table of what the RFCs demand
// and of the tests that show it, from the marks on the tests. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMarks } from '../tests/conformance/marks.mjs';
import { requirements } from '../tests/conformance/requirements.mjs';
import { root, whenStarted } from './lib.mjs';

const file = join(root, 'docs/conformance.md');

/** @typedef {import('../tests/conformance/requirements.mjs').Requirement} Requirement */
/** @typedef {import('../tests/conformance/marks.mjs').Mark} Mark */

/** @param {Mark[]} marks of one requirement */
function shownBy(marks) {
  /** @type {Map<string, Set<string>>} */
  const files = new Map();
  for (const { file, test } of marks) {
    files.set(file, (files.get(file) ?? new Set()).add(test ?? ''));
  }
  const parts = [...files].map(([file, tests]) => {
    const link = `[${file.replace('tests/', '')}](../${file})`;
    const names = [...tests].map((name) => `“${name.replaceAll('|', '\\|')}”`);
    return `${link}: ${file.endsWith('.json') ? vectors(tests.size) : names.join(', ')}`;
  });
  return parts.join('<br>');
}

/** @param {number} count */
const vectors = (count) => `${count} ${count === 1 ? 'vector' : 'vectors'}`;

/** @param {Requirement} requirement @param {Mark[]} marks */
function row({ id, level, text, not }, marks) {
  const evidence = not ? `Not tested: ${not}` : shownBy(marks);
  return `| ${id.replace(/^RFC \d+ /, '')} | ${level} | ${text} | ${evidence} |`;
}

/** @param {number} rfc @param {Mark[]} marks */
function table(rfc, marks) {
  const rows = requirements
    .filter(({ id }) => id.startsWith(`RFC ${rfc} `))
    .map((requirement) =>
      row(
        requirement,
        marks.filter(({ id }) => id === requirement.id),
      ),
    );
  return [
    '| | | What is demanded | What shows it |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

export function render() {
  const marks = findMarks();
  const apart = requirements.filter(({ not }) => not).length;
  return `# Conformance

What RFC 6455 demands of an endpoint in sections 5 to 8 and RFC 7692 in section 7 (and, about
frames, in section 6) with MUST and MUST NOT, in words of our own, and the tests that show it. The
number behind a section counts its demands. Of ${requirements.length} demands ${requirements.length - apart} have tests; ${apart} are not
this library's to meet, and say why.

\`node scripts/conformance.mjs\` writes this file from marks on the tests, such as
\`// [RFC 6455 5.1-1]\`. A test fails when a demand has no mark, when a mark names no demand, and
when this file is not what the marks give. Each vector runs in Rust and in JavaScript: whole,
byte by byte, and cut in two everywhere.

What the Autobahn TestSuite says is in [robustness.md](robustness.md).

## RFC 6455: The WebSocket Protocol

${table(6455, marks)}

## RFC 7692: permessage-deflate

${table(7692, marks)}
`;
}

/** The table as it is in the repository. */
export const written = () => readFileSync(file, 'utf8');

whenStarted(import.meta.url, () => writeFileSync(file, render()));

// `node scripts/generate/conformance.mjs`: writes what of docs/ is made from the repository. conformance.md:
// what the RFCs demand and the tests that show it, from the marks on the tests; unsafe.md: the
// uses of unsafe; and in robustness.md the tables, from the figures on record. Tests compare them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tables } from '../../tests/conformance/figures.mjs';
import { findMarks } from '../../tests/conformance/marks.mjs';
import { requirements } from '../../tests/conformance/requirements.mjs';
import { table as unsafeTable } from '../../tests/conformance/unsafe.mjs';
import { root, whenStarted } from '../lib.mjs';

/** @typedef {import('../../tests/conformance/requirements.mjs').Requirement} Requirement */
/** @typedef {import('../../tests/conformance/marks.mjs').Mark} Mark */

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

function conformance() {
  const marks = findMarks();
  const apart = requirements.filter(({ not }) => not).length;
  return `# Conformance

To look up whether ws4wasm does what the RFCs demand, and which test shows it. The list has every
MUST and MUST NOT for an endpoint of RFC 6455, sections 5 to 8, and of RFC 7692, section 7 (and
section 6 about frames), in words of our own; \`5.1-2\` is the second demand of section 5.1. Of ${requirements.length} demands ${requirements.length - apart} have tests; ${apart} are not
this library's to meet, and say why.

\`node scripts/generate/conformance.mjs\` writes this file from marks on the tests, such as
\`// [RFC 6455 5.1-1]\`. A test fails when a demand has no mark, when a mark names no demand, and
when this file is not what the marks give. Each vector runs in Rust and in JavaScript: whole,
byte by byte, and cut in two everywhere.

What the Autobahn TestSuite says is in [robustness.md](robustness.md); what other peers do when a rule is
broken, in [rules.md](rules.md).

## RFC 6455: The WebSocket Protocol

${table(6455, marks)}

## RFC 7692: permessage-deflate

${table(7692, marks)}
`;
}

const unsafe = () => `# Unsafe code

For those who review it: every use of \`unsafe\` in \`src/\`; the compiler denies it elsewhere. All of it is loads and stores of
wasm's vectors, which cannot run on other machines: those have portable code without \`unsafe\`,
whose tests run under AddressSanitizer as well (\`npm test -- sanitizer\`), and so do all fuzz
targets. In wasm the tests put slices at the very end of linear memory, where a byte too far
traps. A test fails when a use is not in this table, has no SAFETY line, or no test.

${unsafeTable()}
`;

const TABLE = /(<!-- (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The text is by hand, the tables between the marks are not. */
function robustness() {
  return written('robustness.md').replace(
    TABLE,
    (_, begin, name, end) => `${begin}${tables[name]()}\n${end}`,
  );
}

/** @param {string} name */
const written = (name) => readFileSync(join(root, 'docs', name), 'utf8');

/** What is made, and how. */
export const pages = Object.entries({
  'conformance.md': conformance,
  'unsafe.md': unsafe,
  'robustness.md': robustness,
}).map(([name, render]) => ({ name, render, written: () => written(name) }));

whenStarted(import.meta.url, () => {
  for (const { name, render } of pages) writeFileSync(join(root, 'docs', name), render());
});

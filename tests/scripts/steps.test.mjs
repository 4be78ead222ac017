// The list of what `npm test` does fits together, and its guide knows all of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';
import { failures, report } from '../../scripts/test/report.mjs';
import { groups, steps } from '../../scripts/test/steps.mjs';
import { tools } from '../../scripts/test/tools.mjs';

test('each step names tools and steps that there are', () => {
  const names = steps.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, needs, likes = [], after = [], groups: its, everyday } of steps) {
    for (const tool of [...needs, ...likes]) assert.ok(tool in tools, `${name}: ${tool}`);
    for (const other of after) assert.ok(names.includes(other), `${name}: ${other}`);
    assert.ok(its.length || everyday === 'only', `${name} can be asked for`);
  }
});

test('every folder of tests is in a step', () => {
  const folders = readdirSync(join(root, 'tests')).filter((folder) => {
    const path = join(root, 'tests', folder);
    return (
      statSync(path).isDirectory() &&
      readdirSync(path, { recursive: true }).some((file) => /\.test\.mjs$/.test(String(file)))
    );
  });
  const named = new Set(steps.flatMap(({ tests = [] }) => tests));
  assert.deepEqual([...named].sort(), folders);
  for (const { name, work, tests } of steps) assert.ok(work || tests, name);
});

test('CONTRIBUTING.md has every group', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const list = /- Groups: ([\s\S]*?)\n- /.exec(text)?.[1] ?? '';
  assert.deepEqual(
    [...list.matchAll(/`(.*?)`/g)].map(([, name]) => name).sort(),
    groups.sort(),
  );
});

test('a group that there is not is an error that names those there are', () => {
  const main = join(root, 'scripts/test/main.mjs');
  const { status, stderr } = spawnSync(process.execPath, [main, 'node', 'nothing'], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /No group nothing\. Groups: rust, build, /);
});

test('the report counts, names what failed, and says what was left out', () => {
  /** @type {import('../../scripts/test/report.mjs').Row[]} */
  const rows = [
    { name: 'one', result: 'ok', took: 1234 },
    { name: 'two', result: 'FAILED', took: 10, why: 'because\nof much' },
    { name: 'three', result: 'skipped', took: 0, why: 'no browser' },
  ];
  const text = report(rows, [], 2000, ['fuzz', 'soak']);
  assert.match(text, /FAILED +two +0\.0 s.*because/);
  assert.doesNotMatch(text, /of much/);
  assert.match(text, /Not part of this: fuzz; soak\.\n`npm run test:all` runs everything\./);
  assert.match(text, /\nsteps: 1 passed, 1 failed, 1 skipped$/);
});

test('the summary names what failed, as each tool says it', () => {
  const said = [
    '✔ one (1.2ms)',
    '\x1b[31m✖ two (3.5ms)\x1b[39m',
    'test three ... FAILED',
    "thread 'four' (12) panicked at src/lib.rs:1:2:",
    'error[E0308]: mismatched types',
    'in base64: AAAA',
    '✖ failing tests:',
    '✖ two (3.5ms)',
    '  AssertionError [ERR_ASSERTION]: The width is kept:',
    '',
    '  1 !== 2',
    '',
    '      at settled (file:///a/tests/www/pages.mjs:3:4)',
    '      at TestContext.<anonymous> (file:///a/tests/www/two.test.mjs:12:10) {',
    '    actual: 1,',
    '    expected: 2',
    '  }',
    '',
    'test at tests/www/two.test.mjs:1:1',
    '✖ five (1ms)',
    "  'a string'",
  ].join('\n');
  assert.deepEqual(failures(said), [
    '✖ two (two.test.mjs:12): AssertionError [ERR_ASSERTION]: The width is kept: 1 !== 2 actual: 1, expected: 2 }',
    'test three ... FAILED',
    "thread 'four' (12) panicked at src/lib.rs:1:2:",
    'error[E0308]: mismatched types',
    'in base64: AAAA',
    '✖ five',
  ]);
  const many = Array.from({ length: 20 }, (_, index) => `not ok ${index}`).join('\n');
  assert.equal(failures(many).length, 7);
  assert.equal(failures(many).at(-1), 'and 14 more');
  const rows = [
    { name: 'one', result: /** @type {const} */ ('FAILED'), took: 1, lines: ['✖ two'] },
  ];
  assert.match(report(rows, [], 1, []), /FAILED +one.*\n +✖ two\n/);
});

// What the workflows may do, and whose code they run with it: .github/workflows, read as text.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), 'utf8'),
}));

/** The jobs of a workflow: what stands below `jobs:`, by the indent of two. @param {string} text */
function jobsOf(text) {
  const [, below = ''] = text.split(/^jobs:$/m);
  const parts = below.split(/^ {2}([\w-]+):$/m).slice(1);
  const jobs = [];
  for (let i = 0; i < parts.length; i += 2) jobs.push({ job: parts[i], text: parts[i + 1] });
  return jobs;
}

for (const { name, text } of workflows) {
  test(`${name}: actions by commit, with the tag that it had`, () => {
    const used = [...text.matchAll(/uses: *(.*)/g)].map(([, what]) => what);
    assert.ok(used.length > 0);
    for (const what of used) {
      assert.match(what, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test(`${name}: reads by default, and says so`, () => {
    assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
    assert.doesNotMatch(text, /contents: write|write-all|pull_request_target/);
    const checkouts = text.match(/actions\/checkout@/g)?.length;
    assert.equal(text.match(/persist-credentials: false/g)?.length, checkouts);
  });

  test(`${name}: a job with an identity runs nobody's code`, () => {
    const jobs = jobsOf(text);
    assert.ok(jobs.length > 0);
    for (const { job, text } of jobs.filter(({ text }) => /id-token: write/.test(text))) {
      for (const [, line] of text.matchAll(/run: *(.*)/g)) {
        assert.match(
          line,
          /^(cargo publish .*--no-verify|npm publish .*--ignore-scripts)/,
          job,
        );
      }
      assert.match(text, /needs: .*build/, `${job} comes after the tests`);
    }
  });
}

test('the release has such jobs, and one that tests', () => {
  const release = workflows.find(({ name }) => name === 'release.yml');
  const jobs = jobsOf(release?.text ?? '');
  assert.equal(jobs.filter(({ text }) => /id-token: write/.test(text)).length, 2);
  const tests = jobs.filter(({ text }) => /npm test/.test(text));
  assert.deepEqual(
    tests.map(({ job }) => job),
    ['build'],
  );
});

test('what is installed of Python is named by hash', () => {
  const lists = join(root, 'scripts/tools/python');
  for (const name of readdirSync(lists)) {
    const text = readFileSync(join(lists, name), 'utf8');
    const lines = text.trim().replaceAll('\\\n', '').split('\n');
    for (const line of lines)
      assert.match(line, /^[\w.-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+$/);
  }
  const peers = readFileSync(join(root, 'scripts/tools/peers.mjs'), 'utf8');
  assert.doesNotMatch(peers, /==\$\{/);
  assert.match(peers, /'--require-hashes'/);
});

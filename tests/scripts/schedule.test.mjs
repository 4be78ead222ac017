// How `npm test` orders its steps, and how their output is kept apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from '../../scripts/test/output.mjs';
import { schedule } from '../../scripts/test/schedule.mjs';

/** @typedef {import('../../scripts/test/schedule.mjs').Job} Job */

/**
 * Runs jobs that end when they are told to.
 * @param {Job[]} jobs
 */
function control(jobs) {
  /** @type {Map<string, () => void>} */
  const running = new Map();
  const done = schedule(
    jobs,
    ({ name }) => new Promise((resolve) => void running.set(name, resolve)),
  );
  return {
    done,
    names: () => [...running.keys()],
    /** @param {string} name */
    async end(name) {
      running.get(name)?.();
      running.delete(name);
      await new Promise(setImmediate);
      return [...running.keys()];
    },
  };
}

/** @type {(name: string, lane: Job['lane'], ...after: string[]) => Job} */
const job = (name, lane, ...after) => ({ name, lane, after });

test('one builds while another runs, each in the order of the list', async () => {
  const { done, names, end } = control([
    job('a', 'builds'),
    job('b', 'builds'),
    job('c', 'runs'),
    job('d', 'runs'),
  ]);
  assert.deepEqual(names(), ['a', 'c']);
  assert.deepEqual(await end('a'), ['c', 'b']);
  assert.deepEqual(await end('c'), ['b', 'd']);
  assert.deepEqual(await end('b'), ['d']);
  await end('d');
  await done;
});

test('a job waits for those that it comes after, and others go before it', async () => {
  const { names, end } = control([
    job('tool', 'builds'),
    job('late', 'runs', 'tool', 'not in the list'),
    job('early', 'runs'),
    job('build', 'builds', 'late'),
  ]);
  assert.deepEqual(names(), ['tool', 'early']);
  assert.deepEqual(await end('early'), ['tool']);
  assert.deepEqual(await end('tool'), ['late']);
  assert.deepEqual(await end('late'), ['build']);
});

test('three run at a time once nothing is left to build', async () => {
  const { names, end } = control([
    job('a', 'builds'),
    job('b', 'runs'),
    job('c', 'runs'),
    job('d', 'runs'),
    job('e', 'runs'),
  ]);
  assert.deepEqual(names(), ['a', 'b']);
  assert.deepEqual(await end('a'), ['b', 'c', 'd']);
  assert.deepEqual(await end('c'), ['b', 'd', 'e']);
});

test('what measures runs last and alone', async () => {
  const { names, end, done } = control([
    job('measure', 'alone'),
    job('measure again', 'alone'),
    job('a', 'builds'),
    job('b', 'runs'),
  ]);
  assert.deepEqual(names(), ['a', 'b']);
  assert.deepEqual(await end('a'), ['b']);
  assert.deepEqual(await end('b'), ['measure']);
  assert.deepEqual(await end('measure'), ['measure again']);
  await end('measure again');
  await done;
});

test('jobs that wait for each other are named', async () => {
  const { done } = control([job('a', 'runs', 'b'), job('b', 'builds', 'a')]);
  await assert.rejects(done, /wait for each other: a, b/);
});

test('one job is shown as it prints, the others whole when it is done', () => {
  let shown = '';
  const { begin } = createOutput((text) => {
    shown += text;
  });
  const [first, second, third, silent] = ['1:', '2:', '3:', '4:\n'].map(begin);
  second.write('two ');
  first.write('one ');
  assert.equal(shown, '1:one ');
  third.write('three ');
  third.end();
  silent.end();
  assert.equal(shown, '1:one ');
  first.write('more ');
  first.end();
  // The one that has ended, whole, then the one that goes on, from here on as it prints.
  assert.equal(shown, '1:one more 3:three 4:\n2:two ');
  second.write('and on');
  assert.equal(shown, '1:one more 3:three 4:\n2:two and on');
  second.end();
  assert.equal(shown, '1:one more 3:three 4:\n2:two and on');
});

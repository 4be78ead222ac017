// What is remembered for pages that come later, against a list that does the same slowly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../js/cli/page/history.js';
import { random } from '../support/wire.mjs';

const ENTRY = 128;

test('records come back as they were, the oldest are forgotten, wherever memory ends', () => {
  const { below } = random(7);
  for (const max of [0, 100, 1000, 4099]) {
    const history = new History(max);
    /** @type {Buffer[]} */
    let kept = [];
    /** @type {string[]} */
    const gone = [];
    /** @type {string[]} */
    const expected = [];
    for (let i = 0; i < 2000; i++) {
      const head = Buffer.from([i & 255, i >> 8, 7]);
      const body = Buffer.alloc(below(below(10) === 0 ? 5000 : 300), i);
      history.add(head, body, (bytes, length) =>
        gone.push(`${bytes.toString('hex')} ${length}`),
      );
      kept.push(Buffer.concat([head, body]));
      const cost = () => kept.reduce((sum, { length }) => sum + length + ENTRY, 0);
      // The last goes, too, where it is too long alone; then nothing before it is left.
      while (cost() > max) {
        const [first] = kept;
        expected.push(`${first.toString('hex', 0, 3)} ${first.length}`);
        kept = kept.slice(1);
      }
    }
    assert.deepEqual([...history.records()], kept);
    assert.deepEqual(gone, expected);
  }
});

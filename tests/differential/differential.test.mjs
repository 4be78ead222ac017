// The same bytes into ws4wasm, ws and undici. Where they differ, the difference is one of those
// written down here, with its reason. WS4WASM_SEED begins elsewhere, WS4WASM_STREAMS tries more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, TAIL } from './generate.mjs';
import { ours, undici, ws } from './readers.mjs';

/** @typedef {import('./readers.mjs').Told} Told */

const FIRST = Number(process.env.WS4WASM_SEED ?? 1);
const STREAMS = Number(process.env.WS4WASM_STREAMS ?? 6000);

/**
 * What ours may say where another says something else. After an error of ours there is nothing
 * to compare; after another difference `goesOn`.
 * @type {{ name: string, goesOn?: boolean, is: (ours: Told, theirs: Told[]) => boolean }[]}
 */
const intended = [
  {
    // "the minimal number of bytes MUST be used to encode the length"; they take it.
    name: 'RFC 6455 section 5.2: a length not in its shortest form is refused',
    is: ({ code, rule }) => code === 1002 && /not in its shortest form/.test(rule ?? ''),
  },
  {
    // "the most significant bit MUST be 0": a violation, and not just too much.
    name: 'RFC 6455 section 5.2: a length with its top bit set is 1002, not 1009',
    is: ({ code, rule }, [theirs]) =>
      code === 1002 && /top bit/.test(rule ?? '') && isError(theirs, 1009),
  },
  {
    // Section 8.1 wants the connection failed when text "is discovered" not to be UTF-8; they
    // look at the end of a message, and until then see control frames, or other faults.
    name: 'RFC 6455 section 8.1: text fails at its first bad byte, not at the end',
    is: ({ code, rule }, theirs) =>
      code === 1007 &&
      /^text message is not UTF-8/.test(rule ?? '') &&
      theirs.every(({ type }) => ['ping', 'pong', 'error', 'close'].includes(type)),
  },
  {
    // RFC 3629 section 6 speaks of a signature where a protocol needs one; this does not.
    name: 'RFC 6455 section 5.6: U+FEFF at the start of a text is a part of it',
    goesOn: true,
    // undici's parser and decoder both take one off a close's reason.
    is: ({ data, reason }, [theirs]) =>
      [1, 2].some((count) => {
        const mark = '\ufeff'.repeat(count);
        return mark + (theirs?.data ?? theirs?.reason) === (data ?? reason);
      }),
  },
];

/** @param {Told | undefined} told @param {number} code */
const isError = (told, code) => told?.type === 'error' && told.code === code;

/** @param {Told[]} told */
const failed = (told) => told.at(-1)?.type === 'error';

/** @param {Told | undefined} told */
const comparable = (told) => told && { ...told, rule: undefined };

/**
 * The intended differences there were.
 * @param {Told[]} mine
 * @param {Told[]} theirs
 */
function compare(mine, theirs) {
  const used = [];
  for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
    try {
      assert.deepEqual(comparable(mine[i]), comparable(theirs[i]));
    } catch (difference) {
      const reason = mine[i] && intended.find(({ is }) => is(mine[i], theirs.slice(i)));
      if (!reason) throw difference;
      used.push(reason.name);
      if (!reason.goesOn) break;
    }
  }
  return used;
}

/** @type {[string, import('./readers.mjs').Reader, ('server' | 'client')[]][]} */
const peers = [
  ['ws', ws, ['server', 'client']],
  ['undici', undici, ['client']],
];

for (const [name, peer, roles] of peers) {
  for (const role of roles) {
    test(`${name} and ws4wasm as a ${role} read the same`, (t) => {
      /** @type {Map<string, number>} */
      const counts = new Map();
      /** @type {Map<string, number>} */
      const kinds = new Map();
      for (let seed = FIRST; seed < FIRST + STREAMS; seed++) {
        const { wire, pieces } = generate(seed, role);
        let mine = ours(pieces, role);
        assert.deepEqual(mine, ours([wire], role), `seed ${seed}, whole and in pieces`);
        for (const { type } of mine) kinds.set(type, (kinds.get(type) ?? 0) + 1);
        let theirs = peer(pieces, role);
        // One may see a fault some bytes sooner than the other, and the stream ends between.
        const padded = [...pieces, TAIL];
        if (failed(mine) && !failed(theirs)) theirs = peer(padded, role);
        else if (failed(theirs) && !failed(mine)) mine = ours(padded, role);
        try {
          for (const reason of compare(mine, theirs)) {
            counts.set(reason, (counts.get(reason) ?? 0) + 1);
          }
        } catch (error) {
          const { message } = /** @type {Error} */ (error);
          assert.fail(`seed ${seed}, bytes ${wire.toString('hex').slice(0, 600)}: ${message}`);
        }
      }
      // What is generated is worth comparing: no kind of event is rare.
      for (const type of ['text', 'binary', 'ping', 'pong', 'close', 'error']) {
        assert.ok((kinds.get(type) ?? 0) > STREAMS / 50, `${kinds.get(type)} of ${type}`);
      }
      for (const [reason, count] of counts) t.diagnostic(`${count} times ${reason}`);
      for (const { name: reason } of intended.slice(0, 3)) {
        assert.ok(counts.get(reason), `seen by now: ${reason}`);
      }
    });
  }
}

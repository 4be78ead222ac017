// The same with compression: lawful and changed compressed messages, in pieces, into ws4wasm
// and ws. WS4WASM_SEED begins elsewhere, WS4WASM_STREAMS tries more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { frame, random } from '../support/wire.mjs';
import { mutate, split, TAIL } from './generate.mjs';
import { ours, wsDeflate } from './readers.mjs';

/** @typedef {import('./readers.mjs').Told} Told */

const FIRST = Number(process.env.WS4WASM_SEED ?? 1);
const STREAMS = Number(process.env.WS4WASM_STREAMS ?? 6000) / 4;

const words = ['the ', 'quick ', 'grüße ', '漢字 ', '😀', '{"id":', '0', 'x'.repeat(300)];

/**
 * @param {number} seed
 * @param {'server' | 'client'} role of who reads
 * @param {boolean} forgets whether the sender's window ends with each message
 */
function generate(seed, role, forgets) {
  const chance = random(seed);
  const { below, bytes, key, pick } = chance;
  const mask = () => (role === 'server' ? key() : undefined);
  const frames = [];
  let window = Buffer.alloc(0);
  for (let i = below(6); i >= 0; i--) {
    const isText = below(3) > 0;
    const text = Array.from({ length: below(60) }, () => pick(words)).join('');
    let payload = isText ? Buffer.from(text) : bytes(below(500));
    if (below(40) === 0) payload = Buffer.concat([payload, Buffer.of(0xff)]);
    const compress = below(5) > 0;
    const data = compress ? deflated(chance, payload, window) : payload;
    if (compress && !forgets) window = Buffer.concat([window, payload]).subarray(-32768);
    const count = below(3) === 0 ? 1 + below(4) : 1;
    for (let j = 0; j < count; j++) {
      const [from, to] = [j, j + 1].map((n) => Math.floor((n * data.length) / count));
      frames.push(
        frame({
          opcode: j ? 0 : isText ? 1 : 2,
          rsv: (compress && j === 0) !== (below(200) === 0) ? 4 : 0,
          payload: data.subarray(from, to),
          fin: j === count - 1,
          key: mask(),
        }),
      );
      if (below(6) === 0) {
        const rsv = below(40) === 0 ? 4 : 0;
        frames.push(frame({ opcode: 9 + below(2), rsv, payload: bytes(5), key: mask() }));
      }
    }
  }
  if (below(4) === 0) {
    frames.push(frame({ opcode: 8, payload: Buffer.of(3, 232), key: mask() }));
  }
  let wire = Buffer.concat(frames);
  for (let i = below(3) === 0 ? 1 + below(3) : 0; i > 0; i--) wire = mutate(chance, wire);
  return { wire, pieces: split(chance, wire) };
}

/**
 * RFC 7692 section 7.2.1, by the zlib of Node.js, in one of its moods.
 * @param {ReturnType<typeof random>} chance
 * @param {Buffer} payload
 * @param {Buffer} window what was sent before
 */
function deflated({ below }, payload, window) {
  const made = deflateRawSync(payload, {
    level: below(10),
    memLevel: 1 + below(9),
    strategy: below(5),
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(window.length ? { dictionary: window } : {}),
  });
  // Without the four bytes of an empty block that every sync flush ends with.
  return made.subarray(0, -4);
}

/**
 * What ours may say where ws says something else. After any of them the rest is not compared.
 * @type {{ name: string, is: (ours: Told, theirs: Told[]) => boolean }[]}
 */
const intended = [
  {
    name: 'RFC 6455 section 5.2: a length not in its shortest form is refused',
    is: ({ code, rule }) => code === 1002 && /not in its shortest form/.test(rule ?? ''),
  },
  {
    name: 'RFC 6455 section 5.2: a length with its top bit set is 1002, not 1009',
    is: ({ code, rule }) => code === 1002 && /top bit/.test(rule ?? ''),
  },
  {
    name: 'RFC 6455 section 8.1: text fails at its first bad byte, not at the end',
    is: ({ code, rule }, theirs) =>
      code === 1007 &&
      /^text message is not UTF-8/.test(rule ?? '') &&
      theirs.every(({ type }) => ['ping', 'pong', 'error', 'close'].includes(type)),
  },
  {
    // Section 7.2.2 says how a message is inflated, not when; they begin when it is complete.
    name: 'RFC 7692 section 7.2.2: what does not inflate fails as it comes, not at the end',
    is: ({ code, rule }, theirs) =>
      code === 1007 &&
      /does not inflate/.test(rule ?? '') &&
      theirs.every(({ type }) => ['ping', 'pong', 'error', 'close'].includes(type)),
  },
  {
    // zlib delivers what it has of a block that is broken off, and lets a stored one take the
    // bytes that the receiver adds for its own. fuzz/targets/inflate.rs shows by zlib itself
    // that nothing else is refused.
    name: 'RFC 7692 section 7.2.1: a message that ends inside a block is refused',
    is: ({ code, rule }, [theirs]) =>
      code === 1007 &&
      /does not inflate/.test(rule ?? '') &&
      ['text', 'binary'].includes(theirs?.type),
  },
];

for (const role of /** @type {const} */ (['server', 'client'])) {
  for (const forgets of [false, true]) {
    const title = forgets ? ', without context takeover' : '';
    test(`ws and ws4wasm as a ${role} inflate the same${title}`, async (t) => {
      /** @type {Map<string, number>} */
      const counts = new Map();
      /** @type {Map<string, number>} */
      const kinds = new Map();
      for (let seed = FIRST; seed < FIRST + STREAMS; seed++) {
        const { wire, pieces } = generate(seed, role, forgets);
        const deflate = {
          serverNoContextTakeover: forgets,
          clientNoContextTakeover: forgets,
        };
        let mine = ours(pieces, role, deflate);
        assert.deepEqual(mine, ours([wire], role, deflate), `seed ${seed}, in pieces`);
        for (const { type } of mine) kinds.set(type, (kinds.get(type) ?? 0) + 1);
        let theirs = await wsDeflate(pieces, role, deflate);
        const failed = (/** @type {Told[]} */ told) => told.at(-1)?.type === 'error';
        const padded = [...pieces, TAIL];
        if (failed(mine) && !failed(theirs)) theirs = await wsDeflate(padded, role, deflate);
        else if (failed(theirs) && !failed(mine)) mine = ours(padded, role, deflate);
        for (let i = 0; i < Math.max(mine.length, theirs.length); i++) {
          try {
            assert.deepEqual(
              { ...mine[i], rule: undefined },
              { ...theirs[i], rule: undefined },
            );
          } catch (error) {
            const reason = mine[i] && intended.find(({ is }) => is(mine[i], theirs.slice(i)));
            if (!reason) {
              const { message } = /** @type {Error} */ (error);
              const hex = wire.toString('hex').slice(0, 600);
              assert.fail(`seed ${seed}, bytes ${hex}: ${mine[i]?.rule} ${message}`);
            }
            counts.set(reason.name, (counts.get(reason.name) ?? 0) + 1);
            break;
          }
        }
      }
      for (const type of ['text', 'binary', 'ping', 'pong', 'close', 'error']) {
        assert.ok((kinds.get(type) ?? 0) > STREAMS / 50, `${kinds.get(type)} of ${type}`);
      }
      for (const [reason, count] of counts) t.diagnostic(`${count} times ${reason}`);
    });
  }
}

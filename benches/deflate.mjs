// permessage-deflate (RFC 7692) beside ws and beside node:zlib's own streams, used as ws uses
// them: run by bench.mjs in a process of its own. ws and zlib work on Node's thread pool, so
// that a pass ends when the last message has come; ws4wasm works where it is called.
import { child } from './child.mjs';
import * as deflate from './deflate-peers.mjs';
import { expected, interleave, perMessage, plans, verify } from './measure.js';
import { versionOf } from './peers.mjs';
import { times } from './tables.mjs';
import { join, random } from './workloads.js';

/** @typedef {import('./workloads.js').Message} Message */
/** @typedef {import('./measure.js').Figures & { compression?: number }} Figures */

/**
 * @typedef {object} Row
 * @property {'receive' | 'send'} part
 * @property {string} workload
 * @property {number} messages
 * @property {number} bytes
 * @property {Record<string, Figures>} peers
 */

const CHUNK = 64 * 1024;

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  if (!deflate.hasDeflate()) {
    console.log('  skipped: this ws4wasm has no compression, `deflate: true` is a RangeError');
    return { versions: {}, rows: [] };
  }
  const plan = quick ? plans.quick : plans.full;
  /** @type {Row[]} */
  const rows = [];
  for (const [name, size, count] of /** @type {const} */ ([
    ['JSON of 100 B', 100, 2000],
    ['JSON of 64 KiB', 64 * 1024, 8],
  ])) {
    const input = await prepare(json(size, count));
    const bytes = input.texts.reduce((sum, text) => sum + text.length, 0);
    for (const part of /** @type {const} */ (['receive', 'send'])) {
      const all = await (part === 'receive' ? receiving : sending)(input);
      const figures = await interleave(all, plan);
      /** @type {Record<string, Figures>} */
      const peers = {};
      for (const { name, sent } of all) {
        peers[name] = perMessage(figures[name], count);
        if (sent) peers[name].compression = Number((bytes / sent()).toFixed(2));
      }
      rows.push({ part, workload: name, messages: count, bytes, peers });
      const ratios = Object.entries(peers).map(
        ([name, { ratio }]) => `${name} ${times(ratio)}`,
      );
      console.log(`  ${part} ${name}`.padEnd(32), ratios.join('  '));
    }
  }
  const { zlib } = process.versions;
  return { versions: { ws: versionOf('ws'), ws4wasm: versionOf('ws4wasm'), zlib }, rows };
});

/**
 * What a game or a market sends, of about `size` bytes.
 * @param {number} size
 * @param {number} count
 */
function json(size, count) {
  const next = random(7);
  const record = () =>
    JSON.stringify({
      id: next(1e6),
      user: `user-${next(500)}`,
      event: ['move', 'trade', 'chat', 'leave'][next(4)],
      seen: next(2) === 1,
      x: next(10_000) / 100,
      y: next(10_000) / 100,
      at: 1_700_000_000_000 + next(1e9),
    });
  return Array.from({ length: count }, () => {
    let text = record();
    while (text.length + 100 < size) text += `,${record()}`;
    return `[${text}]`;
  });
}

/**
 * @param {string[]} texts
 * @returns {Promise<deflate.Input>}
 */
async function prepare(texts) {
  const compress = deflate.deflater();
  const next = random(42);
  const payloads = [];
  for (const text of texts) payloads.push(await compress(text));
  const key = () => Uint8Array.from({ length: 4 }, () => 1 + next(255));
  const bytes = join(payloads.map((payload) => deflate.compressedFrame(payload, key())));
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) =>
    Buffer.from(bytes.slice(i * CHUNK, (i + 1) * CHUNK).buffer),
  );
  const messages = texts.map((data) => /** @type {Message} */ ({ type: 'text', data }));
  return { messages, texts, payloads, chunks };
}

/**
 * @typedef {import('./measure.js').Contender & { sent?: () => number }} Contender
 */

/**
 * @param {deflate.Input} input
 * @returns {Promise<Contender[]>}
 */
async function receiving(input) {
  const { count, sum } = expected(input.messages);
  // A context that has seen the same before: references reach back within a pass only.
  const peers = [deflate.wsReceiver(), deflate.ownReceiver(), deflate.zlibReceiver()];
  const chunks = input.chunks.map((chunk) => Buffer.from(chunk));
  for (const { name, tally, run } of peers) {
    tally.kept = [];
    await run({ ...input, chunks: input.chunks.map((chunk) => Buffer.from(chunk)) });
    verify(name, tally.kept, input.messages);
    tally.kept = undefined;
  }
  return peers.map(({ name, tally, run }) => ({
    name,
    async pass() {
      for (const [i, chunk] of chunks.entries()) chunk.set(input.chunks[i]);
      tally.clear();
      const started = performance.now();
      // Nothing to wait for where nothing is put off.
      const done = run({ ...input, chunks });
      if (done) await done;
      const time = performance.now() - started;
      if (tally.count !== count || tally.sum !== sum)
        throw new Error(`${name}: wrong messages`);
      return time;
    },
  }));
}

/**
 * @param {deflate.Input} input
 * @returns {Promise<Contender[]>}
 */
async function sending(input) {
  const peers = [deflate.wsSender(), deflate.ownSender(), deflate.zlibSender()];
  for (const { name, out, run } of peers) {
    out.kept = [];
    await run(input);
    const frames = name.startsWith('node:zlib')
      ? out.kept.map((payload) => deflate.compressedFrame(payload, null))
      : out.kept;
    verify(name, await deflate.readByClient(join(frames), input), input.messages);
    out.kept = undefined;
  }
  return peers.map(({ name, out, run }) => ({
    name,
    sent: () => out.bytes,
    async pass() {
      out.bytes = 0;
      const started = performance.now();
      const done = run(input);
      if (done) await done;
      return performance.now() - started;
    },
  }));
}

// How near the engine comes to what WebAssembly's SIMD can do on this machine: its unmasking and
// its validation beside the bare loops of simd-limit.wat, on the same bytes. Run by bench.mjs in
// a process of its own.
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { Stream } from 'ws4wasm';
import { mem, regionSize, status, wasm, writeInput } from '../js/engine/instance.js';
import { child } from './child.mjs';
import { digits, interleave, plans } from './measure.js';
import { versionOf } from './peers.mjs';
import { times } from './tables.mjs';
import { chunksOf, ofSize } from './workloads.js';

/**
 * @typedef {object} Row
 * @property {string} workload
 * @property {number} bytes
 * @property {Record<string, { gigabytes: number, ratio: number, ratios: number[] }>} peers GB/s
 */

/** Fits the engine's regions and the second level of any cache. */
const SIZE = 32 * 1024;
const TIMES = 64;
const KEY = 0x12a456f8;
const TO = 256 * 1024;

const text = new URL('./simd-limit.wat', import.meta.url);
const parsed = binaryen.parseText(readFileSync(text, 'utf8'));
const module = new WebAssembly.Module(/** @type {any} */ (parsed.emitBinary()));
const limit = /** @type {any} */ (new WebAssembly.Instance(module).exports);
/** Has latin1Slice, which types do not tell. @type {any} */
const own = Buffer.from(limit.memory.buffer);

/** @param {'text' | 'multilingual'} kind */
function payload(kind) {
  const [message] = ofSize(kind, SIZE).messages();
  return Buffer.from(/** @type {string} */ (message.data));
}

const ascii = payload('text');
const multilingual = payload('multilingual');
if (regionSize < SIZE) throw new Error('the engine takes less at a time');

/** @param {string} name @param {() => unknown} work must give true */
const contender = (name, work) => ({
  name,
  pass() {
    const started = performance.now();
    for (let i = 0; i < TIMES; i++) if (work() !== true) throw new Error(`${name}: wrong`);
    return performance.now() - started;
  },
});

const accepted = () => wasm.utf8_validate(0, SIZE) === SIZE && status[0] === 0;

/** A text of one masked frame, from a Buffer to a string. */
function wholePath() {
  const workload = ofSize('text', SIZE);
  const one = { ...workload, chunk: /** @type {const} */ ('message') };
  const [bytes] = chunksOf(one, workload.messages().slice(0, 1), 'server');
  const chunk = Buffer.from(bytes);
  const stream = new Stream({ role: 'server' });
  const start = chunk.length - SIZE;
  const key = chunk.readInt32LE(start - 4);
  return [
    contender('bare loop', () => {
      own.set(chunk.subarray(start));
      const isAscii = limit.unmask_ascii(0, SIZE, TO, key) === 1;
      const string = own.latin1Slice(TO, TO + SIZE);
      return isAscii && string.length === SIZE;
    }),
    contender('ws4wasm', () => {
      const [event] = stream.receive(chunk);
      return event.type === 'text' && event.data.length === SIZE;
    }),
  ];
}

/** @type {[string, () => import('./measure.js').Contender[]][]} */
const workloads = [
  [
    'unmask in place',
    () => {
      wasm.mask_with(KEY);
      return [
        contender('bare loop', () => {
          limit.unmask(0, SIZE, KEY);
          return true;
        }),
        contender('ws4wasm', () => {
          wasm.mask_next(SIZE);
          return true;
        }),
      ];
    },
  ],
  [
    'validate ASCII',
    () => {
      own.set(ascii);
      writeInput(ascii);
      return [
        contender('bare loop', () => limit.ascii(0, SIZE) === 1),
        contender('ws4wasm', accepted),
      ];
    },
  ],
  [
    'validate multilingual text',
    () => {
      own.set(multilingual);
      if (limit.utf8(0, SIZE) !== 1) throw new Error('the bare loop is wrong about good text');
      own[1000] ^= 0x80;
      if (limit.utf8(0, SIZE) !== 0) throw new Error('the bare loop is wrong about bad text');
      own.set(multilingual);
      writeInput(multilingual);
      return [
        contender('bare loop', () => limit.utf8(0, SIZE) === 1),
        contender('ws4wasm', accepted),
      ];
    },
  ],
  ['a masked text, from Buffer to string', wholePath],
];

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  if (mem.length === 0) throw new Error('the engine has not started');
  /** @type {Row[]} */
  const rows = [];
  for (const [workload, make] of workloads) {
    const figures = await interleave(make(), quick ? plans.quick : plans.full);
    const peers = Object.fromEntries(
      Object.entries(figures).map(([name, { rate, ratio, ratios }]) => {
        const gigabytes = digits((rate * SIZE * TIMES) / 1e9);
        return [name, { gigabytes, ratio: digits(ratio), ratios: ratios.map(digits) }];
      }),
    );
    rows.push({ workload, bytes: SIZE, peers });
    const [bare, ours] = Object.values(peers);
    console.log(
      `  ${workload.padEnd(40)} ${bare.gigabytes} GB/s  ws4wasm ${times(ours.ratio)}`,
    );
  }
  return { versions: { ws4wasm: versionOf('ws4wasm') }, rows };
});

// What a message costs as messages become larger and open streams more: run by bench.mjs in a
// process of its own.
import * as engine from 'ws4wasm';
import { child } from './child.mjs';
import { receiver } from './engines.js';
import { digits, interleave, Tally } from './measure.js';
import * as peers from './peers.mjs';
import { duration } from './tables.mjs';
import { chunksOf, ofSize, sizeName } from './workloads.js';

/**
 * @typedef {object} Point
 * @property {'text' | 'binary' | 'streams'} series
 * @property {number} x bytes of a message, or open streams
 * @property {Record<string, { nanoseconds: number, spread: [number, number] }>} peers of a message
 */

const KiB = 1024;
const MiB = KiB * KiB;
const role = 'server';
const platform = {
  copy: (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes.slice().buffer),
};

// The default limit of a message is 16 MiB.
const ours = peers.ws4wasm('ws4wasm', engine, { maxMessageSize: 64 * MiB });
const ws = peers.ws('ws + bufferutil', true);

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const plan = quick
    ? { rounds: 3, budget: 2, warmUp: 10 }
    : { rounds: 11, budget: 15, warmUp: 100 };
  const powers = (/** @type {number} */ base, /** @type {number} */ most) =>
    Array.from(
      { length: Math.round(Math.log(most) / Math.log(base)) + 1 },
      (_, i) => base ** i,
    );
  /** @type {Point[]} */
  const rows = [];
  const most = quick ? 10_000 : 100_000;
  for (const series of /** @type {const} */ (['text', 'binary'])) {
    for (const bytes of powers(4, quick ? MiB : 64 * MiB)) {
      rows.push(await point(series, bytes, bySize(series, bytes), plan));
    }
  }
  for (const streams of powers(10, most)) {
    rows.push(await point('streams', streams, byStreams(streams), plan));
  }
  const versions = { 'ws + bufferutil': ws.version, ws4wasm: ours.version };
  return { versions, rows };
});

/**
 * @param {'text' | 'binary'} type
 * @param {number} bytes
 */
function bySize(type, bytes) {
  const workload = ofSize(type, bytes);
  const messages = workload.messages();
  const chunks = chunksOf(workload, messages, role);
  return [ws, ours].map((peer) => ({
    ...receiver(peer, role, workload, messages, chunks, platform),
    messages: messages.length,
  }));
}

/**
 * One message for each stream in turn.
 * @param {number} streams
 */
function byStreams(streams) {
  const workload = { ...ofSize('text', 125), chunk: /** @type {const} */ ('message') };
  const wire = chunksOf(workload, workload.messages().slice(0, 1000), role);
  const turns = Math.ceil(1000 / streams);
  return [ws, ours].map((peer) => {
    const tally = new Tally();
    const all = Array.from({ length: streams }, () => peer.receiver(role, tally));
    const chunks = wire.map(platform.copy);
    return {
      name: peer.name,
      messages: turns * streams,
      pass() {
        let time = 0;
        for (let turn = 0; turn < turns; turn++) {
          // A thousand at a time, because a peer that unmasks in place needs them fresh.
          for (let from = 0; from < streams; from += chunks.length) {
            for (const [i, chunk] of chunks.entries()) chunk.set(wire[i]);
            const end = Math.min(from + chunks.length, streams);
            const started = performance.now();
            for (let i = from; i < end; i++) all[i](chunks[i - from]);
            time += performance.now() - started;
          }
        }
        return time;
      },
    };
  });
}

/**
 * @param {Point['series']} series
 * @param {number} x
 * @param {(import('./measure.js').Contender & { messages: number })[]} contenders
 * @param {import('./measure.js').Plan} plan
 * @returns {Promise<Point>}
 */
async function point(series, x, contenders, plan) {
  const figures = await interleave(contenders, plan);
  /** @type {Point['peers']} */
  const result = {};
  for (const { name, messages } of contenders) {
    const { rate, rates } = figures[name];
    const ns = (/** @type {number} */ passes) => digits(1e9 / passes / messages);
    result[name] = {
      nanoseconds: ns(rate),
      spread: [ns(Math.max(...rates)), ns(Math.min(...rates))],
    };
  }
  const what = series === 'streams' ? `${x} streams` : `${series} ${sizeName(x)}`;
  const times = Object.entries(result).map(
    ([name, { nanoseconds }]) => `${name} ${duration(nanoseconds)}`,
  );
  console.log(`  ${what.padEnd(20)} ${times.join('  ')}`);
  return { series, x, peers: result };
}

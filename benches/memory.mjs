// The memory of idle streams: run by bench.mjs in a process of its own for every row.
import * as engine from 'ws4wasm';
import * as gauge from '../tests/support/gauge.mjs';
import { child } from './child.mjs';
import { loadWs, versionOf } from './peers.mjs';
import { chunksOf, ofSize } from './workloads.js';

/**
 * @typedef {object} Memory
 * @property {'memory'} series
 * @property {Peer} peer
 * @property {State} state
 * @property {number} streams
 * @property {number} heap bytes of JavaScript a stream
 * @property {number} wasm bytes of linear memory a stream
 */

/** @typedef {'ws4wasm' | 'ws'} Peer */
/** @typedef {'new' | 'after a message'} State */

const workload = ofSize('text', 125);
const one = { ...workload, chunk: /** @type {const} */ ('message') };
const [frame] = chunksOf(one, workload.messages().slice(0, 1), 'server');

const { Receiver } = loadWs(true);

/** Nothing but the stream itself, without listeners. */
const makers = {
  ws4wasm() {
    const stream = new engine.Stream({ role: 'server' });
    return { stream, receive: () => stream.receive(Buffer.from(frame)) };
  },
  ws() {
    const stream = new Receiver({ isServer: true });
    return { stream, receive: () => stream.write(Buffer.from(frame)) };
  },
};

await child(async (/** @type {{ peer: Peer, state: State, streams: number }} */ options) => {
  const { peer, state, streams } = options;
  const make = () => {
    const { stream, receive } = makers[peer]();
    if (state !== 'new') receive();
    return stream;
  };
  // What comes with the first ones does not count, nor does the list.
  const few = Array.from({ length: 100 }, make);
  const all = new Array(streams).fill(few[0]);
  const linearBefore = await gauge.linearMemory();
  const before = await gauge.held();
  for (let i = 0; i < streams; i++) all[i] = make();
  const held = (await gauge.held()) - before;
  const linear = (await gauge.linearMemory()) - linearBefore;
  // Linear memory is among what is held.
  const heap = Math.round((held - linear) / streams);
  const wasm = Math.round(linear / streams);
  if (new Set([...few, ...all]).size !== streams + 100) throw new Error('some are missing');
  console.log(
    `  ${streams} streams of ${peer}, ${state}: ${heap} B of heap, ${wasm} B of wasm`,
  );
  /** @type {Memory} */
  const row = { series: 'memory', peer, state, streams, heap, wasm };
  return { versions: { [peer]: versionOf(peer) }, rows: [row] };
});

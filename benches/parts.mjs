// What there is to measure, and how each part is run and shown.
import { Failure } from '../scripts/lib.mjs';
import { chromium, firefox, proxies } from '../scripts/tools/peers.mjs';
import { inChild } from './child.mjs';
import { others } from './runtimes.mjs';
import { loadGenerator, nativeBench } from './rust.mjs';
import * as tables from './tables.mjs';

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {string} [node] the program, when it is not the one that runs this
 * @property {string} [previous] the folder of the version to compare with
 */

/**
 * @typedef {object} Part
 * @property {boolean} quick belongs to a quick run
 * @property {(options: Options) => object} measure gives `{ runtime, versions, rows }`
 * @property {(rows: any[]) => string} table
 */

/** @type {(part: import('./engines.mjs').Options['part']) => Part} */
const engine = (part) => ({
  quick: part === 'receive' || part === 'send',
  measure: ({ node, ...options }) => inChild('engines.mjs', { part, ...options }, node),
  table: tables.engineTable,
});

/** @param {Options} options */
function scaling({ quick, node }) {
  const streams = quick ? 10_000 : 100_000;
  // Memory in processes of their own: what was given back is used again.
  const memory = ['ws4wasm', 'ws'].flatMap((peer) =>
    ['new', 'after a message'].map((state) =>
      inChild('memory.mjs', { peer, state, streams }, node),
    ),
  );
  const points = inChild('scaling.mjs', { quick }, node);
  return { ...points, rows: [...memory.flatMap(({ rows }) => rows), ...points.rows] };
}

/** @param {Options} options */
function idle({ quick, node }) {
  // What a process takes once, for its compilers and its young objects, is 10 MB: with 2000
  // connections that is more than half of what each seems to take, with 16,000 little.
  const counts = quick ? [500] : [2000, 16_000];
  const peers = [
    'a socket of http',
    'ws',
    'ws4wasm/ws',
    'ws4wasm/node, upgrade',
    'ws4wasm/node, createServer',
  ];
  // Each in a process of its own: what was given back is used again.
  const all = counts.flatMap((connections) =>
    peers.map((peer) => inChild('idle.mjs', { peer, connections }, node)),
  );
  return { ...all[0], rows: all.flatMap(({ rows }) => rows) };
}

/**
 * @param {'chromium' | 'firefox'} browser
 * @param {() => string | undefined} install
 * @returns {Part}
 */
const inBrowser = (browser, install) => ({
  quick: false,
  measure({ quick }) {
    if (!install()) throw new Failure(`no ${browser} here, and none could be installed`);
    return inChild('browsers.mjs', { quick, browser });
  },
  table: (rows) =>
    [
      tables.engineTable(rows.filter(({ part }) => part === 'receive')),
      tables.engineTable(rows.filter(({ part }) => part === 'send')),
    ].join('\n\nSent:\n\n'),
});

/** @type {Record<string, Part>} */
export const parts = {
  receive: engine('receive'),
  send: engine('send'),
  collected: engine('collected'),
  slow: engine('slow'),
  deflate: {
    quick: false,
    measure: ({ quick, node }) => inChild('deflate.mjs', { quick }, node),
    table: tables.deflateTable,
  },
  simd: {
    quick: false,
    measure: ({ quick, node }) => inChild('simd-limit.mjs', { quick }, node),
    table: tables.simdTable,
  },
  scaling: { quick: false, measure: scaling, table: tables.scalingTable },
  idle: { quick: false, measure: idle, table: tables.idleTable },
  e2e: {
    quick: false,
    measure: ({ quick, node }) =>
      inChild('end-to-end.mjs', { quick, program: loadGenerator(), ...others() }, node),
    table: tables.endToEndTable,
  },
  'in-place': {
    quick: false,
    measure: ({ quick, node }) => inChild('in-place.mjs', { quick }, node),
    table: tables.inPlaceTable,
  },
  stats: {
    quick: false,
    measure: ({ quick, node }) => inChild('stats.mjs', { quick }, node),
    table: tables.statsTable,
  },
  rolling: {
    quick: false,
    measure({ quick, node }) {
      if (!proxies()) throw new Failure('no HAProxy here, and none could be installed');
      return inChild('rolling.mjs', { quick }, node);
    },
    table: tables.rollingTable,
  },
  native: {
    quick: false,
    measure: ({ quick }) => nativeBench(quick),
    table: tables.nativeTable,
  },
  inspector: {
    quick: false,
    measure({ quick }) {
      if (!chromium() || !firefox()) throw new Failure('no Chromium, or no Firefox');
      return inChild('inspector.mjs', { quick });
    },
    table: tables.inspectorTable,
  },
  proxy: {
    quick: false,
    measure: ({ quick, node }) => inChild('proxy.mjs', { quick }, node),
    table: tables.proxyTable,
  },
  chromium: inBrowser('chromium', chromium),
  firefox: inBrowser('firefox', firefox),
};

// What was set out for, as ratios to ws with bufferutil, beside what was measured.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { results } from './record.mjs';
import { masked, table, times } from './tables.mjs';
import { sizeName } from './workloads.js';

/** Received with default options, unless `ownsInput` says that the bytes may be changed. */
const KEPT = 'ws4wasm, input kept';
const OWNED = 'ws4wasm';

/**
 * Masked and unmasked frames; those that a server receives are masked, and those that a client
 * sends.
 * @type {[part: 'receive' | 'send', workload: string, peer: string, masked: number | undefined, unmasked: number | undefined][]}
 */
const BARS = [
  ['receive', 'text 16 B', KEPT, 8, 8],
  ['receive', 'text 125 B', KEPT, 5, 5],
  ['receive', 'text 1 KiB', KEPT, 2.5, 2.5],
  ['receive', 'text 1 KiB, multilingual', KEPT, 2.5, 2.5],
  ['receive', 'binary 125 B', KEPT, 3, 3],
  ['receive', 'binary 16 KiB', KEPT, undefined, 1],
  ['receive', 'binary 16 KiB', OWNED, 0.9, undefined],
  ['receive', 'text 32 B, one a chunk', KEPT, 3, 2],
  ['receive', 'text 1 KiB, one a chunk', KEPT, 3, 2],
  ['receive', 'binary 1 MiB', KEPT, undefined, 1],
  ['receive', 'binary 1 MiB', OWNED, 0.9, undefined],
  ['receive', 'text 1 MiB', KEPT, 1.3, 1.3],
  ['receive', 'text 1 MiB, multilingual', KEPT, 2, 2],
  ['receive', 'text 1 KiB in 8 fragments', KEPT, 6, 6],
  ['send', 'text 16 B', OWNED, 2, 2],
  ['send', 'binary 16 B', OWNED, 2, 2],
  ['send', 'text 125 B', OWNED, 2, 2],
  ['send', 'binary 125 B', OWNED, 2, 2],
  ['send', 'text 1 KiB', OWNED, 1.5, 1.5],
  ['send', 'binary 1 KiB', OWNED, 1.5, 1.5],
  ['send', 'text 64 KiB', OWNED, 1.2, 1],
  ['send', 'binary 64 KiB', OWNED, 1.2, 1],
];

/** Bars that are others on a Node, by workload. @type {Record<string, Record<string, number>>} */
const OTHER_BARS = { 26: { 'text 1 MiB, multilingual': 1.3 } };

/** @type {[of: 'ws' | 'bare TCP' | 'Bun’s own', bar: number, inFlight: number, bytes: number, connections: number[]][]} */
const ECHO = [
  ['ws', 1, 1, 125, [1, 10, 50, 1000]],
  ['bare TCP', 0.9, 1, 125, [1, 10, 50, 1000]],
  ['Bun’s own', 0.95, 32, 125, [1, 10, 50]],
  ['Bun’s own', 1, 32, 16 * 1024, [1, 10, 50]],
];

/** @param {string} part @returns {any[]} */
function rowsOf(part) {
  const file = join(results, `${part}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : [];
}

/** @param {number | undefined} ratio @param {number} bar */
function verdict(ratio, bar) {
  if (ratio === undefined) return `- of ${bar}x`;
  return ratio >= bar ? `${times(ratio)} of ${bar}x` : `**${times(ratio)}** of ${bar}x`;
}

/** Tables in Markdown; what is missed is bold. */
export const barsTables = () => [engineBars(), echoBars()].join('\n\n');

function engineBars() {
  const runs = [
    { node: '24', suffix: '' },
    { node: '26', suffix: '-node26' },
  ];
  const body = BARS.map(([part, workload, peer, ...bars]) => {
    const cells = runs.flatMap(({ node, suffix }) => {
      const rows = rowsOf(part + suffix).filter((row) => row.workload === workload);
      return bars.map((usual, i) => {
        if (usual === undefined) return '';
        const bar = OTHER_BARS[node]?.[workload] ?? usual;
        const row = rows.find(({ role }) => masked(part, role) === (i === 0));
        return verdict(row?.peers[peer]?.ratio, bar);
      });
    });
    const owned = part === 'receive' && peer === OWNED ? ', `ownsInput`' : '';
    return [`${part} ${workload}${owned}`, ...cells];
  });
  const head = runs.flatMap(({ node }) => [`Node ${node}, masked`, 'unmasked']);
  return table(['measured of what was set out for', ...head], body);
}

function echoBars() {
  const rows = rowsOf('e2e');
  const body = ECHO.map(([of, bar, inFlight, bytes, connections]) => {
    const cells = [1, 10, 50, 1000].map((count) => {
      if (!connections.includes(count)) return '';
      const row = rows.find(
        (one) => one.connections === count && one.inFlight === inFlight && one.bytes === bytes,
      );
      const ratios = { ws: row?.servers.ws4wasm.ratio, 'bare TCP': row?.ofTcp };
      return verdict({ ...ratios, 'Bun’s own': row?.ofBun }[of], bar);
    });
    return [`${inFlight} in flight, ${sizeName(bytes)}, of ${of}`, ...cells];
  });
  const head = ['1 connection', '10', '50', '1000'];
  return table(['echo, measured of what was set out for', ...head], body);
}

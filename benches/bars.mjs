// What was set out for, as ratios to ws with bufferutil under Node 20, beside what was measured.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { results } from './record.mjs';
import { masked, table, times } from './tables.mjs';

/**
 * Masked and unmasked frames; those that a server receives are masked, and those that a client
 * sends.
 * @type {Record<'receive' | 'send', [workload: string, masked: number, unmasked: number][]>}
 */
const BARS = {
  receive: [
    ['text 16 B', 15, 15],
    ['text 125 B', 10, 10],
    ['text 1 KiB', 5, 4],
    ['text 1 KiB, multilingual', 5, 5],
    ['binary 125 B', 3, 2],
    ['binary 16 KiB', 1.3, 1],
    ['text 32 B, one a chunk', 4, 3],
    ['text 1 KiB, one a chunk', 3, 3],
    ['binary 1 MiB', 1.3, 1],
    ['text 1 MiB', 3, 3],
    ['text 1 MiB, multilingual', 5, 5],
    ['text 1 KiB in 8 fragments', 8, 8],
    ['binary 1 MiB in 1-byte chunks', 100, 100],
  ],
  send: [
    ['text 16 B', 2, 2],
    ['binary 16 B', 2, 2],
    ['text 125 B', 2, 2],
    ['binary 125 B', 2, 2],
    ['text 1 KiB', 1.5, 1.5],
    ['binary 1 KiB', 1.5, 1.5],
    ['text 64 KiB', 1.2, 1],
    ['binary 64 KiB', 1.2, 1],
  ],
};

/** An echo server with 50 connections and messages of 125 bytes. */
const ECHO = [
  { inFlight: 32, of: 'ws', bar: 8 },
  { inFlight: 1, of: 'ws', bar: 1.3 },
  { inFlight: 1, of: 'bare TCP', bar: 0.9 },
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

/** A table in Markdown; what is missed is bold. */
export function barsTable() {
  /** @type {string[][]} */
  const body = [];
  for (const part of /** @type {const} */ (['receive', 'send'])) {
    const rows = part === 'receive' ? [...rowsOf(part), ...rowsOf('slow')] : rowsOf(part);
    for (const [workload, ...bars] of BARS[part]) {
      const cells = bars.flatMap((bar, i) => {
        const row = rows.find(
          (one) => one.workload === workload && masked(part, one.role) === (i === 0),
        );
        const alone = row?.peers['events alone']?.ratio;
        return [verdict(row?.peers.ws4wasm?.ratio, bar), alone ? times(alone) : ''];
      });
      body.push([`${part} ${workload}`, ...cells]);
    }
  }
  const echo = rowsOf('e2e');
  for (const { inFlight, of, bar } of ECHO) {
    const row = echo.find(
      (one) => one.connections === 50 && one.inFlight === inFlight && one.bytes === 125,
    );
    const ratio = of === 'ws' ? row?.servers.ws4wasm.ratio : row?.ofTcp;
    body.push([`echo 50 x ${inFlight}, 125 B, of ${of}`, verdict(ratio, bar), '', '', '']);
  }
  const head = ['masked', 'events alone', 'unmasked', 'events alone'];
  return table(['measured of what was set out for', ...head], body);
}

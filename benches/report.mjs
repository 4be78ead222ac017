// The pictures and tables of benches/results, made of the JSON files there, nothing by hand.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bold, quietly, root, step, whenStarted } from '../scripts/lib.mjs';
import { barsTables } from './bars.mjs';
import { parts } from './parts.mjs';
import { read } from './record.mjs';
import { caption } from './tables.mjs';

const page = join(root, 'benches/results/README.md');
const chart = join(root, 'benches/chart');

export function report() {
  console.log(bold('\n== report'));
  if (!existsSync(join(chart, 'node_modules'))) {
    const args = ['ci', '--ignore-scripts', '--prefix', chart];
    step('npm ci in benches/chart', '10 seconds, once', () => quietly('npm', args));
  }
  console.log(quietly(process.execPath, [join(chart, 'chart.mjs')]));
  writeTables();
}

/** Without the pictures, which need packages of their own. */
export function writeTables() {
  const sections = [...read()].map(([name, result]) => {
    const pictures = [name, `receive-${name}`, `send-${name}`]
      .filter((file) => existsSync(join(root, `benches/results/${file}.svg`)))
      .map((file) => `![${file}](${file}.svg)`);
    const blocks = [`## ${name}`, caption(result), ...pictures];
    return [...blocks, parts[result.part].table(result.rows)].join('\n\n');
  });
  writeFileSync(page, `${[INTRODUCTION, barsTables(), ...sections].join('\n\n')}\n`);
  console.log('  tables of benches/results/README.md');
}

const INTRODUCTION = `# Results of the benchmarks

Made by \`npm run bench\` from the JSON files beside this one, which have every round.
[The page on the benchmarks](../README.md) says what is measured, and how to read it.

## What was set out for

Ratios to ws with bufferutil, unless another is named. Receiving is with default options, but for
the rows that say otherwise; echo is [e2e](#e2e). Bold: missed.`;

/** By itself: `node benches/report.mjs`. */
whenStarted(import.meta.url, report);

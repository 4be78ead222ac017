// The pictures, and the tables in README.md: both made of benches/results, nothing by hand.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bold, quietly, root, step, whenStarted } from '../scripts/lib.mjs';
import { barsTable } from './bars.mjs';
import { parts } from './parts.mjs';
import { read } from './record.mjs';
import { caption } from './tables.mjs';

const readme = join(root, 'benches/README.md');
const chart = join(root, 'benches/chart');

export function report() {
  console.log(bold('\n== report'));
  if (!existsSync(join(chart, 'node_modules'))) {
    const args = ['ci', '--ignore-scripts', '--prefix', chart];
    step('npm ci in benches/chart', '10 seconds, once', () => quietly('npm', args));
  }
  console.log(quietly(process.execPath, [join(chart, 'chart.mjs')]));

  const sections = [...read()].map(([name, result]) => {
    const pictures = [name, `receive-${name}`, `send-${name}`]
      .filter((file) => existsSync(join(root, `benches/results/${file}.svg`)))
      .map((file) => `![${file}](results/${file}.svg)`);
    const blocks = [`### ${name}`, caption(result), ...pictures];
    return [...blocks, parts[result.part].table(result.rows)].join('\n\n');
  });
  const text = filled(readFileSync(readme, 'utf8'), 'bars', barsTable());
  writeFileSync(readme, filled(text, 'results', sections.join('\n\n')));
  console.log('  tables of README.md');
}

/** @param {string} text @param {string} name of the marks @param {string} between */
function filled(text, name, between) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  return `${head}\n\n${between}\n\n${text.slice(text.indexOf(end))}`;
}

/** By itself: `node benches/report.mjs`. */
whenStarted(import.meta.url, report);

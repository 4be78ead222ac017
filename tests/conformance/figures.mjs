// The tables of docs/robustness.md, from the figures that longer runs have left in the repository.
import { existsSync, readFileSync } from 'node:fs';
import { readFigures } from '../../fuzz/figures.mjs';
import { faults } from '../advisories/faults.mjs';

/** @param {string} path from tests/ */
const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

const whole = (/** @type {number} */ number) => number.toLocaleString('en');
const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** @param {string[]} head @param {(string | number)[][]} rows */
function table(head, rows) {
  const numeric = head.map(
    (_, at) => at > 0 && rows.every((row) => /^[\d,.]+$/.test(`${row[at]}`)),
  );
  const line = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = numeric.map((right) => (right ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** @type {Record<string, () => string>} */
export const tables = {
  autobahn() {
    /** @type {Record<string, Record<string, any>>} */
    const summary = read('autobahn/summary.json');
    const head = ['', 'cases', 'OK', 'INFORMATIONAL', 'NON-STRICT', 'other', 'recorded'];
    const rows = Object.entries(summary).map(([side, sections]) => {
      const all = Object.values(sections);
      const sum = (/** @type {(section: any) => number} */ of) =>
        all.reduce((total, section) => total + of(section), 0);
      const cases = sum((section) => section.cases);
      const named = ['OK', 'INFORMATIONAL', 'NON-STRICT'].map((verdict) =>
        sum(({ behavior }) => behavior[verdict] ?? 0),
      );
      const other = cases - named.reduce((total, count) => total + count, 0);
      const dates = [...new Set(all.map(({ date }) => date))].sort();
      return [side, cases, ...named, other, dates.join(', ')];
    });
    return table(head, rows);
  },

  fuzz() {
    const head = ['target', 'seconds', 'executions', 'a second', 'edges', 'features', 'commit'];
    const rows = Object.entries(readFigures()).map(([name, figures]) => [
      name,
      whole(figures.seconds),
      whole(figures.executions),
      whole(Math.round(figures.executions / figures.seconds)),
      whole(figures.edges),
      whole(figures.features),
      `${figures.commit}, ${figures.date}`,
    ]);
    return table(head, rows);
  },

  soak() {
    if (!existsSync(new URL('../soak/figures.json', import.meta.url))) return 'None on record.';
    const { minutes, messages, conversations, attacks, before, after, commit, date } =
      read('soak/figures.json');
    /** @type {number[]} */
    const counts = Object.values(attacks);
    const made = counts.reduce((sum, count) => sum + count, 0);
    return table(
      [`${minutes} minutes, ${commit}, ${date}`, 'at first', 'at the end'],
      [
        ['honest conversations', '', whole(conversations)],
        ['their messages, each back once and in order', '', whole(messages)],
        [`attacks, of ${counts.length} kinds`, '', whole(made)],
        ['connections', before.connections, after.connections],
        ['descriptors', before.descriptors, after.descriptors],
        ['held by JavaScript', megabytes(before.held), megabytes(after.held)],
        ['memory of the engine', megabytes(before.linear), megabytes(after.linear)],
        [
          'timers, sockets and what else is active',
          before.resources.length,
          after.resources.length,
        ],
      ],
    );
  },

  faults: () =>
    table(
      ['known from elsewhere', 'what holds here', 'tests'],
      Object.entries(faults).map(([fault, { bound, shown }]) => [
        fault,
        bound,
        [...new Set(shown.map(([file]) => `[${file}](../tests/${file})`))].join(', '),
      ]),
    ),
};

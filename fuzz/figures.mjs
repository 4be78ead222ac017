// What longer runs have shown, by target: fuzz/figures.json, of which docs/robustness.md has a
// table.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('figures.json', import.meta.url));

/**
 * @typedef {object} Figures
 * @property {number} seconds
 * @property {number} executions
 * @property {number} edges of the control flow that some input has taken
 * @property {number} features what libFuzzer tells inputs apart by: edges, and how often
 * @property {string} sanitizer
 * @property {string} commit
 * @property {string} date
 */

/** @returns {Record<string, Figures>} */
export function readFigures() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * Takes the place of what is on record for this target.
 * @param {string} name
 * @param {Figures} figures
 */
export function record(name, figures) {
  // Read again each time: two runs may share the targets between them.
  const all = Object.entries({ ...readFigures(), [name]: figures });
  const sorted = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

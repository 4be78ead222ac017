// The table at the end of a run, and what it leaves to be run.
import { stripVTControlCharacters } from 'node:util';
import { bold, dim, green, red, yellow } from '../lib.mjs';

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {'ok' | 'FAILED' | 'skipped'} result
 * @property {number} took in milliseconds
 * @property {string} [why]
 * @property {string[]} [lines] of its output, those that name what failed
 */

/** How test runners, compilers and the fuzzer begin the line that names what failed. */
const NAMES_A_FAILURE =
  /^\s*(✖ (?!failing tests:)|not ok |test .* FAILED|thread '.*' .*panicked|error(\[E\d+\])?: |in base64: )/;
/** Of one step. A log of a CI may keep no more than the end, which is this summary. */
const [MOST_LINES, MOST_CHARACTERS] = [6, 300];

/** The lines of a step's output that name what failed. @param {string} output */
export function failures(output) {
  const named = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => NAMES_A_FAILURE.test(line))
    .map((line) => line.trim().slice(0, MOST_CHARACTERS));
  // A runner names a failed test where it ran, and once more at the end.
  const once = [...new Set(named.map((line) => line.replace(/ \([\d.]+ms\)$/, '')))];
  const more = once.length - MOST_LINES;
  return more > 0 ? [...once.slice(0, MOST_LINES), `and ${more} more`] : once;
}

const colour = { ok: green, FAILED: red, skipped: yellow };
const time = (/** @type {number} */ took) => `${(took / 1000).toFixed(1)} s`.padStart(9);

/** The message's first line: the whole of it stands where the step's output is. */
const short = (/** @type {string} */ why) => why.split('\n')[0];

/**
 * @param {Row[]} rows of steps, in the order in which they ended
 * @param {Row[]} setUp of tools that took time, or could not be had
 * @param {number} took by the clock
 * @param {string[]} left names of steps that only `npm run test:all` performs
 */
export function report(rows, setUp, took, left) {
  const lines = [bold('\n== summary')];
  const line = (/** @type {Row} */ { name, result, took, why, lines: named = [] }) => {
    const note = why ? dim(`  ${short(why)}`) : '';
    lines.push(`${colour[result](result.padEnd(8))} ${name.padEnd(38)} ${time(took)}${note}`);
    for (const text of named) lines.push(`${' '.repeat(9)}${text}`);
  };
  setUp.forEach(line);
  rows.forEach(line);
  lines.push(`${' '.repeat(9)}${'all, by the clock'.padEnd(38)} ${time(took)}`);
  if (left.length) {
    lines.push(
      `\nNot part of this: ${left.join('; ')}.`,
      '`npm run test:all` runs everything.',
    );
  }
  // In the words that tools which read logs know.
  const count = (/** @type {Row['result']} */ result) =>
    rows.filter((row) => row.result === result).length;
  const counts = `${count('ok')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped`;
  lines.push(`\nsteps: ${counts}`);
  return lines.join('\n');
}

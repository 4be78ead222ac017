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
const [MOST_LINES, MOST_CHARACTERS] = [6, 500];

/** The lines of a step's output that name what failed, with the error where one follows. @param {string} output */
export function failures(output) {
  const lines = stripVTControlCharacters(output).split('\n');
  /** @type {Map<string, string>} A runner names a failed test where it ran, and again with its error. */
  const named = new Map();
  for (const [at, line] of lines.entries()) {
    if (!NAMES_A_FAILURE.test(line)) continue;
    const name = line.trim().replace(/ \([\d.]+ms\)$/, '');
    named.set(name, named.get(name) || errorAfter(lines, at));
  }
  const told = [...named].map(([name, error]) => (name + error).slice(0, MOST_CHARACTERS));
  const more = told.length - MOST_LINES;
  return more > 0 ? [...told.slice(0, MOST_LINES), `and ${more} more`] : told;
}

/**
 * The error that a runner of Node prints below a test's name, in one line: its message, the first
 * place in a test, and its values.
 * @param {string[]} lines
 * @param {number} at
 */
function errorAfter(lines, at) {
  const below = lines.slice(at + 1, at + 1 + MOST_CHARACTERS);
  if (!/^\s+\S*(Error|Exception)\b/.test(below[0] ?? '')) return '';
  const end = below.findIndex((line) => line !== '' && !line.startsWith(' '));
  const whole = (end < 0 ? below : below.slice(0, end)).map((line) => line.trim());
  const isFrame = (/** @type {string} */ line) => line.startsWith('at ');
  const place = whole.find((line) => isFrame(line) && line.includes('.test.')) ?? '';
  const [, where] = /([^/]*:\d+):\d+/.exec(place) ?? [];
  const said = whole.filter((line) => line && !isFrame(line)).join(' ');
  return `${where ? ` (${where})` : ''}: ${said}`;
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

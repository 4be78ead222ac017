// `npm run test:autobahn`: the Autobahn TestSuite against our server and our client, with the
// options that users get when they give none. It prints a table by section and fails unless
// every case was run and every verdict is the best there is.
//
//   --side server|client     one side only
//   --crate                  the server and the client of the crate, on tokio
//   --cases '1.*'            these cases only; may be repeated
//   --no-compression         without sections 12 and 13, which take most of the time
//   --minutes 20             begins no section later, quick ones first, and says what is left
//   --record                 note the figures in tests/autobahn/summary.json
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { record, recorded } from '../../tests/autobahn/summary.mjs';
import { faultsOf, isCompression, sections, tally } from '../../tests/autobahn/verdicts.mjs';
import { bold, dim, Failure, green, quietly, red, root, whenStarted, yellow } from '../lib.mjs';
import { kosoku, kosokuVersion } from '../tools/peers.mjs';

const reports = join(root, 'target/autobahn');

/** @typedef {'server' | 'client' | 'tokio-server' | 'tokio-client'} Side */
/** @typedef {import('../../tests/autobahn/verdicts.mjs').Index} Index */

/**
 * @typedef {object} Row
 * @property {Side} side
 * @property {string} section
 * @property {boolean} whole whether all cases of the section were chosen
 * @property {import('../../tests/autobahn/verdicts.mjs').Tally} tally
 * @property {string[]} faults
 * @property {number} seconds
 */

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      side: { type: 'string' },
      crate: { type: 'boolean' },
      cases: { type: 'string', multiple: true },
      'no-compression': { type: 'boolean' },
      minutes: { type: 'string' },
      record: { type: 'boolean' },
    },
  });
  const bin = kosoku();
  if (!bin) throw new Failure('The TestSuite needs Python 3.10 or newer with venv');
  // The engine comes in here only: without pkg/ there would be no help and no set-up.
  const { canCompress, sides: ofPackage } = await import('../../tests/autobahn/sides.mjs');
  const { sides: ofCrate } = await import('../../tests/autobahn/crate.mjs');
  const sides = { ...ofPackage, ...ofCrate };
  const all = casesOf(bin);
  const chosen = choose(all, values.cases, values['no-compression'] || !canCompress());
  if (!canCompress()) console.log(yellow('without sections 12 and 13: no permessage-deflate'));

  const limit =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : minutesOf(values.minutes);
  const whole = sections(all);
  /** @type {Row[]} */
  const rows = [];
  /** @type {string[]} */
  const left = [];
  // Both sides at once: the suite, which takes most of the time, uses one core.
  console.log(bold(`- ${chosen.length} cases a side`));
  const started = Date.now();
  const lanes = sidesOf(values.side, values.crate).map(async (side) => {
    const queue = [...sections(chosen)];
    if (Number.isFinite(limit)) queue.sort(([a], [b]) => recorded(side, a) - recorded(side, b));
    for (const [section, cases] of queue) {
      if (Date.now() - started > limit) {
        left.push(`${side} ${section}`);
        continue;
      }
      const row = await perform({
        ...{ bin, side, section, cases, under: sides[side] },
        whole: cases.length === whole.get(section)?.length,
      });
      rows.push(row);
      // At once: the slow ones may not be waited for.
      if (values.record) record([row], { kosoku: kosokuVersion });
    }
  });
  await Promise.all(lanes);
  printTable(rows);
  if (left.length) {
    console.log(yellow(`Not run, for want of time (--minutes): ${left.join(', ')}`));
  }
  const faults = rows.flatMap(({ side, faults }) => faults.map((fault) => `${side} ${fault}`));
  if (faults.length) throw new Failure(`${faults.join('\n')}\nReports are in ${reports}`);
});

/** @param {string | undefined} side @param {boolean} [crate] @returns {Side[]} */
function sidesOf(side, crate = false) {
  if (side === undefined) {
    return crate ? ['tokio-server', 'tokio-client'] : ['server', 'client'];
  }
  if (side === 'server' || side === 'client') return [crate ? `tokio-${side}` : side];
  throw new Failure(`--side is '${side}', not server or client`);
}

/** In milliseconds. @param {string} text */
function minutesOf(text) {
  const minutes = Number(text);
  if (text.trim() && minutes >= 0) return minutes * 60_000;
  throw new Failure(`--minutes is '${text}', not a number of minutes`);
}

/** The ids of all cases, as the suite itself lists them. @param {string} bin */
function casesOf(bin) {
  const program = 'import json, kosoku.cases as c; print(json.dumps(list(c.CASES)))';
  /** @type {string[]} */
  const all = JSON.parse(quietly(join(bin, 'python'), ['-c', program]));
  // What is left out of the suite by accident would be missed by no gate.
  if (all.length !== 517) throw new Failure(`The suite has ${all.length} cases, not 517`);
  return all;
}

/**
 * @param {string[]} all
 * @param {string[] | undefined} patterns
 * @param {boolean} plainOnly
 */
function choose(all, patterns = ['*'], plainOnly) {
  const matches = patterns.map(
    (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
  );
  const chosen = all.filter(
    (id) => matches.some((match) => match.test(id)) && !(plainOnly && isCompression(id)),
  );
  if (!chosen.length) throw new Failure(`No case to run for ${patterns.join(' ')}`);
  return chosen;
}

/**
 * @param {object} task
 * @param {string} task.bin
 * @param {Side} task.side
 * @param {string} task.section
 * @param {string[]} task.cases
 * @param {boolean} task.whole
 * @param {import('../../tests/autobahn/sides.mjs').Run} task.under
 * @returns {Promise<Row>}
 */
async function perform({ bin, side, section, cases, whole, under }) {
  const folder = join(reports, side, section);
  // A report of yesterday is not to be taken for today's.
  rmSync(folder, { recursive: true, force: true });
  const started = Date.now();
  /** @type {Index} */
  const index = await under(join(bin, 'kosoku'), folder, cases);
  const seconds = (Date.now() - started) / 1000;
  const faults = faultsOf(index, cases);
  const verdict = faults.length ? red(`${faults.length} wrong`) : green('as it should be');
  const count = `${cases.length} cases`.padStart(9);
  console.log(
    `  ${side.padEnd(7)} ${section.padEnd(5)} ${count}  ${seconds.toFixed(1).padStart(6)} s  ${verdict}`,
  );
  return { side, section, whole, tally: tally(index), faults, seconds };
}

/** @param {Row[]} rows */
function printTable(rows) {
  const columns = ['cases', 'OK', 'INFORMATIONAL', 'NON-STRICT', 'other'];
  console.log(bold(`\n${'side    section'.padEnd(15)}  ${columns.join('  ')}    time`));
  /** @param {string} name @param {Row[]} of */
  const line = (name, of) => {
    const cells = columns.map((column) => {
      const sum = of.reduce((total, { tally }) => total + (tally.row[column] ?? 0), 0);
      return String(sum).padStart(column.length);
    });
    const time = of.reduce((total, { seconds }) => total + seconds, 0).toFixed(1);
    console.log(`${name.padEnd(15)}  ${cells.join('  ')}  ${time.padStart(6)}`);
  };
  for (const side of new Set(rows.map((row) => row.side))) {
    const mine = rows.filter((row) => row.side === side);
    for (const row of mine) line(`${side}  ${row.section}`, [row]);
    line(`${side}  all`, mine);
  }
  console.log(dim('OK: the behaviour and the close both were'));
}

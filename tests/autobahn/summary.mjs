// The figures that are kept in the repository: tests/autobahn/summary.json.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('summary.json', import.meta.url));
const manifest = new URL('../../package.json', import.meta.url);

/**
 * Takes the place of what is on record for these sections. Sections of which only some cases
 * were run are left as they are.
 * @param {{ side: string, section: string, whole: boolean, seconds: number, tally: import('./verdicts.mjs').Tally }[]} rows
 * @param {Record<string, string>} versions of the suite
 */
export function record(rows, versions) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const date = new Date().toISOString().slice(0, 10);
  const made = { date, ws4wasm: version, node: process.version, ...versions };
  for (const { side, section, whole, tally, seconds } of rows) {
    if (!whole) continue;
    const { behavior, close } = tally;
    kept[side] ??= {};
    kept[side][section] = {
      cases: tally.row.cases,
      behavior,
      close,
      seconds: Math.round(seconds * 10) / 10,
      ...made,
    };
  }
  for (const side of Object.keys(kept)) kept[side] = inOrder(kept[side]);
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
}

/** The seconds that a section took when it was recorded. @param {string} side @param {string} section */
export function recorded(side, section) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return Number(kept[side]?.[section]?.seconds ?? 0);
}

/** @param {Record<string, unknown>} sections */
function inOrder(sections) {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  const names = Object.keys(sections).sort(compare);
  // Names that are whole numbers come first in an object whatever is done.
  return Object.fromEntries(names.map((name) => [name, sections[name]]));
}

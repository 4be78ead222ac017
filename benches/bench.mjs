// `npm run bench`: measures everything, prints tables, keeps the figures in benches/results and
// draws the charts. See README.md in this folder.
import { parseArgs } from 'node:util';
import { bold, dim, Failure, seconds, whenStarted, yellow } from '../scripts/lib.mjs';
import { nodeModules } from '../scripts/tools/toolchain.mjs';
import { previousVersion } from './against.mjs';
import { parts } from './parts.mjs';
import { heading, quickResults, results, watchHost, write } from './record.mjs';
import { report } from './report.mjs';
import { nodeProgram, REFERENCE } from './runtimes.mjs';
import { caption } from './tables.mjs';

/** They take long, and no table of the others needs them. */
const BY_NAME = new Set(['slow', 'rolling']);

const help = `npm run bench -- [options]

  --only PART,PART   some of: ${Object.keys(parts).join(', ')};
                     browsers for the last two; slow and rolling only if they are
                     named: ws takes a quarter of an hour for the first
  --quick            under a minute, figures to target/bench; a rough look
  --node VERSION     under another Node than ${REFERENCE}: 22, 26, that of npm's own, or a path
                     to a program; a quick run is under npm's own
  --against COMMIT   this work tree's package against that of a commit, quickly`;

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      node: { type: 'string' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(help);
  const quick = values.quick || values.against !== undefined;
  const chosen = choose(values.only, quick);
  const started = Date.now();

  console.log(bold('== set-up'));
  nodeModules();
  const wanted = values.node ?? (quick ? undefined : REFERENCE);
  const node = wanted === undefined ? undefined : nodeProgram(wanted);
  const previous = values.against === undefined ? undefined : previousVersion(values.against);
  const folder = quick ? quickResults : results;
  const tables = [];
  for (const name of chosen) {
    console.log(`\n${bold(`== ${name}`)}`);
    const began = Date.now();
    const { measure, table } = parts[name];
    const head = heading(name, quick);
    const host = watchHost();
    const measured = measure({ quick, node, previous });
    const result = { ...head, stolen: host(), ...measured };
    const complete = /** @type {import('./record.mjs').Result} */ (result);
    const title = [name, ...suffix(values.node && complete.runtime.node)];
    if (previous) title.push('against');
    const file = write(title.join('-'), complete, folder);
    tables.push(`${bold(title.join('-'))}: ${caption(complete)}\n\n${table(complete.rows)}`);
    console.log(dim(`  took ${seconds(began)}, kept in ${file}`));
  }
  if (!quick) report();
  console.log(`\n${tables.join('\n\n')}`);
  console.log(`\n${dim(`all took ${seconds(started)}`)}`);
  if (quick) console.log(yellow('Quick figures show the order of things; no more.'));
});

/** What a result has in its name. @param {string | undefined} node a version that was asked for */
function suffix(node) {
  const version = node?.match(/\d+/)?.[0];
  return version && version !== REFERENCE ? [`node${version}`] : [];
}

/**
 * @param {string | undefined} only
 * @param {boolean} quick
 */
function choose(only, quick) {
  if (only === undefined) {
    const usual = Object.keys(parts).filter((name) => !BY_NAME.has(name));
    return usual.filter((name) => parts[name].quick || !quick);
  }
  const names = only.replace(/\bbrowsers\b/, 'chromium,firefox').split(',');
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length) throw new Failure(`No part ${unknown.join(', ')}.\n\n${help}`);
  return names;
}

// `npm test`: what a person wants to know of a change, with all set-up, and a table at the end.
// `npm run test:all`, and `npm test` in CI: everything there is. `npm test -- js browser`: the
// steps of these groups. See steps.mjs for what there is, schedule.mjs for what runs beside what.
import { parseArgs } from 'node:util';
import { restore } from '../build/pkg.mjs';
import { bold, Failure, onCI, red, whenStarted } from '../lib.mjs';
import { endAll, perform } from './child.mjs';
import { createOutput } from './output.mjs';
import { failures, report } from './report.mjs';
import { schedule } from './schedule.mjs';
import { groups, steps } from './steps.mjs';
import { tools } from './tools.mjs';

/** @typedef {import('./steps.mjs').Step} Step */
/** @typedef {import('./report.mjs').Row} Row */

/** A tool that is there already has no line in the table. */
const WORTH_A_LINE = 2000;
/** Characters of a step's output in which what failed is looked for: runners name it at the end. */
const KEPT = 1 << 20;

const help = `npm test                    what is wanted after each change
npm run test:all            everything
npm test -- GROUP GROUP     some groups: ${groups.join(', ')}`;

/** @param {string[]} wanted names of groups @param {boolean} all */
function choose(wanted, all) {
  const unknown = wanted.filter((name) => !groups.includes(name));
  if (unknown.length) {
    throw new Failure(`No group ${unknown.join(', ')}. Groups: ${groups.join(', ')}`);
  }
  if (!wanted.length && !all) return steps.filter(({ everyday }) => everyday);
  return steps.filter(
    ({ groups: its, everyday }) =>
      everyday !== 'only' && (!wanted.length || its.some((name) => wanted.includes(name))),
  );
}

/** @param {Step} step @returns {string[]} tools */
const wantedBy = ({ needs, likes = [] }) => [...needs, ...likes];
const toolJob = (/** @type {string} */ name) => `tool: ${name}`;

/**
 * Sets up the tools and performs the steps.
 * @param {Step[]} chosen
 */
async function performAll(chosen) {
  const started = Date.now();
  const output = createOutput((text) => process.stdout.write(text));
  /** @type {Record<string, unknown>} */
  const found = {};
  /** @type {Record<string, string>} */
  const problems = {};
  /** @type {{ steps: Row[], setUp: Row[] }} */
  const rows = { steps: [], setUp: [] };
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  const environment = () => ({
    WS4WASM_FOUND: JSON.stringify(found),
    WS4WASM_STARTED: String(started),
    // Its output comes here first, which is no terminal.
    ...(colours ? { FORCE_COLOR: '1', CARGO_TERM_COLOR: 'always' } : {}),
  });

  /** @param {string} name */
  async function setUp(name) {
    const began = Date.now();
    const block = output.begin('');
    const { value, problem } = await perform('tool', name, environment(), (text) =>
      block.write(text),
    );
    if (problem !== undefined) {
      problems[name] = problem;
      block.write(`${red(problem)}\n`);
    } else {
      found[name] = value;
    }
    block.end();
    const took = Date.now() - began;
    if (took < WORTH_A_LINE && problem === undefined) return;
    const result = problem === undefined ? 'ok' : 'skipped';
    rows.setUp.push({ name: `set-up: ${name}`, result, took, why: problem });
  }

  /** @param {Step} step */
  async function performStep(step) {
    const began = Date.now();
    const block = output.begin(`\n${bold(`== ${step.name}`)}\n`);
    // In CI what is missing is a failure; on a desk it is said.
    const missing = (onCI ? wantedBy(step) : step.needs)
      .map((name) => problems[name])
      .filter(Boolean);
    let said = '';
    const outcome = missing.length
      ? { problem: missing.join('; '), skipped: true }
      : await perform('step', step.name, environment(), (text) => {
          said = (said + text).slice(-KEPT);
          block.write(text);
        });
    const { problem, skipped } = outcome;
    const result = problem === undefined ? 'ok' : skipped && !onCI ? 'skipped' : 'FAILED';
    if (problem !== undefined) block.write(`${red(problem)}\n`);
    block.end();
    const why = result === 'FAILED' && !skipped ? (step.remedy ?? problem) : problem;
    const lines = result === 'FAILED' ? failures(said) : [];
    rows.steps.push({ name: step.name, result, took: Date.now() - began, why, lines });
  }

  /** @type {Set<string>} */
  const named = new Set();
  const jobs = chosen.flatMap((step) => {
    const missing = wantedBy(step).filter((name) => !named.has(name));
    for (const name of missing) named.add(name);
    return [
      ...missing.map((name) => ({
        name: toolJob(name),
        lane: tools[name].lane,
        work: () => setUp(name),
      })),
      {
        name: step.name,
        lane: step.lane,
        after: [...wantedBy(step).map(toolJob), ...(step.after ?? [])],
        work: () => performStep(step),
      },
    ];
  });
  await schedule(jobs, (job) => job.work());
  return { ...rows, took: Date.now() - started };
}

whenStarted(import.meta.url, async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      all: { type: 'boolean', default: onCI },
    },
  });
  if (values.help) return void console.log(help);
  const chosen = choose(positionals, values.all);
  // A run that was killed may have left another build in the place of pkg/, as this one may.
  restore();
  process.once('exit', restore);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => {
      endAll();
      process.exit(130);
    });
  }
  const { steps: rows, setUp, took } = await performAll(chosen);
  const left = positionals.length
    ? []
    : steps.filter((step) => !chosen.includes(step) && step.everyday !== 'only');
  console.log(
    report(
      rows,
      setUp,
      took,
      left.map(({ name }) => name),
    ),
  );
  if (rows.some(({ result }) => result === 'FAILED')) process.exitCode = 1;
});

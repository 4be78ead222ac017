// `npm run test:supply`: other people's code. cargo-deny holds Cargo.lock to the policy of
// deny.toml, npm audits the dev dependencies, and LICENSE-THIRD-PARTY.md names what is in the
// wasm. Where a database of advisories is out of reach, that part is said not to be checked.
//
//   --write   LICENSE-THIRD-PARTY.md anew
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bold, dim, Failure, green, root, whenStarted, yellow } from '../lib.mjs';
import { cargoDeny } from '../tools/peers.mjs';
import { rust } from '../tools/toolchain.mjs';
import { notices } from './third-party.mjs';

const config = join(root, 'scripts/release/deny.toml');
const noticesFile = join(root, 'docs/LICENSE-THIRD-PARTY.md');

/**
 * @typedef {object} Finding
 * @property {string} what was looked at
 * @property {'ok' | 'not checked' | 'FAILED'} result
 * @property {string} [why]
 */

/** @param {string} command @param {string[]} args */
function call(command, args) {
  const env = { ...process.env, ...rust().env };
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  return { ok: status === 0, stdout: stdout ?? '', output: `${stdout}${stderr}`.trim() };
}

/** Of cargo-deny, which else looks at the package of the root only. */
const everyCrate = ['--workspace', '--config', config, '--locked'];

/** @param {string} deny @returns {Finding} */
function policy(deny) {
  const { ok, output } = call(deny, [...everyCrate, 'check', 'licenses', 'bans', 'sources']);
  const what = 'licences, bans, origins of the crates';
  return ok ? { what, result: 'ok' } : { what, result: 'FAILED', why: output };
}

/** @param {string} deny @returns {Finding} */
function crateAdvisories(deny) {
  const { ok, output } = call(deny, [...everyCrate, 'check', 'advisories']);
  const what = 'advisories of the crates';
  if (ok) return { what, result: 'ok' };
  if (/failed to fetch advisory database/.test(output)) {
    return { what, result: 'not checked', why: 'the database of RustSec is out of reach' };
  }
  return { what, result: 'FAILED', why: output };
}

/**
 * The package itself depends on nothing; this is about what builds and tests it.
 * @returns {Finding}
 */
function npmAdvisories() {
  const { ok, stdout } = call('npm', ['audit', '--json', '--audit-level=moderate']);
  const what = 'advisories of package-lock.json';
  if (ok) return { what, result: 'ok' };
  /** @type {any} */
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { what, result: 'FAILED', why: stdout || 'npm audit said nothing' };
  }
  // A registry without advisories answers with an error of its own.
  if (!report.vulnerabilities) {
    return { what, result: 'not checked', why: 'the registry has no advisories' };
  }
  return { what, result: 'FAILED', why: Object.keys(report.vulnerabilities).join(', ') };
}

/** @returns {Finding} */
function thirdParty() {
  const what = 'LICENSE-THIRD-PARTY.md names what is in the wasm';
  if (readFileSync(noticesFile, 'utf8') === notices()) return { what, result: 'ok' };
  return { what, result: 'FAILED', why: '`npm run test:supply -- --write` writes it anew' };
}

whenStarted(import.meta.url, () => {
  const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
  if (values.write) return writeFileSync(noticesFile, notices());
  const deny = cargoDeny();
  if (!deny) throw new Failure('cargo-deny is neither here nor can it be installed');
  const findings = [policy(deny), crateAdvisories(deny), npmAdvisories(), thirdParty()];
  console.log(bold('- supply chain'));
  const colour = { ok: green, 'not checked': yellow, FAILED: (/** @type {string} */ s) => s };
  for (const { what, result, why } of findings) {
    const note = why && result !== 'FAILED' ? dim(`  ${why}`) : '';
    console.log(`  ${colour[result](result.padEnd(12))} ${what}${note}`);
  }
  const failed = findings.filter(({ result }) => result === 'FAILED');
  if (failed.length) {
    throw new Failure(failed.map(({ what, why }) => `${what}:\n${why}`).join('\n\n'));
  }
});

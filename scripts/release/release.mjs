// `npm run release -- patch` (or minor, major, a version): the versions of the package and of the
// crate move together, the changelog gets its date, pkg/ is built, everything is tested, and a
// commit and a tag are made. Pushing the tag is what publishes: .github/workflows/release.yml.
// With --dry-run nothing is changed, and what would be is shown.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  attempt,
  bold,
  dim,
  Failure,
  green,
  quietly,
  root,
  run,
  whenStarted,
  yellow,
} from '../lib.mjs';
import { crate as keepsInterface } from './semver.mjs';

const usage = 'npm run release -- [--dry-run] patch|minor|major|X.Y.Z';

/**
 * @param {string} current
 * @param {string} wanted
 */
export function nextVersion(current, wanted) {
  const [major, minor, patch] = current.split('.').map(Number);
  if (wanted === 'major') return `${major + 1}.0.0`;
  if (wanted === 'minor') return `${major}.${minor + 1}.0`;
  if (wanted === 'patch') return `${major}.${minor}.${patch + 1}`;
  if (!/^\d+\.\d+\.\d+$/.test(wanted)) throw new Failure(`${wanted} is no version: ${usage}`);
  const [a, b, c] = wanted.split('.').map(Number);
  const newer = a - major || b - minor || c - patch;
  // The very first release is the version that is there already.
  if (newer < 0) throw new Failure(`${wanted} is older than ${current}`);
  return wanted;
}

/** @param {string} folder of the repository */
export function currentVersion(folder) {
  const of = (/** @type {string} */ file, /** @type {RegExp} */ pattern) =>
    pattern.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
  const versions = {
    'package.json': of('package.json', /^ {2}"version": "(.*)"/m),
    'package-lock.json': of('package-lock.json', /^ {2}"version": "(.*)"/m),
    'Cargo.toml': of('Cargo.toml', /^version = "(.*)"/m),
    'Cargo.lock': of('Cargo.lock', /^name = "ws4wasm"\nversion = "(.*)"/m),
    // What takes the place of ws has a version of its own, ws's, and needs this one.
    'packages/ws/package.json': of('packages/ws/package.json', /"ws4wasm": "(.*)"/),
  };
  const [version, ...others] = new Set(Object.values(versions));
  if (!version || others.length) {
    throw new Failure(`The versions differ: ${JSON.stringify(versions)}`);
  }
  return version;
}

/**
 * What the changelog says of the coming release.
 * @param {string} folder
 */
export function unreleased(folder) {
  const text = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
  const notes = /^## Unreleased\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(text)?.[1].trim();
  if (notes === undefined) throw new Failure('CHANGELOG.md has no "## Unreleased"');
  if (!notes) throw new Failure('CHANGELOG.md says nothing below "## Unreleased"');
  return notes;
}

/**
 * Writes a version everywhere it stands.
 * @param {string} folder
 * @param {string} version
 * @param {string} date such as 2026-11-22
 * @returns {string[]} the files changed
 */
export function bump(folder, version, date) {
  /** @type {string[]} */
  const changed = [];
  const edit = (
    /** @type {string} */ file,
    /** @type {RegExp} */ pattern,
    by = `$1${version}$2`,
  ) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(pattern, by);
    if (after === before) return;
    writeFileSync(path, after);
    if (!changed.includes(file)) changed.push(file);
  };
  edit('package.json', /^( {2}"version": ").*?(")/m);
  // Its own version, and that of the package at the root.
  edit(
    'package-lock.json',
    /^((?: {2}| {6})"version": ").*?(",\n(?: {2}| {6})"(?:lockfileVersion|license)")/gm,
  );
  edit('Cargo.toml', /^(version = ").*?(")/m);
  edit('Cargo.lock', /^(name = "ws4wasm"\nversion = ").*?(")/m);
  edit('packages/ws/package.json', /("ws4wasm": ").*?(")/);
  const path = join(folder, 'packages/ws/package.json');
  const [, next] = /** @type {RegExpExecArray} */ (
    /"version": "(8\.\d+\.\d+)"/.exec(readFileSync(path, 'utf8'))
  );
  edit('packages/ws/package.json', /("version": ").*?(")/, `$1${nextVersion(next, 'patch')}$2`);
  edit('CHANGELOG.md', /^## Unreleased\n/m, `## Unreleased\n\n## ${version} (${date})\n`);
  return changed;
}

/**
 * The address of a repository, as manifests have it, from that of a remote: git takes more kinds.
 * @param {string | undefined} remote
 */
export function repositoryOf(remote) {
  const [, host, path] =
    remote?.match(
      /^(?:https:\/\/|ssh:\/\/|git@)(?:[^@/]*@)?([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/,
    ) ?? [];
  return host && `https://${host}/${path}`;
}

/**
 * Writes where the sources are into both manifests; provenance of npm has to match it.
 * @param {string} folder
 * @param {string} repository
 * @returns {string[]} the files changed
 */
export function nameRepository(folder, repository) {
  const edit = (
    /** @type {string} */ file,
    /** @type {RegExp} */ there,
    /** @type {RegExp} */ behind,
    /** @type {string} */ line,
  ) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(there, '').replace(behind, `$&${line}`);
    if (after === before) return [];
    writeFileSync(path, after);
    return [file];
  };
  const url = `git+${repository}.git`;
  const npm = JSON.stringify({ repository: { type: 'git', url } }, undefined, 2).slice(2, -2);
  return [
    ...edit(
      'package.json',
      /^ {2}"repository": \{[^}]*\},\n/m,
      /^ {2}"license": .*\n/m,
      `${npm},\n`,
    ),
    ...edit(
      'Cargo.toml',
      /^repository = .*\n/m,
      /^license\.workspace = .*\n/m,
      `repository = ${JSON.stringify(repository)}\n`,
    ),
  ];
}

/**
 * Lets the README's first link open the inspector on the site, which .github/workflows/site.yml
 * publishes. Of repositories elsewhere nobody knows where their site is.
 * @param {string} folder
 * @param {string} repository
 * @returns {string[]} the files changed
 */
export function nameSite(folder, repository) {
  const [, owner, name] = /^https:\/\/github\.com\/([^/]+)\/([^/]+)$/.exec(repository) ?? [];
  if (!owner) return [];
  const path = join(folder, 'README.md');
  const before = readFileSync(path, 'utf8');
  const site = `https://${owner.toLowerCase()}.github.io/${name}/`;
  const after = before.replace(
    /(\[Open the inspector on a sample\])\([^)]*\)/,
    `$1(${site}inspector/index.html#sample=chat)`,
  );
  if (after === before) return [];
  writeFileSync(path, after);
  return ['README.md'];
}

/** Where this work tree came from. */
const origin = () =>
  repositoryOf(attempt('git', ['remote', 'get-url', 'origin'], { cwd: root }));

/**
 * What stands in the way of a release.
 * @param {string} version
 */
function obstacles(version) {
  const git = (/** @type {string[]} */ ...args) => attempt('git', args, { cwd: root });
  const found = [];
  if (git('status', '--porcelain')) found.push('there are changes that are not committed');
  const branch = git('rev-parse', '--abbrev-ref', 'HEAD');
  if (branch !== 'main') found.push(`this is the branch ${branch}, not main`);
  if (git('tag', '--list', `v${version}`)) found.push(`the tag v${version} is there already`);
  if (!origin()) {
    found.push(
      'no remote named origin, whose address the manifests name: `git remote add origin URL`',
    );
  }
  return found;
}

whenStarted(import.meta.url, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false } },
  });
  if (positionals.length !== 1) throw new Failure(usage);
  const current = currentVersion(root);
  const version = nextVersion(current, positionals[0]);
  const notes = unreleased(root);
  console.log(bold(`ws4wasm ${current} -> ${version}`));
  const problems = obstacles(version);
  for (const problem of problems) console.log(yellow(`- ${problem}`));

  if (values['dry-run']) {
    console.log(`\n${bold('Changelog')}\n${notes}\n\n${bold('npm')}`);
    const [{ files, size, unpackedSize }] = JSON.parse(
      quietly('npm', ['pack', '--dry-run', '--json'], { cwd: root }),
    );
    console.log(`${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked`);
    const crate = quietly('cargo', ['package', '--list', '--allow-dirty'], { cwd: root });
    console.log(`${bold('crates.io')}\n${crate.split('\n').length} files`);
    console.log(dim('Nothing was changed.'));
    return;
  }
  if (problems.length) throw new Failure('Not released.');
  keepsInterface();
  const changed = new Set([
    ...bump(root, version, new Date().toISOString().slice(0, 10)),
    ...nameRepository(root, /** @type {string} */ (origin())),
    ...nameSite(root, /** @type {string} */ (origin())),
  ]);
  // The version is in the crate's hash, and so in the names that the compiler makes.
  run('npm', ['run', 'build'], { cwd: root });
  run('npm', ['test'], { cwd: root, env: { CI: 'true' } });
  run('git', ['commit', '--quiet', '-m', `Release ${version}`, '--', ...changed, 'pkg'], {
    cwd: root,
  });
  run('git', ['tag', '-a', `v${version}`, '-m', notes], { cwd: root });
  console.log(green(`Released here. \`git push --follow-tags\` publishes it.`));
});

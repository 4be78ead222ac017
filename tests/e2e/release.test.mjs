// `npm run release` on a copy of the repository: what it would do, and what it writes.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { attempt, quietly, root } from '../../scripts/lib.mjs';
import {
  bump,
  currentVersion,
  nameRepository,
  nameSite,
  nextVersion,
  repositoryOf,
  unreleased,
} from '../../scripts/release/release.mjs';
import { cargo } from '../support/tools.mjs';

/** @type {string} */
let copy;
before(() => {
  copy = mkdtempSync(join(tmpdir(), 'ws4wasm-release-'));
  const files = quietly(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root },
  ).split('\0');
  for (const file of files.filter((name) => name && existsSync(join(root, name)))) {
    cpSync(join(root, file), join(copy, file), { recursive: true });
  }
  const git = (/** @type {string[]} */ ...args) => quietly('git', args, { cwd: copy });
  git('init', '--quiet', '--initial-branch=main');
  // What builds the inspector's page for the package; a link is no folder for .gitignore.
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  appendFileSync(join(copy, '.git/info/exclude'), 'node_modules\n');
  git('config', 'user.name', 'test');
  git('config', 'user.email', 'test@localhost');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'a copy');
});
after(() => rmSync(copy, { recursive: true, force: true }));

const release = (/** @type {string[]} */ ...args) =>
  quietly(process.execPath, [join(copy, 'scripts/release/release.mjs'), ...args], {
    cwd: copy,
  });

test('versions', () => {
  assert.equal(nextVersion('1.2.3', 'patch'), '1.2.4');
  assert.equal(nextVersion('1.2.3', 'minor'), '1.3.0');
  assert.equal(nextVersion('1.2.3', 'major'), '2.0.0');
  assert.equal(nextVersion('1.2.3', '1.10.0'), '1.10.0');
  assert.equal(nextVersion('0.1.0', '0.1.0'), '0.1.0');
  assert.throws(() => nextVersion('1.2.3', '1.2.2'), /older/);
  assert.throws(() => nextVersion('1.2.3', 'next'), /is no version/);
});

test('the address of a repository, of every kind that git takes', () => {
  for (const remote of [
    'https://example.com/a/b.git',
    'https://example.com/a/b',
    'https://token@example.com/a/b/',
    'git@example.com:a/b.git',
    'ssh://git@example.com/a/b.git',
    'ssh://git@example.com:22/a/b',
  ]) {
    assert.equal(repositoryOf(remote), 'https://example.com/a/b', remote);
  }
  for (const remote of [undefined, '', '/srv/b.git', '../b', 'file:///srv/b.git']) {
    assert.equal(repositoryOf(remote), undefined, remote);
  }
});

describe('on a copy', () => {
  test('--dry-run shows what would be and changes nothing', (t) => {
    if (!cargo(t)) return;
    const version = currentVersion(copy);
    const said = release('--dry-run', 'patch');
    assert.ok(said.includes(`ws4wasm ${version} -> ${nextVersion(version, 'patch')}`), said);
    assert.ok(said.includes(unreleased(copy)));
    assert.match(said, /\d+ files, \d+ bytes packed/);
    assert.equal(quietly('git', ['status', '--porcelain'], { cwd: copy }), '');
  });

  test('a changelog that says nothing stops it', () => {
    const file = join(copy, 'CHANGELOG.md');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, '# Changelog\n\n## Unreleased\n\n## 0.0.1 (2026-01-01)\n\n- Old.\n');
    assert.throws(() => unreleased(copy), /says nothing below/);
    assert.equal(
      attempt(process.execPath, ['scripts/release/release.mjs', 'patch'], { cwd: copy }),
      undefined,
    );
    writeFileSync(file, text);
  });

  test('both manifests name the repository, once', (t) => {
    const program = cargo(t);
    if (!program) return;
    const files = ['package.json', 'Cargo.toml'];
    const texts = files.map((file) => readFileSync(join(copy, file), 'utf8'));
    nameRepository(copy, 'https://example.com/other/one');
    assert.deepEqual(nameRepository(copy, 'https://example.com/a/b'), files);
    assert.deepEqual(nameRepository(copy, 'https://example.com/a/b'), []);
    const { repository } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
    assert.deepEqual(repository, { type: 'git', url: 'git+https://example.com/a/b.git' });
    quietly(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'ci', 'package.json'], {
      cwd: copy,
    });
    const read = ['metadata', '--offline', '--format-version=1', '--no-deps'];
    const { packages } = JSON.parse(quietly(program, read, { cwd: copy }));
    const crate = packages.find(
      (/** @type {{ name: string }} */ { name }) => name === 'ws4wasm',
    );
    assert.equal(crate.repository, 'https://example.com/a/b');
    for (const [index, file] of files.entries()) writeFileSync(join(copy, file), texts[index]);
  });

  test("the README's first link opens the inspector of the site, where there is one", () => {
    const readme = join(copy, 'README.md');
    const text = readFileSync(readme, 'utf8');
    const [first] = text.match(/\[[^\]]*\]\([^)]*\)/) ?? [];
    assert.equal(first, '[Open the inspector on a sample](docs/inspector.md)');
    assert.deepEqual(nameSite(copy, 'https://example.com/a/b'), []);
    assert.deepEqual(nameSite(copy, 'https://github.com/Some/ws4wasm'), ['README.md']);
    assert.deepEqual(nameSite(copy, 'https://github.com/Some/ws4wasm'), []);
    assert.equal(
      readFileSync(readme, 'utf8'),
      text.replace(
        '(docs/inspector.md)',
        '(https://some.github.io/ws4wasm/inspector/index.html#sample=chat)',
      ),
    );
    writeFileSync(readme, text);
  });

  test('every file that names the version gets the new one, and still fits', (t) => {
    const program = cargo(t);
    if (!program) return;
    const notes = unreleased(copy);
    const changed = bump(copy, '7.8.9', '2026-11-22');
    assert.equal(currentVersion(copy), '7.8.9');
    const lock = JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8'));
    assert.deepEqual([lock.version, lock.packages[''].version], ['7.8.9', '7.8.9']);
    const text = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8');
    assert.ok(
      text.includes(`## Unreleased\n\n## 7.8.9 (2026-11-22)\n\n${notes.split('\n')[0]}`),
    );
    // Nothing but the version and the date has changed.
    const stat = quietly('git', ['diff', '--numstat'], { cwd: copy }).split('\n');
    for (const line of stat) {
      const [added, removed, file] = line.split('\t');
      assert.ok(changed.includes(file), file);
      assert.ok(Number(added) <= 2 && Number(removed) <= 2, line);
    }
    for (const file of changed.filter((name) => name.endsWith('Cargo.lock'))) {
      const manifest = join(copy, dirname(file), 'Cargo.toml');
      quietly(program, [
        'metadata',
        '--locked',
        '--offline',
        '--format-version=1',
        '--no-deps',
        '--manifest-path',
        manifest,
      ]);
      assert.match(
        readFileSync(join(copy, file), 'utf8'),
        /name = "ws4wasm"\nversion = "7\.8\.9"/,
      );
    }
  });
});

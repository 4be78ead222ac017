// Another version of the package to compare with, out of the repository: pkg/ is committed, so
// nothing has to be built.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, Failure, quietly, root } from '../scripts/lib.mjs';

/**
 * The folder of the package as it was in a commit; removed when this process ends.
 * @param {string} reference
 */
export function previousVersion(reference) {
  const commit = attempt('git', ['rev-parse', '--verify', '--quiet', `${reference}^{commit}`]);
  if (!commit) throw new Failure(`git knows no commit ${reference} here`);
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-previous-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const archive = spawnSync('git', ['archive', commit, 'package.json', 'js', 'pkg'], {
    cwd: root,
    maxBuffer: 1 << 28,
  });
  if (archive.status !== 0) throw new Failure(`git archive ${commit}: ${archive.stderr}`);
  const tar = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout });
  if (tar.status !== 0) throw new Failure(`tar: ${tar.stderr}`);
  console.log(`  previous: ${quietly('git', ['log', '-1', '--format=%h %s', commit])}`);
  return folder;
}

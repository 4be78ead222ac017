// `npm run test:semver`: whether the crate's interface keeps what the last release promised, by
// cargo-semver-checks. The baseline is the newest tag vX.Y.Z.
import { join } from 'node:path';
import { attempt, root, run, whenStarted } from '../lib.mjs';
import { cargoSemverChecks, rust } from '../tools/toolchain.mjs';

export function crate() {
  const tags = ['tag', '--list', 'v[0-9]*', '--sort=-version:refname', '--merged'];
  const baseline = attempt('git', tags, { cwd: root })?.split('\n')[0];
  if (!baseline) {
    console.log('There is no release yet, so there is nothing to keep to.');
    return;
  }
  const { bin } = cargoSemverChecks();
  const args = ['semver-checks', '--baseline-rev', baseline, '--all-features'];
  run(join(bin, 'cargo-semver-checks'), args, { cwd: root, env: rust().env });
}

whenStarted(import.meta.url, crate);

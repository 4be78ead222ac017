// `npm start`: `ws4wasm serve` from the sources. The server listens at once; the inspector's page
// is built beside it where it is not up to date, and whoever asks for it meanwhile waits.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pageComes } from '../js/cli/page/page.js';
import { upToDate } from './build/www.mjs';
import { root } from './lib.mjs';

if (!upToDate()) {
  const builder = spawn(process.execPath, ['scripts/build/www.mjs', '--for-start'], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => builder.kill(signal));
  }
  pageComes(once(builder, 'close'));
}

process.argv.splice(2, 0, 'serve');
await import('../js/cli/main.js');

// The same two sides of the crate, on tokio: examples/echo-tokio.rs and client.rs, optimised.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { quietly, root } from '../../scripts/lib.mjs';
import { rust } from '../../scripts/tools/toolchain.mjs';
import { address, atOnce, start } from './sides.mjs';

/** @typedef {import('./sides.mjs').Run} Run */

/** @type {(name: string) => string} */
function built(name) {
  const which = ['--features', 'tokio', '--example', name];
  const args = ['build', '--locked', '--quiet', '--release', '-p', 'ws4wasm', ...which];
  quietly('cargo', args, { cwd: root, env: rust().env });
  return join(root, 'target/release/examples', name);
}

/** @type {{ 'tokio-server': Run, 'tokio-client': Run }} */
export const sides = {
  async 'tokio-server'(program, folder, cases) {
    const server = spawn(built('echo-tokio'), ['127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [url] = await once(createInterface(server.stdout), 'line');
      const fuzzing = ['-m', 'fuzzingclient', '-p', `${atOnce(cases)}`, url];
      const suite = start(program, folder, cases, fuzzing);
      await suite.ended;
      return suite.index();
    } finally {
      server.kill();
    }
  },

  async 'tokio-client'(program, folder, cases) {
    const client = built('autobahn-client');
    const suite = start(program, folder, cases, ['-m', 'fuzzingserver', '127.0.0.1:0']);
    const args = [await address(suite), `${atOnce(cases)}`];
    const echoing = spawn(client, args, { stdio: 'ignore' });
    await suite.ended;
    echoing.kill();
    return suite.index();
  },
};

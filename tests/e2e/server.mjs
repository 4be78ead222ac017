// The server of `npm start` on a free port.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { outputOf } from '../support/output.mjs';

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** @type {string[]} */
const [, ...args] = manifest.scripts.start.split(' ');

/**
 * Without npm in between: npm's exit code after Ctrl-C is not the server's.
 * @param {string[]} command
 */
export async function startServer([program, ...rest] = [process.execPath, ...args]) {
  const child = spawn(program, rest, {
    cwd: root,
    env: { ...process.env, PORT: '0' },
    // A process group of its own: Ctrl-C in a terminal reaches npm and the server alike.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const group = -Number(child.pid);
  const { ended, printed } = outputOf(child);
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(group, 'SIGKILL');
  };
  process.once('exit', kill);

  // The page's address, with the token that lets one in.
  const [url, port] = await printed(/http:\/\/127\.0\.0\.1:(\d+)\/\S*/);
  /** @param {string} path */
  const at = (path) => new URL(path + new URL(url).search, url).href;
  return {
    port: Number(port),
    url,
    /** Another path, with the same token. */
    at,
    wsUrl: `ws://127.0.0.1:${port}/`,
    printed,
    /**
     * @param {NodeJS.Signals} signal
     * @returns {Promise<number>} the exit code
     */
    stop: (signal) => {
      process.kill(group, signal);
      return ended;
    },
    /** For when a test is over. */
    kill: async () => {
      kill();
      await ended;
    },
  };
}

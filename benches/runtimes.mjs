// Which Node measures. Its versions are pinned with those of the tests, so that figures of different
// days can be compared.
import { resolve } from 'node:path';
import { attempt, Failure } from '../scripts/lib.mjs';
import { NODES, nodes, program } from '../scripts/tools/runtimes.mjs';

/** The one whose results have no version in their name. */
export const REFERENCE = '24';

/**
 * The path of a Node.
 * @param {string} wanted a version, or a path
 */
export function nodeProgram(wanted) {
  if (process.version.startsWith(`v${wanted}.`)) return process.execPath;
  if (NODES.includes(wanted)) return nodes()[wanted];
  const program = resolve(wanted);
  if (attempt(program, ['--version'])?.startsWith('v')) return program;
  throw new Failure(`--node ${wanted}: neither a Node nor one of ${NODES}`);
}

/** Others that have a server of WebSockets of their own: their programs. */
export const others = () => ({
  bun: program('@oven/bun-linux-x64/bin/bun'),
  deno: program('@deno/linux-x64-glibc/deno'),
});

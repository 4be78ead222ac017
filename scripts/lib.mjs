// What all scripts share: where things are, running commands, and printing steps.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Tools that take minutes to make live here, outside the work tree, and outlive it. */
export const cache = resolve(
  process.env.WS4WASM_CACHE ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ws4wasm'),
);

/** In CI a tool that is missing is a failure; on a desk it is a visible skip. */
export const onCI = !['', '0', 'false'].includes(process.env.CI ?? '');

const colours = (process.stdout.isTTY || process.env.FORCE_COLOR) && !process.env.NO_COLOR;
/** @type {(code: number) => (text: string) => string} */
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** An error whose message is meant for the reader: printed without a stack. */
export class Failure extends Error {}

/** @param {number} since a `Date.now()` */
export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/**
 * Says what is about to happen and how long that may take, does it, says how long it took.
 * @template T
 * @param {string} title
 * @param {string} duration for example "1 minute, once"
 * @param {() => T} work
 * @returns {T}
 */
export function step(title, duration, work) {
  const started = Date.now();
  console.log(`${bold(`- ${title}`)} ${dim(`(takes about ${duration})`)}`);
  const result = work();
  console.log(dim(`  took ${seconds(started)}`));
  return result;
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {number} [timeout] in milliseconds
 */

/**
 * Runs a command, with its output shown as it comes.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export function run(command, args, options) {
  const result = spawn(command, args, options, 'inherit');
  if (!result.ok) throw new Failure(`${command} ${args.join(' ')}: ${result.why}`);
}

/**
 * Runs a command silently; its output is shown only when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {string} what it printed on stdout, trimmed
 */
export function quietly(command, args, options) {
  const result = spawn(command, args, options, 'pipe');
  if (!result.ok) {
    const output = (result.stdout + result.stderr).trim();
    throw new Failure(`${command} ${args.join(' ')}: ${result.why}\n${output}`);
  }
  return result.stdout.trim();
}

/**
 * Like `quietly`, for commands that may well fail: undefined when they do.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export function attempt(command, args, options) {
  const result = spawn(command, args, options, 'pipe');
  return result.ok ? result.stdout.trim() : undefined;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 * @param {'inherit' | 'pipe'} output
 */
function spawn(command, args, { cwd = root, env = {}, timeout } = {}, output) {
  const result = spawnSync(command, args, {
    cwd,
    timeout,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // npm is a script on Windows, which only a shell can start.
    shell: process.platform === 'win32' && command === 'npm',
  });
  // Ctrl-C reaches the command, and means this script as well.
  if (result.signal === 'SIGINT') process.exit(130);
  const why = result.error?.message ?? result.signal ?? `exit code ${result.status}`;
  const { stdout, stderr } = result;
  return { ok: result.status === 0, why, stdout: stdout ?? '', stderr: stderr ?? '' };
}

/**
 * Where a command is, or undefined.
 * @param {string} command
 * @param {string} [path]
 */
export function which(command, path = process.env.PATH ?? '') {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return path
    .split(delimiter)
    .map((folder) => join(folder, command + suffix))
    .find(isExecutable);
}

/** @param {string} file */
export function isExecutable(file) {
  if (!existsSync(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * An environment in which these folders are searched first.
 * @param {...string} folders
 */
export const withPath = (...folders) => ({
  PATH: [...folders, process.env.PATH].join(delimiter),
});

/**
 * Calls `main` when the script was started from the command line, not imported.
 * @param {string} url the script's `import.meta.url`
 * @param {() => unknown} main
 */
export async function whenStarted(url, main) {
  if (!process.argv[1] || url !== pathToFileURL(process.argv[1]).href) return;
  try {
    await main();
  } catch (error) {
    const { code } = /** @type {{ code?: unknown }} */ (error);
    // A wrong option is the user's, and where in the script it was seen is of no use.
    const plain = error instanceof Failure || String(code).startsWith('ERR_PARSE_ARGS');
    console.error(plain ? red(`\n${/** @type {Error} */ (error).message}`) : error);
    process.exitCode = 1;
  }
}

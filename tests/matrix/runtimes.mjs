// The package in runtimes without a page. Each cell is a program of tests/matrix/app.
import { spawn } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { quietly } from '../../scripts/lib.mjs';
import { PATIENCE } from '../support/tools.mjs';
import { expected } from './app/talk.js';

/** @typedef {{ name: string, command: string[], version: string }} Runtime */

/** What is tried in each runtime that has a command line. */
export const programs = /** @type {const} */ ({
  import: 'import.mjs',
  require: 'require.cjs',
  slim: 'slim.mjs',
  'over TCP': 'sockets.mjs',
  'half-closed': 'half-closed.mjs',
  'paused, TLS': 'paused.mjs',
});

/**
 * @param {import('../../scripts/test/matrix.mjs').Tools} tools
 * @returns {Runtime[]}
 */
export function runtimes(tools) {
  const version = (/** @type {string} */ program, /** @type {RegExp} */ pattern) =>
    quietly(program, ['--version']).match(pattern)?.[1] ?? 'unknown';
  const nodes = tools.nodes.map((program) => {
    const found = version(program, /v([\d.]+)/);
    return { name: `Node ${found.split('.')[0]}`, command: [program], version: found };
  });
  const { deno, bun } = tools;
  return [
    ...nodes,
    // Deno asks before the engine is read from node_modules.
    {
      name: 'Deno',
      command: [deno, 'run', '--no-prompt', '--allow-read', '--allow-net', '--allow-env'],
      version: version(deno, /deno ([\d.]+)/),
    },
    { name: 'Bun', command: [bun], version: version(bun, /([\d.]+)/) },
  ];
}

/**
 * @param {Runtime} runtime
 * @param {string} file
 * @param {string} folder
 * @returns {unknown} what the program printed, as JSON
 */
export function runIn({ command: [program, ...args] }, file, folder) {
  const printed = quietly(program, [...args, file], { cwd: folder, timeout: PATIENCE });
  return JSON.parse(printed);
}

/**
 * A worker in workerd, bundled as wrangler does: with esbuild, the condition `workerd`, and the
 * module beside it.
 * @param {import('../../scripts/test/matrix.mjs').Tools} tools
 * @param {string} folder
 */
export async function inWorkerd({ load, workerd }, folder) {
  const { build } = await load('esbuild');
  await build({
    absWorkingDir: folder,
    entryPoints: ['workerd.js'],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    outdir: 'workerd',
    logLevel: 'silent',
    plugins: [{ name: 'modules', setup: leaveModules }],
  });
  cpSync(
    join(folder, 'node_modules/ws4wasm/pkg/ws4wasm_bg.wasm'),
    join(folder, 'workerd/engine.wasm'),
  );
  writeFileSync(join(folder, 'workerd/config.capnp'), config);
  const child = spawn(workerd, ['serve', 'config.capnp', '--control-fd=1'], {
    cwd: join(folder, 'workerd'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let problems = '';
  child.stderr.on('data', (more) => {
    problems += more;
  });
  try {
    for await (const line of createInterface(child.stdout)) {
      const { event, port } = JSON.parse(line);
      if (event !== 'listen') continue;
      return await (await fetch(`http://127.0.0.1:${port}/`)).json();
    }
    throw new Error(problems || 'workerd ended');
  } finally {
    child.kill();
  }
}

/** @param {any} build of esbuild */
function leaveModules(build) {
  build.onResolve({ filter: /\.wasm$/ }, () => ({ path: './engine.wasm', external: true }));
}

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "workerd.js", esModule = embed "workerd.js"),
    (name = "engine.wasm", wasm = embed "engine.wasm"),
  ],
  compatibilityDate = "2025-10-01",
);
`;

export { expected };

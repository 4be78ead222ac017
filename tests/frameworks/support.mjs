// The programs of docs/frameworks, run as they stand, with the real packages around them and
// `@ws4wasm/ws` in the place of ws. What talks to them here is on the real ws.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import WS from 'ws';
import { root } from '../../scripts/lib.mjs';
import { frameworks, PATIENCE } from '../support/tools.mjs';

/** A folder of its own, with these packages in its node_modules. @type {string} */
let folder;
let programs = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-frameworks-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Links to all that is installed, but for ws: an install with overrides would put `@ws4wasm/ws`
 * there, which is not published before it is tested. tests/e2e/in-place.test.mjs lets npm do it.
 * @param {string} packages
 */
function furnish(packages) {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const link = (/** @type {string} */ to, /** @type {string} */ name) =>
    symlinkSync(to, join(modules, name), 'junction');
  const installed = join(packages, 'node_modules');
  for (const name of readdirSync(installed)) {
    if (name !== 'ws' && !name.startsWith('.')) link(join(installed, name), name);
  }
  link(join(root, 'packages/ws'), 'ws');
  link(root, 'ws4wasm');
}

/**
 * @typedef {object} Kit
 * @property {(page: string, env?: NodeJS.ProcessEnv) => Promise<string>} start runs the page's
 *   program; gives the URL that it prints, with ws: as its scheme
 * @property {(code: string, env?: NodeJS.ProcessEnv) => Promise<{ url: string, child: import('node:child_process').ChildProcess }>} serve
 *   the same with another program
 * @property {(code: string) => Promise<string>} run runs another program there; gives what it prints
 * @property {(name: string) => Promise<any>} load a package as it is installed, with the real ws
 */

/**
 * @param {string} name
 * @param {(t: import('node:test').TestContext, kit: Kit) => Promise<void>} work
 */
export function frameworkTest(name, work) {
  test(name, async (t) => {
    const packages = frameworks(t);
    if (!packages) return;
    if (!readdirSync(folder).includes('node_modules')) furnish(packages);
    const require = createRequire(join(packages, 'package.json'));
    /** @param {string} name @param {string} code @param {NodeJS.ProcessEnv} [env] */
    const spawned = (name, code, env) => {
      writeFileSync(join(folder, name), code);
      // A package finds what stands beside its link, not beside what that leads to.
      const flags = ['--preserve-symlinks', '--preserve-symlinks-main'];
      const child = spawn(process.execPath, [...flags, name], {
        cwd: folder,
        env: { ...process.env, PORT: '0', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.after(() => child.kill());
      return child;
    };
    /** @param {string} name @param {string} what @param {string} code @param {NodeJS.ProcessEnv} [env] */
    const served = async (name, what, code, env) => {
      const child = spawned(name, code, env);
      const lines = createInterface(child.stdout);
      const ended = once(child, 'exit').then(([status]) => {
        throw new Error(`${what} ended with ${status}`);
      });
      const [line] = await Promise.race([once(lines, 'line'), ended]);
      ended.catch(() => {});
      return { url: String(line).replace(/^http/, 'ws'), child };
    };
    await work(t, {
      async start(page, env) {
        const text = readFileSync(join(root, 'docs/frameworks', `${page}.md`), 'utf8');
        const [, code] = /^```js\n(.*?)^```/ms.exec(text) ?? [];
        assert.ok(code, `docs/frameworks/${page}.md has a program`);
        const what = `the program of docs/frameworks/${page}.md`;
        return (await served(`${page}.mjs`, what, code, env)).url;
      },
      serve: (code, env) =>
        served(`program-${programs++}.mjs`, 'a program of the test', code, env),
      async run(code) {
        const child = spawned(`program-${programs++}.mjs`, code);
        let said = '';
        child.stdout.setEncoding('utf8').on('data', (more) => {
          said += more;
        });
        const [status] = await once(child, 'close');
        assert.equal(status, 0, said);
        return said;
      },
      load: (name) => {
        const path = require.resolve(name);
        return import(pathToFileURL(path).href);
      },
    });
  });
}

/**
 * A connection of the real ws that is open.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {{ headers?: Record<string, string>, protocols?: string[], origin?: string }} [options]
 */
export async function connect(t, url, { protocols = [], ...options } = {}) {
  const ws = new WS(url, protocols, options);
  t.after(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

/**
 * The next message, as text.
 * @param {WS} ws
 */
export async function heard(ws) {
  const signal = AbortSignal.timeout(PATIENCE);
  return String((await once(ws, 'message', { signal }))[0]);
}

/**
 * The status by which a handshake is refused.
 * @param {string} url
 * @param {{ headers?: Record<string, string>, protocols?: string[], origin?: string }} [options]
 */
export async function refused(url, { protocols = [], ...options } = {}) {
  const ws = new WS(url, protocols, options);
  const refusal = once(ws, 'unexpected-response');
  const opened = once(ws, 'open').then(() => {
    ws.terminate();
    throw new Error(`${url} was opened`);
  });
  opened.catch(() => {});
  const [request, response] = await Promise.race([refusal, opened]);
  request.on('error', () => {});
  request.destroy();
  return response.statusCode;
}

/**
 * Text and bytes come back, and the code of a close does.
 * @param {WS} ws
 */
export async function echoes(ws) {
  const text = once(ws, 'message');
  ws.send('Grüße');
  const [data, isBinary] = await text;
  assert.deepEqual([String(data), isBinary], ['Grüße', false]);
  const large = Buffer.alloc(40_000, 7);
  const bytes = once(ws, 'message');
  ws.send(large);
  const [back, binary] = await bytes;
  assert.equal(binary, true);
  assert.ok(large.equals(back));
  await closes(ws);
}

/**
 * A close that is ours comes back.
 * @param {WS} ws
 */
export async function closes(ws) {
  ws.close(4000, 'enough');
  const [code] = await once(ws, 'close');
  assert.equal(code, 4000);
}

// Browsers that trust the authority of `ws4wasm inspect --tls` as docs/cli.md says, and no error of a
// certificate overlooked: an application with its WebSocket is opened through the proxy.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchChromium, launchFirefox } from '../../scripts/tools/browsers.mjs';
import { main } from '../cli/support.mjs';
import { outputOf } from '../support/output.mjs';
import { certutil, chromium, firefox, PATIENCE } from '../support/tools.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { NAMES } from './pages.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/** @param {TestContext} t @param {string} state where the authority is kept */
async function proxy(t, state) {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>app</title>');
  });
  const at = await serveWs(t, echo, { server });
  const child = spawn(
    process.execPath,
    [main, 'inspect', '--listen', '0', '--target', `ws://${at}`, '--tls'],
    { env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: state } },
  );
  t.after(() => child.kill('SIGKILL'));
  const output = outputOf(child);
  const [, port] = await output.printed(/Connect to wss:\/\/127\.0\.0\.1:(\d+)\//);
  const [, authority] = await output.printed(/Its certificate is by (\S+)\. To trust it/);
  return { port, authority };
}

/** What a page in the browser gets from the proxy: its title, and its WebSocket's echo. */
async function visit(/** @type {any} */ browser, /** @type {string} */ host) {
  const page = await browser.newPage();
  page.setDefaultNavigationTimeout(PATIENCE);
  try {
    await page.goto(`https://${host}/`);
    const said = await page.evaluate(`new Promise((resolve, reject) => {
      const socket = new WebSocket('wss://${host}/');
      socket.onopen = () => socket.send('over TLS');
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = ({ code }) => reject(new Error('closed with ' + code));
    })`);
    return `${await page.title()}: ${said}`;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  } finally {
    await page.close();
  }
}

for (const name of NAMES) {
  test(`${name} takes the authority, once it is told to`, async (t) => {
    const program = name === 'Chromium' ? chromium(t) : firefox(t);
    const tool = certutil(t);
    if (!program || !tool) return;
    const home = mkdtempSync(join(tmpdir(), 'ws4wasm-trust-'));
    t.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    const { port, authority } = await proxy(t, join(home, 'state'));
    const store = join(home, name === 'Chromium' ? '.pki/nssdb' : 'profile');
    mkdirSync(store, { recursive: true });
    const opened = async () => {
      const browser =
        name === 'Chromium'
          ? await launchChromium(program, [], { ...process.env, HOME: home })
          : await launchFirefox(program, { userDataDir: store });
      try {
        const hosts = [`localhost:${port}`, `127.0.0.1:${port}`];
        return [await visit(browser, hosts[0]), await visit(browser, hosts[1])];
      } finally {
        await browser.close();
      }
    };

    for (const refused of await opened()) {
      assert.match(refused, /ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER/);
    }
    const nss = (/** @type {string[]} */ ...args) =>
      spawnSync(tool, ['-d', `sql:${store}`, ...args], { encoding: 'utf8' });
    // Firefox has made one already.
    if (name === 'Chromium') nss('-N', '--empty-password');
    const added = nss('-A', '-t', 'C,,', '-n', 'ws4wasm', '-i', authority);
    assert.equal(added.status, 0, added.stderr);
    assert.deepEqual(await opened(), Array(2).fill('app: over TLS'));
  });
}

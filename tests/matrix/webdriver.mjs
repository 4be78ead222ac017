// As much of the WebDriver protocol (W3C) as opening a page takes, for WebKitGTK, which no
// library for Node drives.
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../scripts/tools/serve.mjs';
import { PATIENCE } from '../support/tools.mjs';

/** @param {import('../../scripts/tools/peers.mjs').WebKit} webkit */
export async function launchWebKit({ browser, driver, display }) {
  const port = await freePort();
  // A group of its own: xvfb-run does not end what it has started when it is ended.
  const child = spawn(display, ['-a', driver, `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-Number(child.pid), 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  };
  process.once('exit', end);

  /** @type {(method: string, path: string, body?: object) => Promise<any>} */
  const ask = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body ? JSON.stringify(body) : undefined,
    });
    const { value } = /** @type {any} */ (await response.json());
    if (!response.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
    return value;
  };
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      await ask('GET', '/status');
      break;
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(100);
    }
  }
  const options = { binary: browser, args: ['--automation'] };
  const { sessionId, capabilities } = await ask('POST', '/session', {
    capabilities: {
      alwaysMatch: { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options },
    },
  });
  const at = `/session/${sessionId}`;
  return {
    /** @type {string} */
    version: capabilities.browserVersion,
    /** @param {string} url */
    open: (url) => ask('POST', `${at}/url`, { url }),
    /** @param {string} expression @returns {Promise<any>} */
    evaluate: (expression) =>
      ask('POST', `${at}/execute/sync`, { script: `return ${expression}`, args: [] }),
    async close() {
      await ask('DELETE', at).catch(() => {});
      end();
      process.off('exit', end);
    },
  };
}

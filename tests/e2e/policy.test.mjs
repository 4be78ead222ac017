// A Content-Security-Policy that forbids WebAssembly: the import fails and says what to do. That
// nothing but 'wasm-unsafe-eval' is needed is shown by tests/matrix.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { serveFolder } from '../../scripts/tools/serve.mjs';
import { browsers } from './browsers.mjs';

const root = new URL('../../', import.meta.url);

/** @param {import('node:test').TestContext} t */
function folderWithPage(t) {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-policy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['js', 'pkg']) {
    cpSync(new URL(name, root), join(folder, name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><meta charset="utf-8"><title>...</title><script type="module" src="main.js"></script>',
  );
  writeFileSync(
    join(folder, 'main.js'),
    "import('./js/entry/web.js').then(() => 'started', ({ message }) => message)" +
      '.then((text) => { document.title = text; });',
  );
  return folder;
}

for (const [name, launch] of Object.entries(browsers)) {
  for (const allowed of [true, false]) {
    test(`${name}, a policy ${allowed ? 'with' : 'without'} wasm-unsafe-eval`, async (t) => {
      const browser = await launch(t);
      if (!browser) return;
      t.after(() => browser.close());
      const policy = `default-src 'self'; script-src 'self'${allowed ? " 'wasm-unsafe-eval'" : ''}`;
      const { url, close } = await serveFolder(folderWithPage(t), {
        'Content-Security-Policy': policy,
      });
      t.after(close);
      const page = await browser.newPage();
      await page.goto(`${url}/index.html`);
      // Not by waitForFunction, which evaluates strings: the policy forbids that, too.
      let title = '...';
      while (title === '...') {
        await pause(50);
        title = await page.title();
      }
      if (allowed) assert.equal(title, 'started');
      else assert.match(title, /forbids it: add 'wasm-unsafe-eval' to its script-src/);
    });
  }
}

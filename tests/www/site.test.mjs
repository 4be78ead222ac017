// The site that `npm run build:site` makes, served under a path of its own: every link in it leads
// somewhere, and the inspector works there.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageFile } from '../../js/cli/page/files.js';
import { assemble, htmlFiles } from '../../scripts/build/site.mjs';
import { titleAndSentence } from '../../scripts/build/site-pages.mjs';
import { root } from '../../scripts/lib.mjs';
import { listen, typeOf } from '../../scripts/tools/serve.mjs';
import { NAMES, openPage } from './pages.mjs';

const BASE = '/some/where/';
const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-site-'));
const site = join(folder, 'site');

/** In the place of the references, which take minutes. @param {string} path */
function stand(path) {
  const at = join(folder, path);
  mkdirSync(join(at, '..'), { recursive: true });
  writeFileSync(
    at,
    '<!doctype html><html><head><title>A &amp; B</title></head><body></body></html>',
  );
}

/** @type {import('node:http').Server} */
let server;
let origin = '';
before(async () => {
  stand('api/index.html');
  stand('crate/ws4wasm/index.html');
  assemble(site, {
    parts: {
      inspector: join(root, 'www/dist'),
      api: join(folder, 'api'),
      crate: join(folder, 'crate'),
    },
    url: 'https://example.com/ws4wasm/',
  });
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = join(site, posix.normalize(pathname).replace(BASE, '/'));
    if (!pathname.startsWith(BASE) || !existsSync(file)) {
      return response.writeHead(404).end();
    }
    return response.writeHead(200, { 'Content-Type': typeOf(file) }).end(readFileSync(file));
  });
  origin = `http://127.0.0.1:${await listen(server)}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const own = () => htmlFiles(site).filter((path) => !path.startsWith('inspector'));

describe('the site', () => {
  test('every link and picture of its pages is there, and no link leaves its path', () => {
    let links = 0;
    for (const path of own()) {
      const html = readFileSync(join(site, path), 'utf8');
      for (const [, to] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
        if (/^([a-z]+:|#)/.test(to)) continue;
        assert.ok(!to.startsWith('/'), `${path}: ${to}`);
        const [file, anchor] = to.split('#');
        const there = join(site, posix.join(posix.dirname(path), file));
        assert.ok(there.startsWith(site) && existsSync(there), `${path}: ${to}`);
        // To the inspector, what follows is what it is to open.
        const isLink = file.startsWith('inspector/');
        if (isLink && anchor) {
          const name = /^sample=(.*)$/.exec(anchor)?.[1];
          assert.ok(existsSync(join(root, `www/samples/${name}.pcapng`)), `${path}: ${to}`);
        } else if (anchor && there.endsWith('.html') && !path.startsWith('crate')) {
          assert.ok(readFileSync(there, 'utf8').includes(`id="${anchor}"`), `${path}: ${to}`);
        }
        links++;
      }
    }
    assert.ok(links > 200, `${links}`);
  });

  test('every page has a title, a sentence and a picture for previews', () => {
    for (const path of htmlFiles(site)) {
      if (path === 'inspector/inspector.html') continue;
      const html = readFileSync(join(site, path), 'utf8');
      const content = (/** @type {string} */ name) =>
        new RegExp(`(?:property|name)="${name}" content="([^"]*)"`).exec(html)?.[1] ?? '';
      assert.ok(content('og:title').length > 4, path);
      assert.ok(content('description').length > 19, path);
      assert.equal(content('og:description'), content('description'), path);
      assert.equal(
        content('og:image'),
        'https://example.com/ws4wasm/pictures/frame.webp',
        path,
      );
      assert.equal(content('og:url'), `https://example.com/ws4wasm/${path}`);
    }
    const titles = own().map(
      (path) => /<title>(.*?)<\/title>/.exec(readFileSync(join(site, path), 'utf8'))?.[1],
    );
    assert.equal(
      new Set(titles).size,
      titles.length - 1,
      'but for the two that stand for others',
    );
  });

  test('a title and a sentence of a guide', () => {
    const text =
      '# The `x` of [y](z)\n\n```sh\nA b.\n```\n\nFirst *words* here, and [a link](b). More.\n';
    assert.deepEqual(titleAndSentence(text), {
      title: 'The x of y',
      sentence: 'First words here, and a link.',
    });
  });

  for (const name of NAMES) {
    test(`${name}: the inspector opens a sample there, and leads to the guides`, async (t) => {
      assert.ok(await packageFile('/www/dist/index.html'), 'the page is built');
      const page = await openPage(t, name, `${origin}${BASE}inspector/index.html`);
      if (!page) return;
      await page.click('.welcome .cards button');
      await page.read();
      assert.ok((await page.rows()) > 0);
      await page.click('.site-link');
      await page.until(`location.pathname === '${BASE}guides/index.html'`);
      await page.says('h1', 'Guides');
      // The README's first link.
      await page.page.goto(`${origin}${BASE}index.html`);
      const [text, to] = await page.evaluate(
        `(({ innerText, href }) => [innerText, href])(document.querySelector('main p a'))`,
      );
      assert.equal(text, 'Open the inspector on a sample');
      await page.page.goto(to);
      await page.read();
      await page.says('.status .source', /chat/);
    });
  }
});

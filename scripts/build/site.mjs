// `npm run build:site`: one folder, target/site, with the inspector, the guides and both API
// references, linked with each other. All links in it are relative: any static host serves it,
// under any path. `--url https://example.com/ws4wasm/` is where it will be, for link previews,
// which take no relative address of a picture.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { dim, Failure, root, run, step, whenStarted } from '../lib.mjs';
import { crateReference, packageReference } from './docs.mjs';
import { escaped, guidePage, homePage, pageName, titleAndSentence } from './site-pages.mjs';

const PICTURE = 'pictures/frame.webp';
const SENTENCE =
  'ws4wasm: a WebSocket engine in WebAssembly, connections for every runtime, and an inspector that shows every bit.';

/** The parts that are made elsewhere, and where they go. */
const PARTS = {
  inspector: join(root, 'www/dist'),
  api: join(root, 'target/api'),
  crate: join(root, 'target/doc'),
};

/** @param {string} folder @param {string} [from] @returns {string[]} HTML files, as paths from it */
export function htmlFiles(folder, from = folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return htmlFiles(path, from);
    return entry.name.endsWith('.html') ? [relative(from, path)] : [];
  });
}

/**
 * Puts the site together of what is there.
 * @param {string} folder is made anew
 * @param {object} [options]
 * @param {Record<string, string>} [options.parts] folders, by where they go
 * @param {string} [options.url] where it will be
 */
export function assemble(folder, { parts = PARTS, url } = {}) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'guides'), { recursive: true });
  cpSync(join(root, 'docs/inspector'), join(folder, 'pictures'), { recursive: true });
  for (const [name, from] of Object.entries(parts)) {
    cpSync(from, join(folder, name), { recursive: true });
  }
  const docs = join(root, 'docs');
  const guides = readdirSync(docs, { recursive: true })
    .map((name) => `${name}`.split(sep).join('/'))
    .filter((name) => name.endsWith('.md'));
  for (const name of readdirSync(docs).filter((name) => name.endsWith('.svg'))) {
    copyFileSync(join(docs, name), join(folder, 'guides', name));
  }
  cpSync(join(docs, 'inspector'), join(folder, 'guides/inspector'), { recursive: true });
  const pages = guides.map((name) => ({
    name: pageName(name),
    markdown: readFileSync(join(docs, name), 'utf8'),
  }));
  const list = pages.map(({ name, markdown }) => ({ name, ...titleAndSentence(markdown) }));
  for (const { name, markdown } of pages) {
    const file = join(folder, 'guides', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, guidePage(markdown, { name, list }));
  }
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  writeFileSync(join(folder, 'index.html'), homePage(readme, list));
  tellInspector(join(folder, 'inspector/index.html'));
  for (const path of htmlFiles(folder)) preview(folder, path, url);
}

/** The inspector links back to the site that it is a part of. @param {string} file */
function tellInspector(file) {
  const html = readFileSync(file, 'utf8');
  const told = html.replace('name="ws4wasm-site" content="', '$&../');
  if (told === html)
    throw new Failure(`${file} has no place for the site's address; build it anew.`);
  writeFileSync(file, told);
}

/**
 * A title, a sentence and a picture for whoever links to the page (Open Graph, ogp.me).
 * @param {string} folder
 * @param {string} path of the page in it
 * @param {string | undefined} url
 */
function preview(folder, path, url) {
  const file = join(folder, path);
  const html = readFileSync(file, 'utf8');
  if (html.includes('property="og:title"') || !/<head[^>]*>/i.test(html)) return;
  const title = /<title>([^<]*)<\/title>/i.exec(html)?.[1] || 'ws4wasm';
  const described = /<meta name="description" content="([^"]*)"/i.exec(html)?.[1];
  const sentence = described || escaped(SENTENCE);
  const picture = url
    ? new URL(PICTURE, url).href
    : relative(dirname(path), PICTURE).split('\\').join('/');
  const tags = [
    described ? '' : `<meta name="description" content="${sentence}">`,
    `<meta property="og:type" content="website">`,
    `<meta property="og:title" content="${title}">`,
    `<meta property="og:description" content="${sentence}">`,
    `<meta property="og:image" content="${escaped(picture)}">`,
    `<meta name="twitter:card" content="summary_large_image">`,
    url ? `<meta property="og:url" content="${escaped(new URL(path, url).href)}">` : '',
  ];
  writeFileSync(
    file,
    html.replace(/<head[^>]*>/i, (head) => head + tags.join('')),
  );
}

/** @param {string | undefined} text */
function addressOf(text) {
  if (text === undefined) return undefined;
  if (!/^https?:\/\/.*\/$/.test(text) || !URL.canParse(text)) {
    throw new Failure(
      `--url is ${JSON.stringify(text)}; write it like https://example.com/ws4wasm/`,
    );
  }
  return text;
}

whenStarted(import.meta.url, () => {
  const { values } = parseArgs({ options: { url: { type: 'string' } } });
  const url = addressOf(values.url);
  const folder = join(root, 'target/site');
  const www = join(root, 'scripts/build/www.mjs');
  run(process.execPath, [www, '--if-changed']);
  step("the package's reference", '10 seconds', packageReference);
  step("the crate's reference", '20 seconds', crateReference);
  step('the site', '2 seconds', () => assemble(folder, { ...(url && { url }) }));
  console.log(dim(`  ${htmlFiles(folder).length} pages in ${folder}`));
});

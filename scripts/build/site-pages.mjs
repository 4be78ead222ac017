// The site's own pages: the guides, which are docs/*.md, and the page that leads to all of it.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
// @ts-expect-error: it has no types of its own.
import MarkdownIt from 'markdown-it';
import { Failure, root } from '../lib.mjs';

const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Where what is no page of the site can be read; undefined as long as nobody has said. */
const SOURCE = String(repository?.url ?? repository ?? '')
  .replace(/^git\+/, '')
  .replace(/\.git$/, '');

/** @param {string} text */
export const escaped = (text) =>
  text.replace(
    /[&<>"]/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c,
  );

/** Markdown's marks taken away. @param {string} text */
const plain = (text) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');

/**
 * @param {string} markdown
 * @returns {{ title: string, sentence: string }}
 */
export function titleAndSentence(markdown) {
  const [, title = 'ws4wasm'] = /^# (.*)$/m.exec(markdown) ?? [];
  const paragraphs = markdown.replace(/^```[\s\S]*?^```/gm, '').split(/\n\n+/);
  const first = paragraphs.find((text) => /^[\p{L}@`“"[]/u.test(text)) ?? title;
  const words = plain(first).replace(/\s+/g, ' ').trim();
  const sentence = /^.{20,}?[.:!?](?= |$)/.exec(words)?.[0] ?? words;
  return { title: plain(title), sentence: sentence.slice(0, 200) };
}

/** As GitHub names a heading, so that links to it are the same there and here. @param {string} text */
const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/**
 * @param {string} markdown
 * @param {string} from the folder in the repository that its links begin at: 'docs' or ''
 * @param {(path: string) => string | undefined} place of a file of the repository in the site
 */
function html(markdown, from, place) {
  const md = new MarkdownIt({ html: false, linkify: false });
  /** @param {string} to */
  const link = (to) => {
    if (/^([a-z]+:|#)/.test(to)) return to;
    const [path, ...hash] = to.split('#');
    const file = posix.normalize(posix.join(from, path));
    const there = place(file);
    const anchor = hash.length ? `#${hash.join('#')}` : '';
    if (there !== undefined) return there + anchor;
    return SOURCE ? `${SOURCE}/blob/main/${file}${anchor}` : undefined;
  };
  md.core.ruler.push('site', (/** @type {any} */ state) => {
    for (const [at, token] of state.tokens.entries()) {
      if (token.type === 'heading_open') {
        token.attrSet('id', slug(plain(state.tokens[at + 1].content)));
      }
      for (const inner of token.children ?? []) {
        const name = inner.type === 'image' ? 'src' : inner.type === 'link_open' ? 'href' : '';
        const to = name && inner.attrGet(name);
        if (!to) continue;
        const there = link(to);
        // What cannot be linked to is text.
        if (there !== undefined) inner.attrSet(name, there);
        else if (name === 'href') inner.attrs = [];
        else Object.assign(inner, { type: 'text', children: null });
      }
    }
  });
  return md.render(markdown);
}

/** What a guide's page is called. @param {string} guide its path in docs/ */
export const pageName = (guide) =>
  guide.replace(/(^|\/)README\.md$/, '$1index.md').replace(/\.md$/, '.html');

/** @param {string} path @param {string} up from the page to the site's root */
function placeOf(path, up) {
  if (path === 'README.md') return `${up}index.html`;
  const guide = /^docs\/(.*\.md)$/.exec(path)?.[1];
  if (guide) return `${up}guides/${pageName(guide)}`;
  const picture = /^docs\/(.*\.(?:svg|webp|png))$/.exec(path)?.[1];
  if (picture && existsSync(join(root, path))) return `${up}guides/${picture}`;
  return undefined;
}

/** The page's look: the inspector's colours. */
const STYLE = `
:root{color-scheme:dark light;--back:#0e1117;--panel:#151a23;--line:#2b3444;--text:#e6eaf2;--quiet:#9aa7bd;--accent:#7db0ff}
@media(prefers-color-scheme:light){:root{--back:#fff;--panel:#f4f6fa;--line:#d5dbe6;--text:#1a2130;--quiet:#55627a;--accent:#1d5bc4}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.6 system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;padding:10px 20px;border-bottom:1px solid var(--line);background:var(--panel)}
header b{margin-right:auto}
a{color:var(--accent)}
main{max-width:820px;margin:0 auto;padding:8px 20px 60px}
img{max-width:100%}
pre{overflow:auto;padding:12px;border:1px solid var(--line);border-radius:6px;background:var(--panel)}
code{font:14px ui-monospace,Menlo,Consolas,monospace}
table{display:block;overflow:auto;border-collapse:collapse}
th,td{padding:4px 10px;border:1px solid var(--line);text-align:left}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:12px;padding:0;list-style:none}
.cards a{display:block;height:100%;padding:12px;border:1px solid var(--line);border-radius:6px;background:var(--panel);text-decoration:none}
.cards span{display:block;color:var(--quiet);font-size:14px}
`;

/**
 * @param {object} page
 * @param {string} page.title
 * @param {string} page.sentence
 * @param {string} page.up
 * @param {string} page.body
 */
const whole = ({ title, sentence, up, body }) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<meta name="description" content="${escaped(sentence)}">
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<b><a href="${up}index.html">ws4wasm</a></b>
<a href="${up}inspector/index.html">Inspector</a>
<a href="${up}guides/index.html">Guides</a>
<a href="${up}api/index.html">JavaScript API</a>
<a href="${up}crate/ws4wasm/index.html">Rust API</a>
</header>
<main>
${body}
</main>
</body>
</html>
`;

/**
 * @param {string} markdown
 * @param {{ name: string, list: { name: string, title: string, sentence: string }[] }} of
 */
export function guidePage(markdown, { name, list }) {
  const { title, sentence } = titleAndSentence(markdown);
  const cards = name === 'index.html' ? `<h2>All guides</h2>${cardsOf(list, '')}` : '';
  const up = '../'.repeat(name.split('/').length);
  const from = posix.join('docs', posix.dirname(name));
  const body = html(markdown, from, (path) => placeOf(path, up)) + cards;
  return whole({ title: `${title} · ws4wasm`, sentence, up, body });
}

/** @param {{ name: string, title: string, sentence: string }[]} list @param {string} folder */
const cardsOf = (list, folder) =>
  `<ul class="cards">${list
    .filter(({ name }) => name !== 'index.html')
    .map(
      ({ name, title, sentence }) =>
        `<li><a href="${folder}${name}"><b>${escaped(title)}</b><span>${escaped(sentence)}</span></a></li>`,
    )
    .join('')}</ul>`;

/**
 * The README's first link. In the repository it leads to the guide of the inspector, since no site's
 * address stands there before the first release has written it; in the site it opens the inspector.
 */
const FIRST_LINK = /<a href="[^"]*">(Open the inspector on a sample)<\/a>/;

/**
 * @param {string} readme
 * @param {{ name: string, title: string, sentence: string }[]} list
 */
export function homePage(readme, list) {
  const { title, sentence } = titleAndSentence(readme);
  const ways = `<ul class="cards">
<li><a href="inspector/index.html"><b>The inspector</b><span>Every bit of a WebSocket conversation, and everything that is wrong with it. Nothing leaves the page.</span></a></li>
<li><a href="guides/index.html"><b>Guides</b><span>One page for each use, with programs to copy.</span></a></li>
<li><a href="api/index.html"><b>JavaScript API</b><span>The reference of the package.</span></a></li>
<li><a href="crate/ws4wasm/index.html"><b>Rust API</b><span>The reference of the crate.</span></a></li>
</ul>`;
  const text = html(readme, '', (path) => placeOf(path, ''));
  if (!FIRST_LINK.test(text)) throw new Failure('README.md has no link to open the inspector.');
  const first = text.replace(FIRST_LINK, '<a href="inspector/index.html#sample=chat">$1</a>');
  const body = `${first.replace('</h1>', `</h1>${ways}`)}<h2>Guides</h2>${cardsOf(list, 'guides/')}`;
  return whole({ title, sentence, up: '', body });
}

// Whether every public item of the crate has an example or a link to one. rustdoc's own lint for
// that, missing_doc_code_examples, is nightly's, so the pages that rustdoc made are looked at.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What is not a page of one item. */
const LISTS = ['all.html', 'sidebar-items.js'];

/** The links in what was written, not those in signatures. @param {string} html */
function links(html) {
  const written = html
    .replace(/<pre class="rust item-decl">.*?<\/pre>/gs, '')
    .replace(/<h[34] class="code-header">.*?<\/h[34]>/gs, '')
    .replace(/<(nav|rustdoc-toolbar|rustdoc-topbar)\b.*?<\/\1>/gs, '')
    .replace(/<div class="rustdoc-breadcrumbs">.*?<\/div>/gs, '')
    .replace(/<dl class="item-table">.*?<\/dl>/gs, '');
  return [...written.matchAll(/href="([^"#?]+\.html)/g)].map(([, href]) => href);
}

/**
 * The pages, below the crate's folder, that have neither an example nor a link to a page with one.
 * A constant needs none where its module has one.
 * @param {string} folder of the crate in rustdoc's output
 */
export function withoutExample(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.html') && !LISTS.includes(file),
  );
  const pages = new Map(
    files.flatMap((file) => {
      const html = readFileSync(join(folder, file), 'utf8');
      const main = html.slice(html.indexOf('<section id="main-content"'));
      // What has moved leaves a page that only says where to.
      return html.includes('<section id="main-content"') ? [[join(folder, file), main]] : [];
    }),
  );
  /** @param {string} path */
  const hasExample = (path) => pages.get(path)?.includes('rust-example-rendered') ?? false;
  const without = [...pages].filter(([path, html]) => {
    if (hasExample(path)) return false;
    const constant = /constant\.\w+\.html$/.test(path);
    if (constant && hasExample(join(dirname(path), 'index.html'))) return false;
    return !links(html).some((href) => hasExample(resolve(dirname(path), href)));
  });
  return without.map(([path]) => path.slice(folder.length + 1)).sort();
}

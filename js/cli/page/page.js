// The inspector's page as files to serve: what `npm run build:www` left in www/dist.
//
//     const file = await pageFile('/', { live: true });    // '/', '/assets/...'
//     if (file) answer(200, file.type, file.body);
//
// `live` tells the page that this server has live traffic at LIVE_PATH (live.js); it then shows
// that first.
import { packageFile } from './files.js';
import { LIVE_PATH } from './live.js';

const ASSET = /^\/assets\/[\w.-]+$/;
/** The same as the page's copy, which is not in the package. */
const ENGINE = '/pkg/inspect/inspect_bg.wasm';

/** @type {Promise<unknown>} */
let building = Promise.resolve();

/**
 * Files of the page are waited for until this is over.
 * @param {Promise<unknown>} built
 */
export function pageComes(built) {
  building = built;
}

/**
 * A file of the page; undefined when there is none of this name, or the page is not built.
 * @param {string} path of the request, without its query
 * @param {{ live?: boolean, address?: string, control?: string | undefined, replay?: string | undefined }} [options]
 *   `address`: where clients connect, if that is not where the page is; `control`: where the page
 *   can act on what passes; `replay`: where it can have a capture replayed
 * @returns {Promise<import('./files.js').File | undefined>}
 */
export async function pageFile(
  path,
  { live = false, address = '', control = '', replay = '' } = {},
) {
  if (path !== '/' && !ASSET.test(path)) return undefined;
  await building.catch(() => {});
  if (path !== '/') return packageFile(path.endsWith('.wasm') ? ENGINE : `/www/dist${path}`);
  const page = await packageFile('/www/dist/index.html');
  if (!page || !live) return page;
  const told = Object.entries({ live: LIVE_PATH, address, control, replay });
  const body = told.reduce(
    (html, [name, value]) =>
      html.replace(`name="ws4wasm-${name}" content="`, (tag) => tag + value),
    `${page.body}`,
  );
  return { ...page, body: Buffer.from(body) };
}

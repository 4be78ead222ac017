// The inspector's page as files to serve: what `npm run build:www` left in www/dist.
//
//     const file = await pageFile('/', { live: true });    // '/', '/assets/...'
//     if (file) answer(200, file.type, file.body);
//
// `live` tells the page that this server has live traffic at LIVE_PATH (live.js); it then shows
// that first.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { LIVE_PATH } from './live.js';

const folder = new URL('../../www/dist/', import.meta.url);
/** The same as the page's copy, which is not in the package. */
const engine = new URL('../../pkg/inspect/inspect_bg.wasm', import.meta.url);

/** No part of such a path begins with a dot or is encoded, so that it cannot lead elsewhere. */
const SERVED = /^\/assets\/\w[\w.-]*$/;

const WASM = 'application/wasm';
/** @type {Map<string, string>} */
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.wasm', WASM],
  ['.pcapng', 'application/octet-stream'],
]);

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
 * @param {{ live?: boolean }} [options]
 * @returns {Promise<{ type: string, body: Buffer } | undefined>}
 */
export async function pageFile(path, { live = false } = {}) {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const type = TYPES.get(extname(name));
  if (!type || !(path === '/' || SERVED.test(path))) return undefined;
  await building.catch(() => {});
  try {
    const body = await readFile(type === WASM ? engine : new URL(name, folder));
    if (path !== '/' || !live) return { type, body };
    const tag = 'name="ws4wasm-live" content="';
    return { type, body: Buffer.from(`${body}`.replace(tag, `${tag}${LIVE_PATH}`)) };
  } catch {
    return undefined;
  }
}

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

/** No part of such a path begins with a dot or is encoded, so that it cannot lead elsewhere. */
const SERVED = /^\/assets\/\w[\w.-]*$/;

/** @type {Map<string, string>} */
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.wasm', 'application/wasm'],
  ['.pcapng', 'application/octet-stream'],
]);

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
  try {
    const body = await readFile(new URL(name, folder));
    if (path !== '/' || !live) return { type, body };
    const tag = 'name="ws4wasm-live" content="';
    return { type, body: Buffer.from(`${body}`.replace(tag, `${tag}${LIVE_PATH}`)) };
  } catch {
    return undefined;
  }
}

// Browsers and bundlers: the module is compiled while it streams in; ready at import.
import moduleUrl from '../../../pkg/url.js';
import { isStarted } from '../../engine/instance.js';
import { startFrom } from '../start.js';

// 'ws4wasm/slim' may have started it.
if (!isStarted()) await startFrom(await load(moduleUrl()));

/** @param {URL} url */
async function load(url) {
  const response = await fetch(url).catch((cause) => {
    throw missing(url, String(cause), cause);
  });
  const { ok, status, statusText } = response;
  if (!ok) throw missing(url, `${status} ${statusText}`);
  return response;
}

/**
 * @param {URL} url
 * @param {string} why
 * @param {unknown} [cause]
 */
function missing(url, why, cause) {
  return new Error(
    `ws4wasm cannot load its engine from ${url} (${why.trim()}): a bundler that does not follow ` +
      'new URL(…, import.meta.url), such as esbuild or Rollup, needs a copy of ' +
      'ws4wasm/pkg/ws4wasm_bg.wasm there',
    { cause },
  );
}

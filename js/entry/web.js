// Browsers and bundlers: the module is compiled while it streams in; ready at import.
import url from '../../pkg/url.js';
import { startFrom } from './start.js';

const response = await fetch(url).catch((cause) => {
  throw missing(String(cause), cause);
});
if (!response.ok) throw missing(`${response.status} ${response.statusText}`);
await startFrom(response);

/**
 * @param {string} why
 * @param {unknown} [cause]
 */
function missing(why, cause) {
  return new Error(
    `ws4wasm cannot load its engine from ${url} (${why.trim()}): a bundler that does not follow ` +
      'new URL(…, import.meta.url), such as esbuild or Rollup, needs a copy of ' +
      'ws4wasm/pkg/ws4wasm_bg.wasm there',
    { cause },
  );
}

export * from '../index.js';

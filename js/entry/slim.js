// 'ws4wasm/slim': nothing is loaded and nothing awaited at import. For runtimes that bring the
// module their own way, and for service workers, where nothing may be awaited at the top.
import { isBytes, outOfRange, wrongType } from '../base/arguments.js';
import { startFrom } from './start.js';

const ALLOWED = 'a WebAssembly.Module, bytes, a Response, or a promise of one of them';

/**
 * @param {unknown} moduleOrBytes
 * @returns {Promise<void>}
 */
export async function init(moduleOrBytes) {
  const source = await moduleOrBytes;
  const { Module } = globalThis.WebAssembly ?? {};
  const response = typeof Response === 'function' && source instanceof Response;
  if (!isBytes(source) && !response && !(Module && source instanceof Module)) {
    throw wrongType('moduleOrBytes', source, ALLOWED);
  }
  if (response && !source.ok) {
    const { status, url } = source;
    throw outOfRange('moduleOrBytes', `${status} ${url}`, 'a Response with status 200');
  }
  await startFrom(/** @type {BufferSource | Response | WebAssembly.Module} */ (source));
}

export * from '../index.js';

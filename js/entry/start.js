// What the entries share: the engine compiled and started, or a sentence that says why not.
import init, { initSync } from '../../pkg/ws4wasm.js';
import { regionSize, start } from '../engine/instance.js';

/** The smallest module with a SIMD instruction: a function that gives a v128. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
);

/** How many calls of `startFrom` are under way. */
let starting = 0;

/**
 * From a module or its bytes, at once. Does nothing when the engine is there.
 * @param {WebAssembly.Module | BufferSource} module
 */
export function startNow(module) {
  if (regionSize) return;
  // It would end with a second instance, and take the place of the one made here.
  if (starting) throw new Error('ws4wasm is being started: wait for the init(…) under way');
  try {
    start(initSync({ module }));
  } catch (error) {
    throw explained(error);
  }
}

/**
 * The same without blocking, also from the response that brings the bytes. A second call waits
 * for the first; after a failure the next one tries anew.
 * @param {WebAssembly.Module | BufferSource | Response | Promise<WebAssembly.Module | BufferSource | Response>} source
 */
export async function startFrom(source) {
  if (regionSize) return;
  starting++;
  try {
    start(await init({ module_or_path: source }));
  } catch (error) {
    throw explained(error);
  } finally {
    starting--;
  }
}

/**
 * @param {unknown} error of compiling or fetching
 * @returns {unknown} an error that says what the runtime lacks, if that is the reason
 */
function explained(error) {
  if (typeof WebAssembly === 'undefined') {
    return new Error('ws4wasm needs WebAssembly, and this runtime has none', { cause: error });
  }
  // Where a Content-Security-Policy forbids WebAssembly, validate works and compiling does not.
  if (error instanceof WebAssembly.CompileError && !WebAssembly.validate(SIMD)) {
    return new Error(
      'ws4wasm needs WebAssembly SIMD, and this runtime has none: Node 16.4, Chrome 91, ' +
        'Firefox 89, Safari 16.4 and newer have it, on processors from about 2008 on',
      { cause: error },
    );
  }
  if (
    error instanceof WebAssembly.CompileError &&
    /CSP|Content Security Policy/i.test(error.message)
  ) {
    return new Error(
      "ws4wasm needs WebAssembly, and this page's Content-Security-Policy forbids it: " +
        "add 'wasm-unsafe-eval' to its script-src",
      { cause: error },
    );
  }
  return error;
}

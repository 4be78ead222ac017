// What the entries share: the engine compiled and started, or a sentence that says why not.
import * as engine from '../engine/instance.js';
import { isStarted } from '../engine/instance.js';

/** The smallest module with a SIMD instruction: a function that gives a v128. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11],
);

/** What is under way. @type {Promise<void> | undefined} */
let starting;

/**
 * From a module or its bytes, at once. Does nothing when the engine is there.
 * @param {WebAssembly.Module | BufferSource} module
 */
export function startNow(module) {
  if (isStarted()) return;
  // It would take the place of the one made here.
  if (starting) throw new Error('ws4wasm is being started: wait for the init(…) under way');
  try {
    engine.start(module);
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
  if (isStarted()) return;
  starting ??= engine.startFrom(source).finally(() => {
    starting = undefined;
  });
  try {
    await starting;
  } catch (error) {
    throw explained(error);
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

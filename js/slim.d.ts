// Types of 'ws4wasm/slim'.

import type { EngineModule, WithModules } from './engine.wasm.js';

export type { EngineModule, WithModules };

/**
 * Starts the engine; everything else of this module needs it started first. Does nothing when it
 * is started already, by `import 'ws4wasm'` too.
 *
 * @param moduleOrBytes `ws4wasm/engine.wasm`: as a module, as bytes, or as the response of
 *   `fetch`, which is compiled while it comes; or a promise of one of them
 * @returns resolves when the engine is there
 * @throws {TypeError} for anything else
 * @throws {RangeError} for a response that is not OK
 * @throws {WebAssembly.CompileError} when it is no module, or a Content-Security-Policy lacks
 *   `wasm-unsafe-eval`
 * @throws {Error} when the runtime has no WebAssembly, or none with SIMD
 *
 * @example
 * import { init, Stream } from 'ws4wasm/slim';
 * await init(fetch(new URL('./ws4wasm_bg.wasm', import.meta.url)));
 * const stream = new Stream();
 */
export function init(
  moduleOrBytes:
    | EngineModule
    | Uint8Array
    | ArrayBuffer
    | Response
    | Promise<EngineModule | Uint8Array | ArrayBuffer | Response>,
): Promise<void>;

export * from './index.js';

// The add-on that ws uses, too, where the user has installed it: long payload is unmasked faster by it
// than by the engine, which has to copy what it works on.
import { findNative } from '../../engine/masking.js';

// Deno would ask for permissions, and Bun's own engine is as fast without.
if (!('Deno' in globalThis) && !('Bun' in globalThis)) findNative(find);

function find() {
  try {
    // No import, and no name that bundlers look for: they would warn that it is not installed.
    const { createRequire } = process.getBuiltinModule('node:module');
    const found = createRequire(import.meta.url)('bufferutil');
    // Where nothing was compiled for this machine it has a loop in JavaScript in its place.
    return /\[native code\]/.test(String(found.unmask)) ? found : undefined;
  } catch {
    return undefined;
  }
}

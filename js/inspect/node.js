// Node, Deno, Bun: the inspector's module is compiled while this is imported, synchronously.
import { readFileSync } from 'node:fs';
import { initSync } from '../../pkg/inspect/inspect.js';

const file = new URL('../../pkg/inspect/inspect_bg.wasm', import.meta.url);
initSync({ module: readFileSync(file) });

export * from './inspection.js';
export * from './recorder.js';

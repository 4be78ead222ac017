// Node, Deno, Bun: the module is compiled while this is imported, synchronously, so that Node
// can `require` it as well.
import { readFileSync } from 'node:fs';
import { startNow } from './start.js';

startNow(readFileSync(new URL('../../pkg/ws4wasm_bg.wasm', import.meta.url)));

export * from '../index.js';

// Node, Deno, Bun: the module is compiled while this is imported, synchronously.
import { readFileSync } from 'node:fs';
import { initSync } from '../../pkg/ws4wasm.js';
import { start } from '../engine.js';

const module = readFileSync(new URL('../../pkg/ws4wasm_bg.wasm', import.meta.url));
start(initSync({ module }));

export * from '../index.js';

import { readFile } from 'node:fs/promises';
import * as ws4wasm from 'ws4wasm/slim';
import { talk } from './talk.js';

await ws4wasm.init(readFile(new URL(import.meta.resolve('ws4wasm/engine.wasm'))));
console.log(JSON.stringify(talk(ws4wasm)));

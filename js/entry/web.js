// Browsers and bundlers: the module is compiled while it streams in; ready at import.
import init from '../../pkg/ws4wasm.js';
import { start } from '../engine.js';

start(await init());

export * from '../index.js';

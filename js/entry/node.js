// Node, Deno, Bun: the module is compiled while this is imported, synchronously, so that Node
// can `require` it as well.
import { readFileSync } from 'node:fs';
import url from '../../pkg/url.js';
import { startNow } from './start.js';

startNow(readFileSync(url));

export * from '../index.js';

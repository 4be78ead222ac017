// workerd (Cloudflare Workers), which compiles no bytes and has modules instead: wrangler and
// its like hand them over.
import module from '../../pkg/ws4wasm_bg.wasm';
import { startNow } from './start.js';

startNow(module);

export * from '../index.js';

// workerd (Cloudflare Workers), which compiles no bytes and has modules instead: wrangler and
// its like hand them over.
// @ts-expect-error: TypeScript knows no modules of this kind.
import module from '../../../pkg/ws4wasm_bg.wasm';
import { startNow } from '../start.js';

startNow(module);

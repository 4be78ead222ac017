// Node, Deno, Bun: the module is compiled while this is imported, synchronously, so that Node
// can `require` it as well.
import { readFileSync } from 'node:fs';
import moduleUrl from '../../../pkg/url.js';
import './bufferutil.js';
import { isStarted } from '../../engine/instance.js';
import { startNow } from '../start.js';

// 'ws4wasm/slim' may have started it, where there is no file.
if (!isStarted()) startNow(read());

function read() {
  try {
    return readFileSync(moduleUrl());
  } catch (cause) {
    // A bundle that is no ES module has no address, so that there is none of the file either.
    const { code, path } = /** @type {{ code?: string, path?: string }} */ (cause);
    const why = path === undefined ? String(cause) : `${code} at ${path}`;
    throw new Error(
      `ws4wasm cannot read its engine (${why}). In a bundle, import 'ws4wasm/inline', which has ` +
        'it inside, in place of ws4wasm and ws4wasm/node; or copy ws4wasm/pkg/ws4wasm_bg.wasm beside it',
      { cause },
    );
  }
}

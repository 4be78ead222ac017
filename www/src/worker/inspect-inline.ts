// `ws4wasm/inspect` with its module inside, compiled while this is imported, for the one file
// that opens from disk: Chromium starts no module Worker there, and others know no top-level
// await.
import { initSync } from '../../../pkg/inspect/inspect.js';
import wasm from '../../../pkg/inspect/inspect_bg.wasm?url';

const base64 = wasm.slice(wasm.indexOf(',') + 1);
initSync({ module: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) });

export * from '../../../js/inspect/inspection.js';

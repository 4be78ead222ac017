// Browsers, Workers and bundlers: the module is compiled while it streams in; ready at import.
// The URL stands inside the call, where bundlers find it.
import init from '../../pkg/inspect/inspect.js';

await init({ module_or_path: new URL('../../pkg/inspect/inspect_bg.wasm', import.meta.url) });

export * from './inspection.js';
export * from './recorder.js';

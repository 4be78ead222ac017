// Type of 'ws4wasm/engine.wasm', where the runtime or the bundler makes a module of it.

/** The engine, for `init` of 'ws4wasm/slim'. */
declare const engine: WebAssembly.Module;
export default engine;

// Type of 'ws4wasm/engine.wasm', where the runtime or the bundler makes a module of it.

/** A `WebAssembly.Module`, where the platform's types have it: TypeScript's own lack it without DOM. */
export type EngineModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Module } };
}
  ? Module
  : object;

/** The engine, for `init` of 'ws4wasm/slim'. */
declare const engine: EngineModule;
export default engine;

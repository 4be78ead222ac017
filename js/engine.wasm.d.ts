// Type of 'ws4wasm/engine.wasm', where the runtime or the bundler makes a module of it.

/** A `WebAssembly.Module`, where the platform's types have it: TypeScript's own lack it without DOM. */
export type EngineModule =
  typeof globalThis extends WithModules<infer Module> ? Module : object;

/** A platform whose types have WebAssembly. */
export interface WithModules<Module> {
  /** Its namespace. */
  WebAssembly: {
    /** The class of modules. */
    Module: {
      /** What its instances have. */
      prototype: Module;
    };
  };
}

/** The engine, for `init` of 'ws4wasm/slim'. */
declare const engine: EngineModule;
export default engine;

// What a child process measures itself with; see child.mjs.
import { setImmediate as turn } from 'node:timers/promises';

const gc = /** @type {() => void} */ (/** @type {any} */ (globalThis).gc);

/** Bytes that are alive: heap, array buffers, and what else belongs to JavaScript objects. */
export async function held() {
  for (let i = 0; i < 4; i++) {
    gc();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  // Array buffers, linear memory too, count among the external memory.
  return heapUsed + external;
}

/** Collects garbage and lets finalizers run. */
export async function collect() {
  for (let i = 0; i < 4; i++) {
    gc();
    await turn();
  }
}

/** The size of the engine's linear memory. */
export async function linearMemory() {
  const engine = await import('../../../js/engine.js');
  engine.refresh();
  return engine.mem.byteLength;
}

/**
 * Counts from now on the calls of the engine and the bytes that are copied between buffers or
 * made into strings. To be called before 'ws4wasm' is imported.
 */
export function count() {
  const counts = {
    /** @type {Record<string, number>} */
    calls: {},
    total: 0,
    copied: 0,
  };
  const { Instance } = WebAssembly;
  /** @param {WebAssembly.Module} module @param {WebAssembly.Imports} imports */
  function Counted(module, imports) {
    const { exports } = new Instance(module, imports);
    const wrapped = Object.entries(exports).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      return [
        name,
        (/** @type {unknown[]} */ ...args) => {
          counts.calls[name] = (counts.calls[name] ?? 0) + 1;
          counts.total++;
          return value(...args);
        },
      ];
    });
    const instance = { exports: Object.fromEntries(wrapped) };
    return Object.setPrototypeOf(instance, Instance.prototype);
  }
  WebAssembly.Instance = /** @type {any} */ (Counted);

  /** @param {any} prototype @param {string} name @param {(self: any, args: any[]) => number} size */
  function measure(prototype, name, size) {
    const real = prototype[name];
    prototype[name] = function (/** @type {any[]} */ ...args) {
      counts.copied += size(this, args);
      return real.apply(this, args);
    };
  }
  const bytes = Uint8Array.prototype;
  measure(Object.getPrototypeOf(bytes), 'set', (_, [source]) => source.length);
  measure(Object.getPrototypeOf(bytes), 'slice', (self, [from = 0, to = self.length]) => to - from);
  for (const name of ['latin1Slice', 'utf8Slice', 'ucs2Slice']) {
    measure(Buffer.prototype, name, (self, [from = 0, to = self.length]) => to - from);
  }
  return counts;
}

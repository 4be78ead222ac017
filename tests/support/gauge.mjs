// What a child process measures itself with; see child.mjs.
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { measureMemory } from 'node:vm';
import { frame } from './wire.mjs';

const gc = /** @type {() => void} */ (/** @type {any} */ (globalThis).gc);

/** From Node 22 on V8's estimate now and then leaves out half a megabyte of the heap. */
const ESTIMATES = Number.parseInt(process.versions.node, 10) < 22;

/** Whether `external` has linear memory in it, which it has no longer in Node 26. */
const COUNTS_LINEAR = (() => {
  const { external } = process.memoryUsage();
  const { buffer } = new WebAssembly.Memory({ initial: 16 });
  return process.memoryUsage().external - external >= buffer.byteLength;
})();

/**
 * Bytes that are alive: heap, array buffers, and what else belongs to JavaScript objects.
 *
 * `heapUsed` counts what V8 has set aside for the next objects, in Node 20 up to 256 KiB a space;
 * there its estimate counts the objects that the collector finds alive. The least of some is
 * taken, because collector and compiler finish their work beside ours.
 */
export async function held() {
  let least = Infinity;
  for (let i = 0; i < (ESTIMATES ? 3 : 8); i++) {
    gc();
    await pause(ESTIMATES ? 1 : 4);
    least = Math.min(least, ESTIMATES ? await estimate() : await used());
  }
  return least;
}

async function estimate() {
  const { total } = await measureMemory({ mode: 'summary', execution: 'eager' });
  // The estimate has the array buffers in it and linear memory, and so has `external`.
  const { external, arrayBuffers } = process.memoryUsage();
  return total.jsMemoryEstimate + external - arrayBuffers - (await linearMemory());
}

async function used() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external + (COUNTS_LINEAR ? 0 : await linearMemory());
}

/**
 * What the result of `work` keeps alive: the least of three, because compiled code and what
 * else comes with use counts the first times.
 * @param {() => unknown} work
 */
export async function heldBy(work) {
  // A function of its own, so that nothing of it is alive the next time.
  const once = async () => {
    // What the time before has left behind would count as given back by this one.
    await collect();
    const before = await held();
    const result = work();
    const after = await held();
    if (result === before) throw new Error('only here to keep the result until now');
    return after - before;
  };
  // The first time gives back what starting has left behind, and would measure too little.
  await once();
  return Math.min(await once(), await once(), await once());
}

/** Collects garbage, lets finalizers run, and the collector give memory back in its own time. */
export async function collect() {
  for (let i = 0; i < 4; i++) {
    gc();
    await turn();
    await pause(2);
  }
}

/**
 * A payload: `unit` over and over, whole characters only.
 * @param {number} size
 * @param {string} unit
 */
export function body(size, unit) {
  const bytes = Buffer.alloc(size, unit);
  let end = size;
  while ((bytes[end - 1] & 0xc0) === 0x80 || bytes[end - 1] >= 0xc0) end--;
  return bytes.fill('x', end);
}

/**
 * A message in frames of `fragment` bytes; the masked ones have a key of zeros.
 * @param {{ body: Buffer, opcode: number, fragment: number, masked: boolean }} how
 */
export function message({ body, opcode, fragment, masked }) {
  const parts = [];
  for (let at = 0; at < body.length; at += fragment) {
    const payload = body.subarray(at, at + fragment);
    const fin = at + fragment >= body.length;
    const key = masked ? Buffer.alloc(4) : undefined;
    parts.push(frame({ opcode: at === 0 ? opcode : 0, payload, fin, key }));
  }
  return Buffer.concat(parts);
}

/** The size of the engine's linear memory. */
export async function linearMemory() {
  const engine = await import('../../js/engine/instance.js');
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
  measure(
    Object.getPrototypeOf(bytes),
    'slice',
    (self, [from = 0, to = self.length]) => to - from,
  );
  for (const name of ['latin1Slice', 'utf8Slice', 'ucs2Slice']) {
    measure(Buffer.prototype, name, (self, [from = 0, to = self.length]) => to - from);
  }
  return counts;
}

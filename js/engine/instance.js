// The engine: one instance of the compiled module, its regions of linear memory
// (src/wasm/mod.rs) and the views on them.
//
// It has a life. It is made of the module at the first use, it is used by all streams, and it is
// retired when it can no longer be trusted: when it has trapped, when it is out of memory, or when
// a stack overflow left it in the middle of a call. Its streams are lost then and all throw one
// error; what is created next has a fresh instance of the same module. What is here at the top
// level belongs to the instance in use: calls and views are read for every message, and from a
// module's variables V8 reads them faster than from an object's fields.
import { HEADER_MAX, STATUS_WORDS } from '../../pkg/contract.js';
import makeGlue from '../../pkg/ws4wasm.js';
import { bytesOf, hasBuffers, put, takesUtf8 } from '../base/bytes.js';
import { exceptionOf } from '../base/exceptions.js';

/** The room for a header in the output region. */
export const HEADER = HEADER_MAX;

/**
 * ASCII texts that stand together may become one string of up to this many bytes, of which they
 * are cut: a call of the platform's decoder takes longer where there are no Buffers.
 */
export const TEXT_RUN = hasBuffers ? 1024 : 8192;

/** No stream has this number. */
const NO_STREAM = 0xffff_ffff;

/** @typedef {{ stopped(error: Error): void }} Watcher */

/**
 * An instance as its streams know it: it is `current`, or retired. Nothing of its memory hangs on
 * this, so that a stream of a retired instance keeps nothing alive.
 */
export class Engine {
  /** Why it was retired. @type {Error | undefined} */
  stopped;
  /** What else is in it, by its owner, for as long as that lives. @type {WeakMap<object, any>} */
  held = new WeakMap();
  /**
   * Told when the engine is retired, each by the number of its stream: the numbers are small and
   * given again, and a set would take four times the memory.
   * @type {(Watcher | undefined)[]}
   */
  watchers = [];
}

/** @type {WeakMap<object, any>} */
const NOTHING_HELD = new WeakMap();

/** @type {WebAssembly.Module | undefined} */
let module;

/** The instance in use. @type {Engine | undefined} */
export let current;

/** What there is to call while there is no instance. @type {any} */
const NO_CALLS = {};

/** What it exports. @type {any} */
export let calls = NO_CALLS;

/** Its functions and classes as wasm-bindgen wraps them. @type {any} */
let glue;

/** @type {Promise<void> | undefined} */
let restarting;

/** Where the regions are. */
let inputAt = 0;
export let arenaAt = 0;
export let wideAt = 0;
export let gatheredAt = 0;
export let outputAt = 0;
let recordsAt = 0;
let statusAt = 0;
let tableAt = 0;

/** Most messages whose frames are made in one call. */
export let tableSize = 0;

/** Most bytes that fit the input or the output region. */
export let regionSize = 0;

const NO_MEMORY = new ArrayBuffer(0);
const NO_BYTES = new Uint8Array(NO_MEMORY);
const NO_WORDS = new Int32Array(NO_MEMORY);
const NO_STATUS = new Uint32Array(NO_MEMORY);

/** Linear memory as it is now. */
export let buffer = NO_MEMORY;

/**
 * All of linear memory: a Buffer where there is one, because its string methods are the
 * fastest way from bytes to strings.
 * @type {Uint8Array}
 */
export let mem = NO_BYTES;

/** The same in words. */
export let memWords = NO_WORDS;

/**
 * The event table. Five words a record; see `Record` in src/stream/batch.rs.
 * @type {Int32Array}
 */
export let records = NO_WORDS;

/** What messages to be framed are: two words each, see engine/batch.js. */
export let table = NO_WORDS;

/** The output region behind the room for a header. */
export let outgoing = NO_BYTES;

/**
 * Further results of the last call.
 * @type {Uint32Array}
 */
export let status = NO_STATUS;

/** @type {(() => void)[]} */
const waiting = [];

/**
 * Runs `f` once the engine is there.
 * @param {() => void} f
 */
export function whenStarted(f) {
  if (module) f();
  else waiting.push(f);
}

/** Whether an entry has brought the module. */
export const isStarted = () => module !== undefined;

/**
 * Starts the engine, from the module or its bytes.
 * @param {WebAssembly.Module | BufferSource} source
 */
export function start(source) {
  const fresh = makeGlue();
  begin(fresh, fresh.initSync({ module: source }));
}

/**
 * The same without blocking, also from the response that brings the bytes.
 * @param {WebAssembly.Module | BufferSource | Response | Promise<WebAssembly.Module | BufferSource | Response>} source
 */
export async function startFrom(source) {
  const fresh = makeGlue();
  const exports = await fresh.init({ module_or_path: source });
  if (!module) begin(fresh, exports);
}

/**
 * @param {import('../../pkg/ws4wasm.js').Glue} fresh
 * @param {any} exports
 */
function begin(fresh, exports) {
  module = fresh.module;
  use(fresh, exports);
  for (const f of waiting.splice(0)) f();
}

/**
 * Takes an instance into use.
 * @param {import('../../pkg/ws4wasm.js').Glue} fresh
 * @param {any} exports
 */
function use(fresh, exports) {
  const layout = fresh.layout(TEXT_RUN, takesUtf8);
  [
    inputAt,
    regionSize,
    recordsAt,
    arenaAt,
    wideAt,
    gatheredAt,
    outputAt,
    tableAt,
    tableSize,
    statusAt,
  ] = layout;
  glue = fresh;
  wasm = guardedMembers(fresh);
  calls = exports;
  current = new Engine();
  makeViews();
}

/** Growth of linear memory detaches its views; every entry into the engine looks. */
export function refresh() {
  if (mem.length !== 0) return;
  if (current === undefined) renew();
  makeViews();
}

function makeViews() {
  buffer = calls.memory.buffer;
  memWords = new Int32Array(buffer);
  // Without a bound: the table is never read beyond the count.
  records = new Int32Array(buffer, recordsAt);
  table = new Int32Array(buffer, tableAt, 2 * tableSize);
  outgoing = new Uint8Array(buffer, outputAt + HEADER, regionSize);
  status = new Uint32Array(buffer, statusAt, STATUS_WORDS);
  // Last, because it is what `refresh` looks at.
  mem = bytesOf(buffer);
}

/** A fresh instance in the place of a retired one. */
function renew() {
  if (!module) {
    throw new Error(
      "ws4wasm is not started: await init(…) of 'ws4wasm/slim' first, or import 'ws4wasm', which starts it",
    );
  }
  if (!restarting) {
    const fresh = makeGlue();
    try {
      use(fresh, fresh.initSync({ module }));
      return;
    } catch (error) {
      // Chromium before 114 makes no instance of this size at once on a page's main thread.
      if (!/main thread/.test(String(error))) throw error;
    }
    restarting = restart();
    restarting.catch(() => {});
  }
  throw new Error(
    'the engine of ws4wasm has stopped and is being started anew, which takes this browser a moment: try again',
  );
}

async function restart() {
  const fresh = makeGlue();
  try {
    const exports = await fresh.init({ module_or_path: module });
    if (current === undefined) use(fresh, exports);
  } finally {
    // Whoever needs an engine next tries again.
    restarting = undefined;
  }
}

/**
 * What to throw for an error that came out of the engine.
 *
 * A trap leaves the engine in the middle of something. So may a stack overflow, whether it did can
 * be seen only from a stack that is not as deep; where even that cannot be asked for here, the next
 * call traps, because the engine is still taken.
 * @param {unknown} error
 */
export function trapped(error) {
  if (current === undefined) return error;
  if (error instanceof WebAssembly.RuntimeError) return retire(current, error, whyOf(error));
  if (error instanceof RangeError) {
    const engine = current;
    queueMicrotask(() => examine(engine, error));
  }
  return error;
}

/**
 * Retires an engine if a stack overflow has left it in the middle of a call.
 * @param {Engine} engine
 * @param {RangeError} overflow
 */
function examine(engine, overflow) {
  if (engine !== current) return;
  try {
    calls.stream_wants(NO_STREAM);
  } catch {
    retire(engine, overflow, 'a stack overflow in the middle of a call');
  }
}

/** @param {WebAssembly.RuntimeError} error */
function whyOf(error) {
  try {
    return glue.failure() ?? error.message;
  } catch {
    return error.message;
  }
}

/** How many have been retired. */
export let retirements = 0;

/**
 * @param {Engine} engine
 * @param {Error} cause
 * @param {string} why
 */
function retire(engine, cause, why) {
  retirements++;
  const used = `${buffer.byteLength / 2 ** 20} MiB`;
  const RuntimeError = /** @type {any} */ (WebAssembly.RuntimeError);
  const error = new RuntimeError(
    `the engine of ws4wasm has stopped, and all its streams with it; of memory it had ${used} (${why})`,
    { cause },
  );
  queueMicrotask(() => succeed(engine, error));
  // From here on nothing is called, so that no stack can be too deep for a part of it.
  engine.stopped = error;
  engine.held = NOTHING_HELD;
  current = undefined;
  glue = wasm = calls = NO_CALLS;
  buffer = NO_MEMORY;
  mem = outgoing = NO_BYTES;
  memWords = records = table = NO_WORDS;
  status = NO_STATUS;
  return error;
}

/**
 * What follows an engine's end: it is told of, and a fresh one is made.
 * @param {Engine} engine
 * @param {Error} error
 */
function succeed(engine, error) {
  // Until its stack has been read an error keeps the instance alive that V8 found on it.
  void error.stack;
  void (/** @type {Error} */ (error.cause).stack);
  for (const watcher of engine.watchers) {
    if (watcher) queueMicrotask(() => watcher.stopped(error));
  }
  engine.watchers = [];
  try {
    refresh();
  } catch {
    // Whoever needs an engine next tries again, and learns why there is none.
  }
}

/**
 * The owner of a stream is told when its engine is retired, and why; at once, nearly, if it is already.
 * @param {Engine} engine
 * @param {number} stream
 * @param {Watcher} watcher
 */
export function watch(engine, stream, watcher) {
  const { stopped, watchers } = engine;
  if (stopped) queueMicrotask(() => watcher.stopped(stopped));
  else watchers[stream] = watcher;
}

/**
 * It need not be told any more; a retired engine has told all of its own.
 * @param {number} stream
 * @param {Watcher} watcher
 */
export function unwatch(stream, watcher) {
  const watchers = current?.watchers;
  if (watchers?.[stream] === watcher) watchers[stream] = undefined;
}

/**
 * This much of the stack is left for a call of the engine, or its caller is told before the engine
 * is in the middle of anything.
 */
const FRAMES_LEFT = 100;

/** @param {number} frames @returns {number} */
function descend(frames) {
  return frames === 0 ? 0 : 1 + descend(frames - 1);
}

/** Whether the stack is so shallow that a call of the engine will not overflow it. */
export function isShallow() {
  try {
    descend(FRAMES_LEFT);
    return true;
  } catch {
    return false;
  }
}

/**
 * @template {(...args: any[]) => any} F
 * @param {F} f
 */
const guarded = (f) =>
  /** @type {F} */ (
    (...args) => {
      descend(FRAMES_LEFT);
      try {
        return f(...args);
      } catch (error) {
        throw trapped(error);
      }
    }
  );

/** @param {import('../../pkg/ws4wasm.js').Glue} fresh */
const guardedMembers = (fresh) =>
  Object.fromEntries(
    Object.entries(fresh).map(([name, member]) => {
      const isFunction = typeof member === 'function' && !/^[A-Z]/.test(name);
      return [name, isFunction ? guarded(/** @type {any} */ (member)) : member];
    }),
  );

/**
 * The engine's functions, with care: those of every message are called by `calls` instead, which
 * costs less.
 * @type {any}
 */
export let wasm = NO_CALLS;

/**
 * Makes something in the engine. Where that is the call that finds out that the engine cannot be
 * used any more, it is made in the next one: what ends the old one's streams is none of its own
 * affair.
 * @template T
 * @param {() => T} make
 * @returns {T}
 */
export function create(make) {
  refresh();
  const engine = current;
  try {
    return make();
  } catch (error) {
    if (engine === current) throw error;
    refresh();
    return make();
  }
}

/** Up to this many bytes are written one by one: a call of the platform's takes longer. */
const FEW = 8;

/**
 * Writes bytes, at most a region's worth, into the input region.
 * @param {Uint8Array} bytes
 */
export function writeInput(bytes) {
  refresh();
  const { length } = bytes;
  const into = mem;
  if (length > FEW) put(into, bytes, inputAt);
  else for (let i = 0; i < length; i++) into[inputAt + i] = bytes[i];
}

/**
 * Has a stream decode a part of the input region; gives how many records there are.
 * @param {number} stream
 * @param {number} offset
 * @param {number} length
 * @param {number} beyond
 */
export function receiveFor(stream, offset, length, beyond) {
  let count;
  try {
    count = calls.stream_receive(stream, offset, length, beyond);
  } catch (error) {
    throw trapped(error);
  }
  refresh();
  return count;
}

/**
 * How many bytes complete what a stream has under way, at least 1.
 * @param {number} stream
 */
export function wantsOf(stream) {
  try {
    return calls.stream_wants(stream);
  } catch (error) {
    throw trapped(error);
  }
}

/** The exception for the fault that the last call reported. */
export function takeException() {
  return exceptionOf(wasm.take_error());
}

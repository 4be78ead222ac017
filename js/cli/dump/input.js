// Where a capture comes from: a file, one that grows, or a pipe.
import { createReadStream, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/failure.js';

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;
/** Milliseconds between two looks at a file that grows. */
const LOOK_AGAIN = 100;
/** Milliseconds until progress is shown, and between two such times. */
const PATIENCE = 500;

/**
 * The bytes of a file, or those from stdin for '-', until it ends or `signal` says so.
 * @param {string} file
 * @param {{ follow: boolean, signal: AbortSignal }} options follow: wait for more at its end
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
export async function* chunks(file, { follow, signal }) {
  if (file === '-') return yield* until(process.stdin, signal);
  const progress = bar(sizeOf(file));
  let done = 0;
  try {
    do {
      const source = createReadStream(file, { start: done, highWaterMark: CHUNK });
      for await (const chunk of until(source, signal)) {
        yield chunk;
        done += chunk.length;
        progress(done);
      }
      if (follow) await again(file, done, signal);
    } while (follow && !signal.aborted);
  } finally {
    progress(undefined);
  }
}

/**
 * What a stream gives, until it ends or is told to.
 * @param {import('node:stream').Readable} source
 * @param {AbortSignal} signal
 */
async function* until(source, signal) {
  const stop = () => source.destroy();
  signal.addEventListener('abort', stop);
  try {
    if (!signal.aborted) for await (const chunk of source) yield/** @type {Buffer} */ (chunk);
  } catch (error) {
    // A stream that is destroyed says that it has ended too soon.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Waits until a file is longer.
 * @param {string} file
 * @param {number} done
 * @param {AbortSignal} signal
 */
async function again(file, done, signal) {
  while (!signal.aborted) {
    const size = sizeOf(file);
    if (size < done) {
      throw new Failure(
        `${file} has become shorter: what was read is not its beginning any more.`,
      );
    }
    if (size > done) return;
    await delay(LOOK_AGAIN, undefined, { signal }).catch(() => {});
  }
}

/**
 * The size of a file, which must be there.
 * @param {string} file
 */
export function sizeOf(file) {
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new Failure(`${file} is a folder. Give a capture file.`);
    return found.size;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(code === 'ENOENT' ? `There is no file ${file}.` : message);
  }
}

/**
 * Shows a waiting person how far it is. Not where lines on the same terminal show it.
 * @param {number} whole
 * @returns {(done: number | undefined) => void} undefined takes it away
 */
function bar(whole) {
  if (!process.stderr.isTTY || process.stdout.isTTY) return () => {};
  let last = performance.now();
  let shown = false;
  return (done) => {
    if (done === undefined) {
      if (shown) process.stderr.write('\r\x1b[K');
    } else if (performance.now() - last > PATIENCE) {
      last = performance.now();
      shown = true;
      const percent = whole ? `, ${Math.min(100, Math.floor((100 * done) / whole))} %` : '';
      process.stderr.write(`\r\x1b[Kreading: ${megabytes(done)}${percent}`);
    }
  };
}

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

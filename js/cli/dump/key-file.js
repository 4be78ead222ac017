// A key log of TLS, which may appear and grow while the capture does: programs append to it.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { InputError } from '../../inspect/node.js';
import { Failure } from '../base/failure.js';
import { sizeOf } from './input.js';

const NEWLINE = 10;

export class KeyFile {
  #path;
  /** Bytes that were taken: whole lines. */
  #done = 0;

  /**
   * @param {string} path
   * @param {{ awaited?: boolean }} [options] awaited: it need not be there yet
   */
  constructor(path, { awaited = false } = {}) {
    this.#path = path;
    if (!awaited) sizeOf(path);
  }

  /** That it is still not there, in a sentence. */
  get missing() {
    if (this.#done > 0 || existsSync(this.#path)) return undefined;
    return `--keylog ${this.#path}: there is no such file, and so no keys.`;
  }

  /**
   * Takes the lines that have come since. None yet is no fault; none of a key log is.
   * @param {import('../../inspect/index.js').Inspection} inspection
   * @param {boolean} [end] the last line may lack its end
   */
  takeInto(inspection, end = false) {
    if (this.#done === 0 && !existsSync(this.#path)) return;
    const length = sizeOf(this.#path) - this.#done;
    if (length <= 0) return;
    const bytes = Buffer.alloc(length);
    const file = openSync(this.#path, 'r');
    let read = 0;
    try {
      read = readSync(file, bytes, 0, length, this.#done);
    } finally {
      closeSync(file);
    }
    const whole = end ? read : bytes.lastIndexOf(NEWLINE, read - 1) + 1;
    if (whole === 0) return;
    const first = this.#done === 0;
    this.#done += whole;
    try {
      inspection.keys(bytes.subarray(0, whole));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Later lines may be of other kinds, or comments.
      if (first) throw new Failure(`--keylog ${this.#path}: ${error.message}`);
    }
  }
}

// The file of `--save`. What the recorder makes of what happens is on its way to the disk when
// the call returns; what is there at any time is a whole pcapng file.
import { createWriteStream, openSync } from 'node:fs';
import { Recorder } from '../../inspect/node.js';

/** Bytes that may wait for the disk; a writer of more is told to wait. */
const MAX_WAITING = 8 * 1024 * 1024;

/** @typedef {import('../page/live.js').Direction} Direction */
/** @typedef {import('../../inspect/index.js').Endpoint} Endpoint */
/** @typedef {import('./connection.js').Tap} Tap */

const now = () => performance.timeOrigin + performance.now();

/** What passes on one connection goes into the file. @implements {Tap} */
class FileTap {
  #record;
  #connection;

  /**
   * @param {(act: (recorder: Recorder) => Uint8Array) => void} record
   * @param {number} connection in the recorder
   */
  constructor(record, connection) {
    this.#record = record;
    this.#connection = connection;
  }

  /**
   * @param {Direction} direction
   * @param {Uint8Array} bytes
   */
  data(direction, bytes) {
    this.#record((recorder) => recorder.data(this.#connection, direction, bytes, now()));
  }

  /** @param {Direction} direction that ends */
  end(direction) {
    this.#record((recorder) => recorder.end(this.#connection, direction, 'fin', now()));
  }

  /**
   * @param {string} [reason] empty for an orderly end
   * @param {Direction} [from] the side that broke it off
   */
  close(reason = '', from = 'c2s') {
    if (reason) {
      this.#record((recorder) => recorder.end(this.#connection, from, 'reset', now()));
    }
    // Nothing more will be told, even of a side whose end was not.
    for (const direction of /** @type {Direction[]} */ (['c2s', 's2c'])) {
      this.#record((recorder) => recorder.end(this.#connection, direction, 'cut', now()));
    }
  }
}

export class CaptureFile {
  #stream;
  #recorder = new Recorder();
  /** Bytes in it. */
  size = 0;

  /**
   * @param {string} path of a file that is not there yet; throws where it cannot be
   * @param {(error: Error) => void} onError when it cannot be written, the disk is full; what
   *   was written is left, and nothing more comes
   */
  constructor(path, onError) {
    // Nobody else's to read: what passes may be secret.
    this.#stream = createWriteStream(path, { fd: openSync(path, 'wx', 0o600) });
    this.#stream.on('error', onError);
    this.#record((recorder) => recorder.head());
  }

  /**
   * @param {{ client: Endpoint, server: Endpoint }} ends
   * @returns {Tap}
   */
  open(ends) {
    const opened = this.#recorder.openConnection({ ...ends, time: now() });
    this.#record(() => opened.bytes);
    return new FileTap((act) => this.#record(act), opened.connection);
  }

  /**
   * Resolves when what waits for the disk is no longer too much, or the file is given up; undefined
   * when that is so.
   * @returns {Promise<void> | undefined}
   */
  ready() {
    const stream = this.#stream;
    if (stream.writableLength < MAX_WAITING || stream.destroyed) return undefined;
    return new Promise((resolve) => {
      const go = () => {
        stream.off('drain', go).off('close', go);
        resolve(undefined);
      };
      stream.on('drain', go).on('close', go);
    });
  }

  /** Resolves when all of it is on its disk. */
  async close() {
    if (this.#stream.destroyed) return;
    await new Promise((resolve) => {
      this.#stream.on('close', () => resolve(undefined)).end();
    });
  }

  /** @param {(recorder: Recorder) => Uint8Array} act gives what to append */
  #record(act) {
    const bytes = act(this.#recorder);
    // A server that is slow to end does so after the file, whose connections are cut by then.
    if (bytes.length === 0 || this.#stream.destroyed || this.#stream.writableEnded) return;
    this.size += bytes.length;
    this.#stream.write(bytes);
  }
}

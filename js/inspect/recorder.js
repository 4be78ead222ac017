// `Recorder`: checks what it is given, and passes it on to the inspector's module.
import { END_CUT, END_FIN, END_RESET } from '../../pkg/inspect/contract.js';
import { isAddress, RawRecorder } from '../../pkg/inspect/inspect.js';
import * as check from '../base/arguments.js';
import { joined } from '../base/bytes.js';
import { directions, endpoint, finite, number, offset, pieces } from './arguments.js';
import { oneOf } from './options.js';

const ends = { fin: END_FIN, reset: END_RESET, cut: END_CUT };

/** Lets a Recorder's memory go that was forgotten. */
const forgotten = new FinalizationRegistry((/** @type {RawRecorder} */ raw) => raw.free());

/** @typedef {import('./index.js').Recorder} PublicRecorder */

/** @implements {PublicRecorder} */
export class Recorder {
  /** @type {RawRecorder | undefined} */
  #raw = new RawRecorder();

  constructor() {
    forgotten.register(this, /** @type {RawRecorder} */ (this.#raw), this);
  }

  #open() {
    if (!this.#raw) throw new TypeError('this Recorder was freed');
    return this.#raw;
  }

  head() {
    return this.#open().head();
  }

  /** @param {Parameters<PublicRecorder['openConnection']>[0]} connection */
  openConnection(connection) {
    const { client, server, time } = /** @type {Record<string, unknown>} */ (
      check.options(connection, 'connection')
    );
    const from = ipEndpoint(client, 'client');
    const to = ipEndpoint(server, 'server');
    const at = finite(time, 'time');
    return this.#open().open(from.address, from.port, to.address, to.port, at);
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {number} time
   */
  data(connection, direction, bytes, time) {
    const of = number(connection, 'connection');
    const way = oneOf(direction, 'direction', directions);
    const all = check.bytes(bytes, 'bytes');
    const at = finite(time, 'time');
    const open = this.#open();
    // No bytes are a piece, too: whether the connection can have any is for the module to say.
    const parts = Array.from(all.length ? pieces(all) : [all], (piece) =>
      recording(() => open.data(of, way, piece, at)),
    );
    return parts.length === 1 ? parts[0] : joined(parts, (length) => new Uint8Array(length));
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {number} length
   * @param {number} time
   */
  gap(connection, direction, length, time) {
    const of = number(connection, 'connection');
    const way = oneOf(direction, 'direction', directions);
    const missing = offset(length, 'length');
    const at = finite(time, 'time');
    return recording(() => this.#open().gap(of, way, missing, at));
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {'fin' | 'reset' | 'cut'} how
   * @param {number} time
   */
  end(connection, direction, how, time) {
    const of = number(connection, 'connection');
    const way = oneOf(direction, 'direction', directions);
    const end = oneOf(how, 'how', ends);
    const at = finite(time, 'time');
    return recording(() => this.#open().end(of, way, end, at));
  }

  get openConnections() {
    return this.#open().openConnections();
  }

  free() {
    forgotten.unregister(this);
    this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/** @param {unknown} value @param {string} name */
function ipEndpoint(value, name) {
  const end = endpoint(value, name);
  if (!isAddress(end.address)) {
    throw check.outOfRange(
      `${name}.address`,
      end.address,
      'an IPv4 address, or an IPv6 address without brackets',
    );
  }
  return end;
}

/**
 * The module throws sentences.
 * @param {() => Uint8Array} work
 */
function recording(work) {
  try {
    return work();
  } catch (error) {
    throw typeof error === 'string' ? new RangeError(error) : error;
  }
}

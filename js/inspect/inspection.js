// `Inspection`: checks what it is given, and passes it on to the inspector's module.
import {
  BYTES_INFLATED,
  BYTES_MESSAGE,
  BYTES_UNMASKED,
  BYTES_WIRE,
  END_FIN,
  END_RESET,
} from '../../pkg/inspect/contract.js';
import * as raw from '../../pkg/inspect/inspect.js';
import * as check from '../base/arguments.js';
import { directions, endpoint, finite, number, offset, pieces } from './arguments.js';
import { FilterError, InputError } from './errors.js';
import { inspectionOptions, oneOf } from './options.js';
import { View } from './view.js';

export { FilterError, InputError };

/** The most bytes that `bytes()` gives. */
const MOST_BYTES = 1024 * 1024;

const byteKinds = {
  wire: BYTES_WIRE,
  unmasked: BYTES_UNMASKED,
  inflated: BYTES_INFLATED,
  message: BYTES_MESSAGE,
};
const ends = { fin: END_FIN, reset: END_RESET };
const severities = { error: 'error', warning: 'warning', hint: 'hint' };
const formats = {
  json: 'json',
  har: 'har',
  pcapng: 'pcapng',
  vector: 'vector',
  keylog: 'keylog',
};

/** Lets an Inspection's memory go that was forgotten. */
const forgotten = new FinalizationRegistry((/** @type {raw.RawInspection} */ of) => of.free());

/** @typedef {import('./index.js').Inspection} PublicInspection */

/** @implements {PublicInspection} */
export class Inspection {
  /** @type {raw.RawInspection | undefined} */
  #raw;

  /** @param {import('./index.js').InspectionOptions} [options] */
  constructor(options = {}) {
    this.#raw = new raw.RawInspection(inspectionOptions(options));
    forgotten.register(this, this.#raw, this);
  }

  #open() {
    if (!this.#raw) throw new TypeError('this Inspection was freed');
    return this.#raw;
  }

  /** @param {Uint8Array | ArrayBuffer} chunk */
  push(chunk) {
    const bytes = check.bytes(chunk, 'chunk');
    const open = this.#open();
    reading(() => {
      for (const piece of pieces(bytes)) open.push(piece);
    });
  }

  finish() {
    const open = this.#open();
    reading(() => open.finish());
  }

  /** @param {Uint8Array | ArrayBuffer} keyLog */
  keys(keyLog) {
    const bytes = check.bytes(keyLog, 'keyLog');
    const secrets = this.#open().keys(bytes);
    if (secrets === 0) {
      throw new InputError(
        'This is no key log of TLS: no line of it is a label, a client random of 64 hex digits and a secret. Programs write one to the file that SSLKEYLOGFILE names.',
      );
    }
    return secrets;
  }

  /** @param {Parameters<import('./index.js').Inspection['openConnection']>[0]} connection */
  openConnection(connection) {
    const { client, server, time, url } = /** @type {Record<string, unknown>} */ (
      check.options(connection, 'connection')
    );
    const from = endpoint(client, 'client');
    const to = endpoint(server, 'server');
    const target = url === undefined ? undefined : check.string(url, 'url');
    const started = finite(time, 'time');
    return this.#open().open(from.address, from.port, to.address, to.port, started, target);
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {number} time
   */
  data(connection, direction, bytes, time) {
    const from = number(connection, 'connection');
    const way = oneOf(direction, 'direction', directions);
    const all = check.bytes(bytes, 'bytes');
    const at = finite(time, 'time');
    for (const piece of pieces(all)) this.#open().data(from, way, piece, at);
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
    this.#open().gap(of, way, offset(length, 'length'), finite(time, 'time'));
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {'fin' | 'reset'} how
   * @param {number} time
   */
  end(connection, direction, how, time) {
    const of = number(connection, 'connection');
    const way = oneOf(direction, 'direction', directions);
    const end = oneOf(how, 'how', ends);
    this.#open().end(of, way, end, finite(time, 'time'));
  }

  get totals() {
    return this.#open().totals();
  }

  get revision() {
    return this.#open().revision();
  }

  connections() {
    return this.#open().connections();
  }

  /** @param {number} connection */
  connection(connection) {
    return this.#open().connection(number(connection, 'connection'));
  }

  /** @param {number} connection */
  handshake(connection) {
    return this.#open().handshake(number(connection, 'connection'));
  }

  /** @param {import('./index.js').ViewOptions} [options] */
  view(options = {}) {
    return new View(() => this.#open(), options);
  }

  /** @param {string} text */
  checkFilter(text) {
    return raw.checkFilter(check.string(text, 'text'));
  }

  /** @param {string} text @param {number} [position] */
  completeFilter(text, position = text.length) {
    const at = number(position, 'position');
    return raw.completeFilter(check.string(text, 'text'), at);
  }

  /** @param {number} frame */
  frame(frame) {
    return this.#open().frame(number(frame, 'frame'));
  }

  /**
   * @param {number} frame
   * @param {import('./index.js').ByteKind} kind
   * @param {number} [from]
   * @param {number} [count]
   */
  bytes(frame, kind, from = 0, count = MOST_BYTES) {
    const which = oneOf(kind, 'kind', byteKinds);
    const most = Math.min(offset(count, 'count'), MOST_BYTES);
    return this.#open().bytes(number(frame, 'frame'), which, offset(from, 'from'), most);
  }

  /**
   * @param {number} connection
   * @param {import('./index.js').Direction} direction
   * @param {number} at
   */
  frameAt(connection, direction, at) {
    const way = oneOf(direction, 'direction', directions);
    return this.#open().frameAt(number(connection, 'connection'), way, offset(at));
  }

  /** @param {Parameters<import('./index.js').Inspection['violations']>[0]} [options] */
  violations(options = {}) {
    const {
      connection,
      severity,
      from = 0,
      count = 1000,
    } = /** @type {Record<string, unknown>} */ (check.options(options));
    return this.#open().violations(
      connection === undefined ? undefined : number(connection, 'connection'),
      severity === undefined ? undefined : oneOf(severity, 'severity', severities),
      number(from, 'from'),
      number(count, 'count'),
    );
  }

  /** @param {import('./index.js').View} [view] */
  statistics(view) {
    return this.#open().statistics(framesOf(view, 'view'));
  }

  /** @param {Parameters<import('./index.js').Inspection['timeline']>[0]} [options] */
  timeline(options = {}) {
    const {
      view,
      from,
      to,
      columns = 1000,
      points = 5000,
    } = /** @type {Record<string, unknown>} */ (check.options(options));
    return /** @type {import('./index.js').Timeline} */ (
      this.#open().timeline(
        framesOf(view, 'view'),
        from === undefined ? undefined : finite(from, 'from'),
        to === undefined ? undefined : finite(to, 'to'),
        check.integer(columns, 'columns', 1, 100_000),
        number(points, 'points'),
      )
    );
  }

  /**
   * @param {import('./index.js').ExportFormat} format
   * @param {import('./index.js').View | Uint32Array | number[]} [of]
   * @param {import('./index.js').ExportOptions} [options]
   */
  export(format, of, options) {
    const name = oneOf(format, 'format', formats);
    const { secrets = false } = check.options(options);
    if (typeof secrets !== 'boolean') throw check.wrongType('secrets', secrets, 'a boolean');
    const file = this.#open().export(name, framesOf(of, 'of'), secrets);
    return /** @type {Uint8Array} */ (file);
  }

  holdsSecrets() {
    return this.#open().holdsSecrets();
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

/** @param {Uint8Array | ArrayBuffer} bytes */
export function isKeyLog(bytes) {
  return raw.isKeyLog(check.bytes(bytes, 'bytes'));
}

/** @param {Uint8Array | ArrayBuffer} capture @param {Uint8Array | ArrayBuffer} keyLog */
export function withKeys(capture, keyLog) {
  const packets = check.bytes(capture, 'capture');
  const keys = check.bytes(keyLog, 'keyLog');
  if (!raw.isKeyLog(keys)) throw new InputError('keyLog is no key log of TLS.');
  return reading(() => raw.withKeys(packets, keys));
}

export function rules() {
  return raw.rules();
}

/** @template T @param {() => T} work */
function reading(work) {
  try {
    return work();
  } catch (error) {
    throw typeof error === 'string' ? new InputError(error) : error;
  }
}

/**
 * The frames of a view, or those given.
 * @param {unknown} value
 * @param {string} name
 * @returns {Uint32Array | undefined}
 */
function framesOf(value, name) {
  if (value === undefined) return undefined;
  if (value instanceof View) return value.allFrames();
  if (value instanceof Uint32Array) return value;
  if (Array.isArray(value)) return Uint32Array.from(value, (each) => number(each, name));
  throw check.wrongType(name, value, 'a View of this inspection, or numbers of frames');
}

// A single frame (ws4py's framing module).
import { GIVEN_KEY, UNMASKED } from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { joined, ownKind, utf8Bytes } from '../base/bytes.js';
import { encodeFree, masked } from '../engine/encoding.js';
import * as engine from '../engine/instance.js';
import { HEADER, refresh, takeException, wasm, writeInput } from '../engine/instance.js';

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {0 | 1}
 */
function bit(value, name) {
  if (value === 0 || value === false) return 0;
  if (value === 1 || value === true) return 1;
  throw check.wrongType(name, value, '0, 1, true or false');
}

/**
 * @param {unknown} body
 * @returns {Uint8Array<ArrayBuffer>}
 */
function octets(body) {
  return typeof body === 'string' ? utf8Bytes(body) : ownKind(check.bytes(body, 'body'));
}

/**
 * @param {unknown} key
 * @returns {Uint8Array<ArrayBuffer>}
 */
function checkKey(key) {
  const bytes = check.bytes(key, 'maskingKey');
  if (bytes.length !== 4)
    throw new RangeError(`maskingKey has ${bytes.length} bytes; it must have 4`);
  return check.unshared(bytes);
}

/** @param {Uint8Array} key */
function little(key) {
  return (key[0] | (key[1] << 8) | (key[2] << 16) | (key[3] << 24)) >>> 0;
}

export class Frame {
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  #key;
  /** @type {FrameParser | undefined} */
  #parser;

  /** @param {import('../index.js').FrameOptions} [options] */
  constructor(options) {
    const {
      opcode,
      body = '',
      maskingKey,
      fin = 0,
      rsv1 = 0,
      rsv2 = 0,
      rsv3 = 0,
    } = check.options(options);
    /** @type {number | undefined} */
    this.opcode = opcode === undefined ? undefined : check.integer(opcode, 'opcode', 0, 15);
    /** @type {Uint8Array<ArrayBuffer>} */
    this.body = octets(body);
    this.maskingKey = /** @type {any} */ (maskingKey);
    /** @type {0 | 1} */
    this.fin = bit(fin, 'fin');
    /** @type {0 | 1} */
    this.rsv1 = bit(rsv1, 'rsv1');
    /** @type {0 | 1} */
    this.rsv2 = bit(rsv2, 'rsv2');
    /** @type {0 | 1} */
    this.rsv3 = bit(rsv3, 'rsv3');
  }

  /** @returns {Uint8Array<ArrayBuffer> | undefined} */
  get maskingKey() {
    return this.#key;
  }

  set maskingKey(key) {
    this.#key = key === undefined || key === null ? undefined : checkKey(key);
  }

  get payloadLength() {
    return this.#parser?.payloadLength ?? this.body.length;
  }

  build() {
    if (this.opcode === undefined)
      throw check.wrongType('opcode', undefined, 'set before build()');
    const rsv = (this.rsv1 << 6) | (this.rsv2 << 5) | (this.rsv3 << 4);
    const first = (this.fin << 7) | rsv | this.opcode;
    refresh();
    if (!wasm.opcode_is_defined(this.opcode)) {
      throw check.outOfRange('opcode', this.opcode, '0-2 or 8-10: the others are reserved');
    }
    const key = this.#key;
    return encodeFree(first, key ? GIVEN_KEY : UNMASKED, key ? little(key) : 0, this.body);
  }

  /** @param {Uint8Array | ArrayBuffer} data */
  mask(data) {
    const bytes = check.bytes(data, 'data');
    if (!this.#key) throw check.wrongType('maskingKey', undefined, 'set to mask with it');
    return masked(bytes, little(this.#key));
  }

  /** @param {Uint8Array | ArrayBuffer} data */
  unmask(data) {
    return this.mask(data);
  }

  get parser() {
    this.#parser ??= new FrameParser(this);
    return this.#parser;
  }
}

/** Most that is set aside for a body before its bytes have come. */
const FIRST_BODY = 64 * 1024;

/** Reads one frame into `frame`, from bytes cut anywhere. */
class FrameParser {
  #frame;
  /** The first bytes that came: the header, and what came with its end. */
  #header = new Uint8Array(HEADER);
  #headerLength = 0;
  #body = new Uint8Array(0);
  #bodyLength = 0;
  /** The announced length of the body; -1 until the header is complete. */
  #announced = -1;
  #key = 0;
  #done = false;

  /** Bytes that came after the frame. */
  rest = ownKind(new Uint8Array(0));

  /** @param {Frame} frame */
  constructor(frame) {
    this.#frame = frame;
  }

  get payloadLength() {
    return this.#announced < 0 ? undefined : this.#announced;
  }

  /**
   * @param {Uint8Array | ArrayBuffer | number} data
   * @returns {number | undefined}
   */
  send(data) {
    const bytes =
      typeof data === 'number'
        ? Uint8Array.of(check.integer(data, 'bytes', 0, 255))
        : check.bytes(data, 'bytes');
    if (this.#done) {
      this.rest = joined([this.rest, bytes]);
      return undefined;
    }
    const bodyStart = this.#announced < 0 ? this.#readHeader(bytes) : 0;
    return typeof bodyStart === 'object'
      ? bodyStart.wants
      : this.#readBody(bytes.subarray(bodyStart));
  }

  /**
   * Where the body begins in `bytes`, or how many bytes the header still wants.
   * @param {Uint8Array} bytes
   */
  #readHeader(bytes) {
    const held = this.#headerLength;
    const taken = bytes.subarray(0, HEADER - held);
    this.#header.set(taken, held);
    this.#headerLength = held + taken.length;
    writeInput(this.#header.subarray(0, this.#headerLength));
    const length = wasm.header_parse(this.#headerLength);
    if (length === 0) throw takeException();
    if (length < 0) return { wants: -length - this.#headerLength };
    refresh();
    const [b0, b1, low, high, key] = engine.status;
    const frame = this.#frame;
    frame.fin = /** @type {0 | 1} */ (b0 >> 7);
    frame.opcode = b0 & 15;
    this.#key = key;
    frame.maskingKey = b1 & 0x80 ? ownKind(this.#header.slice(length - 4, length)) : undefined;
    this.#announced = high * 2 ** 32 + low;
    return length - held;
  }

  /** @param {Uint8Array} bytes */
  #readBody(bytes) {
    const missing = this.#announced - this.#bodyLength;
    const taken = bytes.subarray(0, missing);
    this.#grow(taken.length);
    this.#body.set(taken, this.#bodyLength);
    this.#bodyLength += taken.length;
    if (taken.length < missing) return missing - taken.length;
    const body = this.#body.subarray(0, this.#bodyLength);
    this.#frame.body = this.#frame.maskingKey ? masked(body, this.#key) : ownKind(body);
    this.#done = true;
    // A Buffer's own slice() would not copy.
    this.rest = ownKind(new Uint8Array(bytes.subarray(taken.length)));
    return undefined;
  }

  /** Grows with what has come, never to what is merely announced. */
  #grow(/** @type {number} */ more) {
    const needed = this.#bodyLength + more;
    if (needed <= this.#body.length) return;
    const size = Math.min(this.#announced, Math.max(needed, this.#body.length * 2, FIRST_BODY));
    const larger = new Uint8Array(size);
    larger.set(this.#body.subarray(0, this.#bodyLength));
    this.#body = larger;
  }
}

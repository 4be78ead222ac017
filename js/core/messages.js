// Messages: what a stream delivers and what it sends (ws4py's messaging module).
import {
  CLOSE_NO_STATUS,
  CLOSE_NORMAL,
  CLOSE_REASON_MAX,
  CONTROL_PAYLOAD_MAX,
  FRESH_KEY,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
  UNMASKED,
} from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { joined, ownKind, utf8Bytes, utf8Length, utf8Text } from '../base/bytes.js';
import { encodeFree } from '../engine/encoding.js';
import { refresh, wasm } from '../engine/instance.js';

export {
  CLOSE_NO_STATUS as NO_STATUS,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
};

/**
 * Bytes or a string's UTF-8.
 * @param {unknown} data
 * @param {string} name
 * @returns {Uint8Array<ArrayBuffer>}
 */
function octets(data, name) {
  if (typeof data === 'string') return utf8Bytes(data);
  return ownKind(check.bytes(data, name));
}

/** The last frame of its message (RFC 6455 section 5.2). */
export const FIN = 0x80;

/**
 * What all messages share. The classes say by `type` and `opcode`, on their prototypes, what
 * they are, so that a message on the hot path has two fields only.
 */
export class Message {
  /**
   * @param {number} opcode
   * @param {any} [data]
   */
  constructor(opcode, data) {
    // biome-ignore lint/correctness/noConstructorReturn: ws4py's Message(opcode, data)
    if (new.target === Message) return messageOf(opcode, data);
    this.data = data;
    /** @type {boolean} */
    this.completed = false;
  }

  get length() {
    const { data } = this;
    return typeof data === 'string' ? utf8Length(data) : data.length;
  }

  /**
   * @param {boolean} [mask]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  single(mask = false) {
    const masking = check.flag(mask, 'mask') ? FRESH_KEY : UNMASKED;
    return encodeFree(FIN | this.opcode, masking, 0, this.data);
  }

  /**
   * @param {{ first?: boolean, last?: boolean, mask?: boolean }} [options]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  fragment(options) {
    const { first = false, last = false, mask = false } = check.options(options);
    const isFirst = check.flag(first, 'first');
    const isLast = check.flag(last, 'last');
    if (this.opcode >= OPCODE_CLOSE && !(isFirst && isLast)) {
      // RFC 6455 section 5.5: control frames must not be fragmented.
      throw new RangeError(`a ${this.type} message cannot be fragmented; use single()`);
    }
    const masking = check.flag(mask, 'mask') ? FRESH_KEY : UNMASKED;
    const opcode = isFirst ? this.opcode : OPCODE_CONTINUATION;
    return encodeFree((isLast ? FIN : 0) | opcode, masking, 0, this.data);
  }

  toString() {
    return typeof this.data === 'string' ? this.data : utf8Text(this.data);
  }

  /** @returns {{ type: string, data?: any, code?: number, reason?: string }} */
  toJSON() {
    return { type: this.type, data: this.data };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {(value: unknown, options: object) => string} */ inspect,
  ) {
    const { type, ...rest } = this.toJSON();
    return `${this.constructor.name} ${inspect(rest, options)}`;
  }
}

/** @type {string} */
Message.prototype.type = 'message';
/** @type {number} */
Message.prototype.opcode = OPCODE_CONTINUATION;
/** @type {boolean} */
Message.prototype.isText = false;
/** @type {boolean} */
Message.prototype.isBinary = false;

export class TextMessage extends Message {
  constructor(text = '') {
    if (typeof text !== 'string') throw check.wrongType('text', text, 'a string');
    super(OPCODE_TEXT, text);
  }

  /** @param {string | Uint8Array | ArrayBuffer} data */
  extend(data) {
    if (typeof this.data !== 'string') {
      this.data = utf8Text(this.data);
      this.extend(data);
      this.data = utf8Bytes(this.data);
      return;
    }
    if (typeof data === 'string') {
      this.data += data;
      return;
    }
    // Half a character would be lost between two strings, so bytes must be whole text.
    const bytes = check.bytes(data, 'data');
    try {
      this.data += new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new RangeError(
        'data is not whole UTF-8; pass a string, or bytes that end on a character',
      );
    }
  }
}

export class BinaryMessage extends Message {
  /** @param {Uint8Array | ArrayBuffer} [data] */
  constructor(data = new Uint8Array(0)) {
    super(OPCODE_BINARY, ownKind(check.bytes(data, 'bytes')));
  }

  /** @param {Uint8Array | ArrayBuffer} data */
  extend(data) {
    this.data = joined([this.data, check.bytes(data, 'data')]);
  }
}

export class CloseControlMessage extends Message {
  /**
   * @param {number | null} [code] null for a close frame without a code
   * @param {string} [reason]
   */
  constructor(code = CLOSE_NORMAL, reason = '') {
    const text = check.string(reason, 'reason');
    if (code === null) {
      if (text !== '') throw check.outOfRange('reason', reason, 'empty when there is no code');
    } else {
      check.integer(code, 'code', 1000, 4999);
      refresh();
      if (!wasm.close_code_is_sendable(code)) {
        throw check.outOfRange('code', code, '1000-1003, 1007-1014 or 3000-4999');
      }
      checkReason(text);
    }
    super(OPCODE_CLOSE, closePayload(code, text));
    this.code = code ?? CLOSE_NO_STATUS;
    this.reason = text;
  }

  /** @param {string} data */
  extend(data) {
    if (this.code === CLOSE_NO_STATUS)
      throw check.outOfRange('code', null, 'given when there is a reason');
    const reason = this.reason + check.string(data, 'data');
    checkReason(reason);
    this.reason = reason;
    this.data = closePayload(this.code, reason);
  }

  toString() {
    return this.reason;
  }

  toJSON() {
    return { type: this.type, code: this.code, reason: this.reason };
  }
}

/**
 * A close message as it came; the engine has judged its code and its reason.
 * @param {number} code 1005 for a frame without one (RFC 6455 section 7.1.5)
 * @param {string} reason
 * @param {Uint8Array} payload
 */
export function receivedClose(code, reason, payload) {
  /** @type {CloseControlMessage} */
  const message = Object.create(CloseControlMessage.prototype);
  return Object.assign(message, { data: payload, completed: true, code, reason });
}

/**
 * @param {number | null} code
 * @param {string} reason
 */
function closePayload(code, reason) {
  if (code === null) return ownKind(new Uint8Array(0));
  return joined([Uint8Array.of(code >> 8, code & 255), utf8Bytes(reason)]);
}

/** @param {string} reason */
function checkReason(reason) {
  const length = utf8Length(reason);
  if (length > CLOSE_REASON_MAX) {
    throw new RangeError(
      `reason has ${length} bytes; it must be at most ${CLOSE_REASON_MAX} bytes of UTF-8`,
    );
  }
}

/** Pings and pongs. */
class PayloadControlMessage extends Message {
  /**
   * @param {number} opcode
   * @param {string | Uint8Array | ArrayBuffer} [data]
   */
  constructor(opcode, data = '') {
    const bytes = octets(data, 'data');
    checkControl(bytes.length);
    super(opcode, bytes);
  }

  /** @param {string | Uint8Array | ArrayBuffer} data */
  extend(data) {
    const more = octets(data, 'data');
    checkControl(this.data.length + more.length);
    this.data = joined([this.data, more]);
  }
}

/** @param {number} length */
function checkControl(length) {
  if (length > CONTROL_PAYLOAD_MAX) {
    throw new RangeError(
      `data has ${length} bytes; it must be at most ${CONTROL_PAYLOAD_MAX} bytes`,
    );
  }
}

export class PingControlMessage extends PayloadControlMessage {
  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  constructor(data) {
    super(OPCODE_PING, data);
  }
}

export class PongControlMessage extends PayloadControlMessage {
  /** @param {string | Uint8Array | ArrayBuffer} [data] */
  constructor(data) {
    super(OPCODE_PONG, data);
  }
}

/** @param {Message} prototype @param {string} type @param {number} opcode */
function describe(prototype, type, opcode) {
  prototype.type = type;
  prototype.opcode = opcode;
}
describe(TextMessage.prototype, 'text', OPCODE_TEXT);
TextMessage.prototype.isText = true;
describe(BinaryMessage.prototype, 'binary', OPCODE_BINARY);
BinaryMessage.prototype.isBinary = true;
describe(CloseControlMessage.prototype, 'close', OPCODE_CLOSE);
describe(PingControlMessage.prototype, 'ping', OPCODE_PING);
describe(PongControlMessage.prototype, 'pong', OPCODE_PONG);

/**
 * ws4py's generic constructor gives the class that fits.
 * @param {number} opcode
 * @param {any} data
 * @returns {Message}
 */
function messageOf(opcode, data) {
  if (opcode === OPCODE_TEXT) return new TextMessage(data);
  if (opcode === OPCODE_BINARY)
    return new BinaryMessage(typeof data === 'string' ? utf8Bytes(data) : data);
  if (opcode === OPCODE_PING) return new PingControlMessage(data);
  if (opcode === OPCODE_PONG) return new PongControlMessage(data);
  if (opcode === OPCODE_CLOSE) return new CloseControlMessage(CLOSE_NORMAL, data);
  throw check.outOfRange(
    'opcode',
    opcode,
    '1 (text), 2 (binary), 8 (close), 9 (ping) or 10 (pong)',
  );
}

/**
 * A text message as a stream with `text: 'bytes'` delivers it.
 * @param {Uint8Array} bytes that are UTF-8
 */
export function receivedUtf8(bytes) {
  const message = new TextMessage('');
  message.data = bytes;
  message.completed = true;
  return message;
}

/**
 * Marks what a stream delivers: the frame with FIN has come.
 * @template {Message} T
 * @param {T} message
 */
export function received(message) {
  message.completed = true;
  return message;
}

/** Known to every copy of this package, so that none takes a frame for a message. */
const PREPARED = Symbol.for('ws4wasm.prepared');

/**
 * Marks the bytes of a whole unmasked frame, so that a connection sends them as they are.
 * @param {Uint8Array<ArrayBuffer>} frame
 */
export function prepared(frame) {
  return Object.defineProperty(frame, PREPARED, { value: true });
}

/**
 * @param {any} payload
 * @returns {payload is Uint8Array}
 */
export function isPrepared(payload) {
  return payload[PREPARED] === true;
}

// A frame to be sent, as people and programs describe it: every bit of its header can be chosen,
// and may lie.
import { randomBytes } from 'node:crypto';

/** @type {Record<string, number>} */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** As long as the biggest message that a proxy keeps. */
const MAX_PAYLOAD = 16 * 1024 * 1024;
/** Frames that are made of one description, and bytes of all that are sent at once. */
const MAX_TIMES = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Without `raw`, all that is left out is as it should be.
 * @typedef {object} FrameSpec
 * @property {string} [raw] the whole frame, or anything else, in hex; then nothing else counts
 * @property {string | number} [opcode] a name or 0 to 15; default 'text'
 * @property {string} [text] the payload as text
 * @property {unknown} [json] the payload as a value
 * @property {string} [hex] the payload in hex
 * @property {number} [code] of a close
 * @property {string} [reason] of a close
 * @property {number} [take] only so many bytes of the payload: a text can end within a character
 * @property {boolean} [fin] default true
 * @property {boolean} [rsv1]
 * @property {boolean} [rsv2]
 * @property {boolean} [rsv3]
 * @property {boolean} [masked] default: to a server, as RFC 6455 section 5.3 has it
 * @property {string} [maskingKey] 4 bytes in hex; default random
 * @property {7 | 16 | 64} [lengthBits] where the length stands; default the shortest
 * @property {number | string} [length] as the header has it; default the payload's own. A string
 *   for what is beyond 2^53
 * @property {number} [times] how often it is sent, one after the other; default 1
 */

const KEYS = new Set([
  'raw',
  'opcode',
  'text',
  'json',
  'hex',
  'code',
  'reason',
  'take',
  'fin',
  'rsv1',
  'rsv2',
  'rsv3',
  'masked',
  'maskingKey',
  'lengthBits',
  'length',
  'times',
]);

/**
 * A list of frames, each as often as it says.
 * @param {unknown[]} given
 * @param {'c2s' | 's2c'} direction
 * @returns {Buffer[]} throws a TypeError or RangeError that names the key
 */
export function framesBytes(given, direction) {
  let size = 0;
  return given.flatMap((frame) => {
    const first = frameBytes(frame, direction);
    const times = integer(/** @type {FrameSpec} */ (frame).times ?? 1, 'times', 1, MAX_TIMES);
    size += first.length * times;
    if (size > MAX_BYTES) {
      throw new RangeError(`those are ${size} bytes; at most ${MAX_BYTES} are sent at once`);
    }
    // Each under a mask of its own, unless one is asked for.
    return [first, ...Array.from({ length: times - 1 }, () => frameBytes(frame, direction))];
  });
}

/**
 * One frame; `times` is what `framesBytes` makes of it.
 * @param {unknown} given
 * @param {'c2s' | 's2c'} direction
 * @returns {Buffer} throws a TypeError or RangeError that names the key
 */
export function frameBytes(given, direction) {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new TypeError('a frame is an object, such as { "opcode": "text", "text": "hello" }');
  }
  for (const key of Object.keys(given)) {
    if (!KEYS.has(key)) {
      throw new TypeError(
        `a frame has no key ${JSON.stringify(key)}; it may have ${[...KEYS].join(', ')}`,
      );
    }
  }
  const spec = /** @type {FrameSpec} */ (given);
  if (spec.raw !== undefined) return hexOf(spec.raw, 'raw');
  const opcode = opcodeOf(spec.opcode ?? 'text');
  const payload = payloadOf(spec, opcode);
  const { fin = true, rsv1 = false, rsv2 = false, rsv3 = false } = spec;
  const masked = flag(spec.masked ?? direction === 'c2s', 'masked');
  const bits = [fin, rsv1, rsv2, rsv3].map((bit, i) =>
    flag(bit, ['fin', 'rsv1', 'rsv2', 'rsv3'][i]) ? 128 >> i : 0,
  );
  const first = bits.reduce((sum, bit) => sum | bit, opcode);
  const head = [Buffer.of(first), lengthOf(spec, payload.length, masked ? 128 : 0)];
  if (!masked) return Buffer.concat([...head, payload]);
  const key =
    spec.maskingKey === undefined ? randomBytes(4) : hexOf(spec.maskingKey, 'maskingKey');
  if (key.length !== 4)
    throw new RangeError(`maskingKey has ${key.length} bytes; it must have 4`);
  return Buffer.concat([...head, key, payload.map((byte, i) => byte ^ key[i & 3])]);
}

/**
 * A message in one frame, all as it should be.
 * @param {number} opcode
 * @param {Buffer} payload
 * @param {boolean} masked
 */
export function frameOf(opcode, payload, masked) {
  const head = [Buffer.of(128 | opcode), lengthOf({}, payload.length, masked ? 128 : 0)];
  if (!masked) return Buffer.concat([...head, payload]);
  const key = randomBytes(4);
  return Buffer.concat([...head, key, payload.map((byte, i) => byte ^ key[i & 3])]);
}

/** @param {string | number} given */
function opcodeOf(given) {
  const opcode =
    typeof given === 'string' && Object.hasOwn(OPCODES, given) ? OPCODES[given] : given;
  if (typeof opcode === 'number' && Number.isInteger(opcode) && opcode >= 0 && opcode < 16) {
    return opcode;
  }
  throw new RangeError(
    `opcode is ${JSON.stringify(given)}; it must be ${Object.keys(OPCODES).join(', ')}, or a number from 0 to 15`,
  );
}

/**
 * @param {FrameSpec} spec
 * @param {number} opcode
 */
function payloadOf({ text, json, hex, code, reason, take }, opcode) {
  const given = { text, json, hex, code: code ?? reason };
  const names = Object.entries(given).filter(([, value]) => value !== undefined);
  if (names.length > 1) {
    throw new TypeError(`a frame has one payload: ${names.map(([name]) => name).join(' or ')}`);
  }
  let payload = Buffer.alloc(0);
  if (text !== undefined) payload = Buffer.from(string(text, 'text'));
  else if (json !== undefined) payload = Buffer.from(JSON.stringify(json));
  else if (hex !== undefined) payload = hexOf(hex, 'hex');
  else if (given.code !== undefined) {
    if (opcode !== OPCODES.close) throw new TypeError('code and reason are those of a close');
    const number = integer(code, 'code', 0, 65_535);
    payload = Buffer.concat([
      Buffer.of(number >> 8, number & 255),
      Buffer.from(string(reason ?? '', 'reason')),
    ]);
  }
  if (payload.length > MAX_PAYLOAD) {
    throw new RangeError(
      `the payload has ${payload.length} bytes; at most ${MAX_PAYLOAD} can be sent`,
    );
  }
  return take === undefined
    ? payload
    : payload.subarray(0, integer(take, 'take', 0, payload.length));
}

/**
 * @param {FrameSpec} spec
 * @param {number} real
 * @param {number} mask
 */
function lengthOf({ length: announced, lengthBits }, real, mask) {
  const length = announced ?? real;
  const said =
    typeof length === 'string' && /^\d{1,20}$/.test(length)
      ? BigInt(length)
      : BigInt(integer(length, 'length', 0, Number.MAX_SAFE_INTEGER));
  const bits = lengthBits ?? (said < 126n ? 7 : said < 65_536n ? 16 : 64);
  if (bits !== 7 && bits !== 16 && bits !== 64) {
    throw new RangeError(`lengthBits is ${JSON.stringify(bits)}; it must be 7, 16 or 64`);
  }
  // 126 and 127 in the first seven bits say that the length stands elsewhere.
  if (said >= (bits === 7 ? 126n : 1n << BigInt(bits))) {
    throw new RangeError(`length ${said} does not fit where lengthBits ${bits} puts it`);
  }
  if (bits === 7) return Buffer.of(mask | Number(said));
  const bytes = Buffer.alloc(1 + bits / 8);
  bytes[0] = mask | (bits === 16 ? 126 : 127);
  if (bits === 16) bytes.writeUInt16BE(Number(said), 1);
  else bytes.writeBigUInt64BE(said, 1);
  return bytes;
}

/** @param {unknown} value @param {string} name */
function flag(value, name) {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is ${JSON.stringify(value)}; it must be true or false`);
}

/** @param {unknown} value @param {string} name */
function string(value, name) {
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} is ${JSON.stringify(value)}; it must be a string`);
}

/** @param {unknown} value @param {string} name @param {number} least @param {number} most */
function integer(value, name, least, most) {
  const fits = typeof value === 'number' && Number.isInteger(value);
  if (fits && value >= least && value <= most) return value;
  throw new RangeError(
    `${name} is ${JSON.stringify(value) ?? 'missing'}; it must be a whole number from ${least} to ${most}`,
  );
}

/** @param {unknown} text @param {string} name */
function hexOf(text, name) {
  const digits = string(text, name).replace(/\s+/g, '');
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new TypeError(`${name}: write each byte as two hex digits, for example 48 65 6c 6c 6f`);
}

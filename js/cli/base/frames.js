// How frames are written for people.

/** @type {Record<number, string>} */
const OPCODES = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** @param {number} opcode */
export const opcodeName = (opcode) => OPCODES[opcode] ?? `opcode ${opcode}`;

/** @param {Uint8Array} bytes */
export function spacedHex(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

// The whole payload of a row, in the spelling that is asked for.

/** Bytes that the inspector gives at a time. */
const PIECE = 1 << 20;

/** @typedef {'hex' | 'base64' | 'text'} Encoding */

/**
 * What is in a frame or a message, inflated.
 * @param {import('../../inspect/index.js').Inspection} inspection
 * @param {import('../../inspect/index.js').Row} row
 */
export function payload(inspection, row) {
  const whole = row.kind === 'message' || row.inflated !== undefined;
  /** @type {Buffer[]} */
  const pieces = [];
  for (let at = 0; ; ) {
    const got = inspection.bytes(row.frame, whole ? 'message' : 'unmasked', at, PIECE);
    if (!got?.bytes.length) break;
    pieces.push(Buffer.from(got.bytes));
    at += got.bytes.length;
    if (at >= got.length) break;
  }
  return Buffer.concat(pieces);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text that is none is given in base64: nothing is lost.
 * @param {Buffer} bytes
 * @param {Encoding} encoding
 * @returns {{ encoding: Encoding, payload: string }}
 */
export function encoded(bytes, encoding) {
  if (encoding !== 'text') return { encoding, payload: bytes.toString(encoding) };
  try {
    return { encoding, payload: utf8.decode(bytes) };
  } catch {
    return { encoding: 'base64', payload: bytes.toString('base64') };
  }
}

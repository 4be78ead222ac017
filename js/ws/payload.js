// What ws takes as data, as text or bytes; and bytes as the kind that a program asked for.

export const EMPTY = Buffer.alloc(0);

/** @param {any} data */
export const isBlob = (data) => typeof Blob === 'function' && data instanceof Blob;

/**
 * @param {any} data
 * @returns {any} a string, bytes or a Blob
 * @throws {TypeError} as `Buffer.from` does
 */
export function payloadOf(data) {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (typeof data === 'number') return data.toString();
  if (!data) return EMPTY;
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || isBlob(data)) return data;
  return Buffer.from(data);
}

/**
 * Of a ping or a pong, as bytes.
 * @param {any} data
 */
export function controlPayload(data) {
  const payload = payloadOf(data);
  const bytes =
    typeof payload === 'string'
      ? Buffer.from(payload)
      : payload instanceof Uint8Array
        ? payload
        : new Uint8Array(payload.buffer ?? payload, payload.byteOffset, payload.byteLength);
  if (bytes.length > 125) {
    throw new RangeError('The data size must not be greater than 125 bytes');
  }
  return bytes;
}

/** @param {any} data */
export function lengthOf(data) {
  const payload = payloadOf(data);
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return isBlob(payload) ? payload.size : payload.byteLength;
}

/**
 * The kinds of binary data.
 * @type {Record<string, (bytes: Buffer) => any>}
 */
export const BINARY_TYPES = {
  nodebuffer: (bytes) => bytes,
  // Its memory may be shared with others.
  arraybuffer: (bytes) => new Uint8Array(bytes).buffer,
  fragments: (bytes) => [bytes],
  blob: (bytes) => new Blob([/** @type {any} */ (bytes)]),
};

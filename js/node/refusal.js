// The body of an answer that opens nothing: it may say why. How long it is, RFC 9112 section 6.3
// says; Node's parser does not stand alone, and the engine's is for heads.
import { finished } from 'node:stream';

/** The most that is read of it. */
const MAX_BODY = 64 * 1024;

/** How long it is waited for, in milliseconds: the answer is there already. */
const BODY_TIMEOUT = 1000;

/** The most bytes of a line between chunks. */
const MAX_LINE = 4096;

/** Takes bytes of a body until it is complete, or too long, or not well-formed. */
export class Body {
  complete = false;
  /** @type {Uint8Array[]} */
  #pieces = [];
  #room = MAX_BODY;
  /** Bytes of the body, or of a chunk, that are still to come. */
  #left = Infinity;
  /** The last line between chunks, as far as it came; undefined when there are no chunks. @type {string | undefined} */
  #line;
  #afterChunk = false;
  #inTrailer = false;

  /** @param {import('../index.js').HandshakeResponse} response */
  constructor({ status, headers }) {
    const codings = headers.get('transfer-encoding');
    const length = headers.get('content-length');
    if (status === 204 || status === 304) {
      this.#left = 0;
    } else if (codings !== null) {
      // Other codings, and any that chunked is not the last of, end with the connection.
      if (/(^|[,\s])chunked\s*$/i.test(codings)) this.#line = '';
    } else if (length !== null) {
      this.#left = lengthOf(length);
    }
    if (this.#line === undefined) this.complete = this.#left === 0;
    else this.#left = 0;
  }

  /** As much of it as came. */
  get bytes() {
    return Buffer.concat(this.#pieces);
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    let at = 0;
    while (at < bytes.length && !this.complete) {
      at +=
        this.#left > 0 ? this.#take(bytes.subarray(at)) : this.#readLine(bytes.subarray(at));
    }
  }

  /** @param {Uint8Array} bytes */
  #take(bytes) {
    const piece = bytes.subarray(0, Math.min(this.#left, this.#room));
    this.#pieces.push(piece);
    this.#left -= piece.length;
    this.#room -= piece.length;
    this.complete = this.#room === 0 || (this.#left === 0 && this.#line === undefined);
    return piece.length;
  }

  /** @param {Uint8Array} bytes */
  #readLine(bytes) {
    const end = bytes.indexOf(10);
    const length = end < 0 ? bytes.length : end + 1;
    this.#line += Buffer.from(bytes.subarray(0, length)).toString('latin1');
    const line = this.#line ?? '';
    if (line.length > MAX_LINE) this.complete = true;
    else if (end >= 0) this.#endLine(line.replace(/\r?\n$/, ''));
    return length;
  }

  /** @param {string} line */
  #endLine(line) {
    this.#line = '';
    if (this.#inTrailer) {
      this.complete = line === '';
    } else if (this.#afterChunk && line === '') {
      this.#afterChunk = false;
    } else {
      // Section 7.1: the size, and extensions that mean nothing to us.
      const [, size] = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(line) ?? [];
      if (size === undefined) this.complete = true;
      this.#left = Number.parseInt(size ?? '0', 16);
      this.#inTrailer = this.#left === 0;
      this.#afterChunk = true;
    }
  }
}

/**
 * Section 6.3, point 5: the same number several times is that number; what is none, or several, is
 * an answer to be discarded.
 * @param {string} value
 */
function lengthOf(value) {
  const [length, ...others] = value.split(',').map((one) => one.trim());
  const valid = /^\d+$/.test(length) && others.every((other) => other === length);
  return valid ? Number(length) : 0;
}

/**
 * Reads a refusal's body, for as long as that is worth it, into its error.
 * @param {import('../base/exceptions.js').HandshakeError} error that has a response
 * @param {import('node:stream').Duplex} source
 * @param {AbortSignal} until
 */
export async function readBody(error, source, until) {
  const response = /** @type {import('../index.js').HandshakeResponse} */ (error.response);
  const body = new Body(response);
  if (response.body) body.add(response.body);
  if (!body.complete && !until.aborted && !source.destroyed && !source.readableEnded) {
    await arrived(body, source, until);
  }
  error.response = { ...response, body: body.bytes };
}

/**
 * @param {Body} body
 * @param {import('node:stream').Duplex} source
 * @param {AbortSignal} until
 */
async function arrived(body, source, until) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    timer = setTimeout(resolve, BODY_TIMEOUT);
    until.addEventListener('abort', resolve, { once: true });
    // Whatever ends it: as much as came is what there is.
    finished(source, { writable: false }, resolve);
    source.on('data', (bytes) => {
      body.add(bytes);
      if (body.complete) resolve();
    });
    source.resume();
  });
  clearTimeout(timer);
}

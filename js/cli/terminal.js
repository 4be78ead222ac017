// What the commands share of speaking to a terminal or a pipe.

/** An error whose message is meant for the reader, with the exit code that it stands for. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {number} [code]
   */
  constructor(message, code = 1) {
    super(message);
    this.code = code;
  }
}

/** The command line is wrong. */
export class UsageError extends Failure {
  /** @param {string} message */
  constructor(message) {
    super(message, 2);
  }
}

/**
 * Functions that colour text, if the stream is a terminal and NO_COLOR is not set.
 * @param {NodeJS.WriteStream} stream
 */
export function painter(stream) {
  const colours = stream.isTTY && !process.env.NO_COLOR;
  /** @type {(code: number) => (text: string) => string} */
  const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  const [bold, dim, red, green, yellow, cyan] = [1, 2, 31, 32, 33, 36].map(paint);
  return { bold, dim, red, green, yellow, cyan };
}

/**
 * A peer's text must not reach the terminal as control or formatting characters.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}

/** @param {Uint8Array} bytes */
export function spacedHex(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

/**
 * Bytes that are spelled in hex, with or without spaces.
 * @param {string} text
 * @param {string} name
 */
export function fromHex(text, name) {
  const digits = text.replace(/\s+/g, '');
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new UsageError(
    `${name}: write each byte as two hex digits, for example 48 65 6c 6c 6f`,
  );
}

/**
 * An option's number.
 * @param {string | undefined} text
 * @param {string} name
 * @param {number} least
 * @param {number} most
 */
export function number(text, name, least, most) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `${name} is ${JSON.stringify(text)}; it must be a number from ${least} to ${most}.`,
  );
}

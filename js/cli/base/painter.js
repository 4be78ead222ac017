// Colours for a stream, if it is a terminal that shows them.
import { printable } from './printable.js';

/**
 * Functions that colour text. What they are given is made printable first, so that no text of a
 * peer reaches a terminal as it is: a line is put together from what these give and from what
 * is written in our own source. Colour is not put around colour.
 * @param {NodeJS.WriteStream} stream NO_COLOR in the environment turns its colours off
 */
export function painter(stream) {
  const colours = stream.isTTY && !process.env.NO_COLOR;
  /** @type {(code: number) => (text: string) => string} */
  const paint = (code) => (text) =>
    colours ? `\x1b[${code}m${printable(text)}\x1b[0m` : printable(text);
  const [bold, dim, red, green, yellow, cyan] = [1, 2, 31, 32, 33, 36].map(paint);
  return { plain: printable, bold, dim, red, green, yellow, cyan };
}

// Text of peers and files on its way to a terminal. A control character could move the cursor,
// colour what follows, or end the line and begin one that looks like ours; a formatting character
// could show the text in another order than it has.

/** Control, format, private and unassigned characters, lone surrogates, separators of lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * The same text with these characters spelled out, `\u{1b}`: one line, and nothing that a
 * terminal obeys.
 * @param {string} text
 */
export function printable(text) {
  return text.replace(UNPRINTABLE, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}

/**
 * A value as one line of JSON. JSON itself escapes C0 alone; the others are escaped here as JSON
 * does it, so that a parser finds the same value.
 * @param {unknown} value
 */
export function jsonLine(value) {
  const escaped = (/** @type {string} */ unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(UNPRINTABLE, (c) => c.split('').map(escaped).join(''));
}

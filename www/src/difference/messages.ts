// Two messages compared: by paths where both hold values, else as text, else as bytes.
import { byte, count, plural } from '../format.ts';
import { bytesDifference, textDifference } from './text.ts';
import type { Difference, MessageFacts } from './types.ts';
import { differencesOf, valueIn } from './values.ts';

export interface Message {
  facts: MessageFacts;
  /** The first of them, as many as `facts.seen`. */
  bytes: Uint8Array;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined where it is not text. */
export function textOf({ facts, bytes }: Message): string | undefined {
  // Bytes that were cut off may end inside of a character.
  const whole = facts.seen === facts.length;
  try {
    const text = strict.decode(whole ? bytes : bytes.subarray(0, wholeCharacters(bytes)));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    const isBinary = facts.opcode !== 'text' && /[\x00-\x08\x0e-\x1f\x7f]/.test(text);
    return isBinary ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Where the last character ends that is whole: UTF-8 has at most three bytes after the first. */
function wholeCharacters(bytes: Uint8Array) {
  let at = bytes.length;
  while (at > 0 && bytes.length - at < 3 && (bytes[at - 1] & 0xc0) === 0x80) at--;
  return at > 0 && bytes[at - 1] >= 0xc0 ? at - 1 : bytes.length;
}

/** In a box, since undefined is a value, too. */
export function readValue(message: Message): { value: unknown } | undefined {
  const { facts, bytes } = message;
  if (facts.seen < facts.length || !facts.complete) return undefined;
  if (facts.opcode === 'close') return { value: closing(bytes) };
  return valueIn(facts.kind, bytes, facts.opcode === 'text');
}

/** RFC 6455 section 5.5.1. */
function closing(bytes: Uint8Array) {
  if (bytes.length < 2) return {};
  const reason = new TextDecoder().decode(bytes.subarray(2));
  return { code: (bytes[0] << 8) | bytes[1], ...(reason && { reason }) };
}

export const equalBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((one, i) => one === b[i]);

export function differenceOf(first: Message, second: Message): Difference {
  const identical =
    first.facts.length === second.facts.length && equalBytes(first.bytes, second.bytes);
  const same = identical && first.facts.opcode === second.facts.opcode;
  const notes = (['first', 'second'] as const).flatMap((which) => {
    const { seen, length, complete } = { first, second }[which].facts;
    if (seen < length)
      return [`Of the ${which} only ${plural(seen, 'byte')} of ${count(length)} are compared.`];
    return complete ? [] : [`The ${which} is not complete.`];
  });
  const facts = { first: first.facts, second: second.facts, identical, same };
  const [one, other] = [readValue(first), readValue(second)];
  const [text, otherText] = [textOf(first), textOf(second)];
  if (one && other) {
    try {
      const { changes, more } = differencesOf(one.value, other.value);
      if (more) notes.push(`${plural(more, 'difference')} more are not shown.`);
      const inText =
        changes.length === 0 && !identical && text !== undefined && otherText !== undefined
          ? textDifference(text, otherText).pieces
          : undefined;
      return { ...facts, form: 'values', changes, text: inText, notes };
    } catch (error) {
      // Nested deeper than the stack: then it is compared as text.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  if (text !== undefined && otherText !== undefined) {
    const { by, pieces, notes: more } = textDifference(text, otherText);
    return { ...facts, form: 'text', by, pieces, notes: [...notes, ...more] };
  }
  const { rows, notes: more } = bytesDifference(first.bytes, second.bytes);
  return { ...facts, form: 'bytes', rows, notes: [...notes, ...more] };
}

/** Bytes as a text that is the same for the same bytes. */
export const hexKey = (bytes: Uint8Array) => Array.from(bytes, byte).join('');

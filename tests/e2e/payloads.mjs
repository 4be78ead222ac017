// What every client sends and must get back. Plain data, so that browsers and Python build
// the same messages from it.

/** @typedef {{ name: string, text?: string, times?: number, bytes?: number }} Payload */

const MULTILINGUAL = 'naïve Ελληνικά Привет עברית العربية हिन्दी ไทย 漢字 かな 한국어 ';
const ASTRAL = '😀👩‍👩‍👧𝒳𐍈🇺🇳';

/** Around the ends of the three forms of a length, and what does not come in one read. */
const LENGTHS = [125, 126, 65_535, 65_536, 1_048_576];

/** @type {Payload[]} */
export const payloads = [
  { name: 'ASCII text', text: 'Hello, world' },
  { name: 'multilingual text', text: MULTILINGUAL },
  { name: 'astral text', text: ASTRAL },
  { name: 'text with NUL, BOM and noncharacters', text: '\ufeff\0\x7f\uffff\u{10ffff}' },
  { name: 'empty text', text: '' },
  { name: 'long multilingual text', text: MULTILINGUAL + ASTRAL, times: 10_000 },
  { name: 'empty binary', bytes: 0 },
  { name: 'all bytes', bytes: 256 },
  ...LENGTHS.map((times) => ({ name: `text of ${times} bytes`, text: 'x', times })),
  ...LENGTHS.map((bytes) => ({ name: `binary of ${bytes} bytes`, bytes })),
];

/**
 * Refers to nothing outside of it: it runs in browsers, too.
 * @param {Payload} payload
 */
export function build({ text, times = 1, bytes = 0 }) {
  if (text !== undefined) return text.repeat(times);
  const data = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) data[i] = i + (i >> 8);
  return data;
}

// Bytes and frames as text to paste elsewhere.
import { hex } from '../format.ts';

const base64 = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));

/** Lines of an array's items, so that a long one can still be read. */
function lines(bytes: Uint8Array) {
  const items = Array.from(bytes, (b) => `0x${b.toString(16).padStart(2, '0')}`);
  if (items.length <= 16) return items.join(', ');
  const rows = [];
  for (let i = 0; i < items.length; i += 16)
    rows.push(`  ${items.slice(i, i + 16).join(', ')},`);
  return `\n${rows.join('\n')}\n`;
}

export const bytesAs: Record<
  'hex' | 'base64' | 'js' | 'rust' | 'text',
  (b: Uint8Array) => string
> = {
  hex: (bytes) => hex(bytes),
  base64,
  js: (bytes) => `Uint8Array.of(${lines(bytes)})`,
  rust: (bytes) => `[${lines(bytes).replace(/0x[\da-f]{2}/, '$&u8')}]`,
  text: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
};

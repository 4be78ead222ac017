import { decodeSequence, Simple, Tag } from 'cbor2';
import { Extension } from './tree.ts';

/** Tags and simple values that JavaScript has nothing for are shown with their numbers. */
function plain(value: unknown): unknown {
  if (value instanceof Tag) {
    return new Extension(`tag ${value.tag}`, 'content', plain(value.contents));
  }
  if (value instanceof Simple) return `simple(${value.value})`;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [plain(k), plain(v)]));
  if (value && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  }
  return value;
}

/** All items of a payload, one after the other (RFC 8742). */
export const cbor = (bytes: Uint8Array): unknown[] => [...decodeSequence(bytes)].map(plain);

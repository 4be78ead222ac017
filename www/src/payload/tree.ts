// Values of any kind as trees, bounded.
import type { TreeNode } from './types.ts';

const MOST_NODES = 20_000;
const MOST_CHILDREN = 1000;
const LONGEST = 2000;

export const hexOf = (bytes: Uint8Array, most = 64) =>
  Array.from(bytes.subarray(0, most), (b) => b.toString(16).padStart(2, '0')).join(' ') +
  (bytes.length > most ? ` … ${bytes.length} bytes` : '');

/** A function that turns values into nodes until there are enough. */
export function treeOf(value: unknown): TreeNode {
  let left = MOST_NODES;

  function inner(
    type: 'object' | 'array',
    entries: [string, unknown][],
    text: string,
  ): TreeNode {
    const children: TreeNode[] = [];
    for (const [key, child] of entries) {
      if (children.length >= MOST_CHILDREN || left <= 0) {
        const more = entries.length - children.length;
        children.push({ type: 'other', text: `… ${more} more` });
        break;
      }
      children.push({ ...node(child), key });
    }
    return { type, text, children };
  }

  function node(value: unknown): TreeNode {
    left--;
    if (value === null || value === undefined) return { type: 'null', text: String(value) };
    if (typeof value === 'string') {
      const cut = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
      return { type: 'string', text: JSON.stringify(cut) };
    }
    if (typeof value === 'number' || typeof value === 'bigint') {
      return { type: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (typeof value === 'boolean') return { type: 'boolean', text: String(value) };
    if (value instanceof Uint8Array) return { type: 'bytes', text: `h'${hexOf(value)}'` };
    if (value instanceof Date) {
      const valid = !Number.isNaN(value.getTime());
      return { type: 'other', text: valid ? value.toISOString() : 'no valid date' };
    }
    if (Array.isArray(value)) {
      const entries = value.map((item, i): [string, unknown] => [String(i), item]);
      return inner('array', entries, `[${value.length}]`);
    }
    if (value instanceof Map) {
      const entries = [...value].map(([key, item]): [string, unknown] => [
        typeof key === 'string' ? key : node(key).text,
        item,
      ]);
      return inner('object', entries, `{${value.size}}`);
    }
    if (value instanceof Extension) {
      const entries = Object.entries({ [value.what]: value.inner });
      return inner('object', entries, value.title);
    }
    if (typeof value === 'object') {
      const entries = Object.entries(value);
      return inner('object', entries, `{${entries.length}}`);
    }
    return { type: 'other', text: String(value) };
  }

  return node(value);
}

/** A value with a mark: a tag of CBOR, an extension of MessagePack. */
export class Extension {
  constructor(
    readonly title: string,
    readonly what: string,
    readonly inner: unknown,
  ) {}
}

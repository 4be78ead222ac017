// Messages that hold values, JSON and what is like it, compared by paths.
import type { PayloadKind } from 'ws4wasm/inspect';
import { cbor } from '../payload/cbor.ts';
import { messagePack } from '../payload/messagepack.ts';
import { Extension, treeOf } from '../payload/tree.ts';
import { commonPlaces, gapsOf } from './common.ts';
import type { PathChange } from './types.ts';

/** Changes that are told of; characters of a value that are shown, and those before a change. */
const MOST_CHANGES = 1000;
const LONGEST = 400;
const BEFORE = 40;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One value of several that a message has one after the other is not worth a path. */
const alone = (all: unknown[]) => (all.length === 1 ? all[0] : all);

const readers: Partial<Record<PayloadKind, (bytes: Uint8Array, isText: boolean) => unknown>> = {
  json: (bytes) => JSON.parse(utf8.decode(bytes)),
  'graphql-ws': (bytes) => JSON.parse(utf8.decode(bytes)),
  'socket.io': (bytes) => socketIo(utf8.decode(bytes)),
  'engine.io': (bytes) => socketIo(utf8.decode(bytes)),
  signalr: (bytes, isText) => {
    if (!isText) throw new Error('These are bytes.');
    const records = utf8.decode(bytes).split('\x1e').filter(Boolean);
    return alone(records.map((record) => JSON.parse(record)));
  },
  messagepack: (bytes) => alone(messagePack(bytes)),
  cbor: (bytes) => alone(cbor(bytes)),
};

/** Digits say what a packet is, JSON follows (Socket.IO protocol 5). */
function socketIo(text: string) {
  const match = /^(\d+-?(?:\/[^,]*,)?\d*)([[{].*)$/s.exec(text);
  if (!match) throw new Error('There is no JSON in it.');
  return { packet: match[1], data: JSON.parse(match[2]) };
}

/** @returns the value in a box, since undefined is one; nothing where a message has none */
export function valueIn(
  kind: PayloadKind,
  bytes: Uint8Array,
  isText: boolean,
): { value: unknown } | undefined {
  try {
    const read = readers[kind];
    return read && { value: read(bytes, isText) };
  } catch {
    // What cannot be read as values is compared as text or bytes.
    return undefined;
  }
}

/** Keys and values of what has some inside; undefined for what is one value itself. */
function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (value instanceof Map) {
    return Array.from(value, ([key, one]) => [
      typeof key === 'string' ? key : canonical(key),
      one,
    ]);
  }
  if (value instanceof Extension) return [[value.title, value.inner]];
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date);
  return isPlain ? Object.entries(value) : undefined;
}

/** Of the same value always the same text, whatever the order of keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = entriesOf(value);
  if (!entries) return leaf(value);
  const inner = entries
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`);
  return `{${inner.join(',')}}`;
}

function leaf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${Array.from(value, byteOf).join('')}'`;
  return treeOf(value).text;
}

const byteOf = (value: number) => value.toString(16).padStart(2, '0');

const shorten = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Two long values from shortly before they part. */
function aroundChange(first: string, second: string): [string, string] {
  let at = 0;
  while (at < first.length && first[at] === second[at]) at++;
  const from = Math.max(first.length, second.length) > LONGEST ? Math.max(0, at - BEFORE) : 0;
  const [one, other] = [first, second].map(
    (text) => (from ? '…' : '') + shorten(text.slice(from)),
  );
  return [one, other];
}

const inner = (path: string, key: string) =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

/**
 * By paths as JSONPath has them (RFC 9535): `$` is the whole. The order of keys is no difference;
 * items of arrays that have moved up or down are found again.
 */
export function differencesOf(first: unknown, second: unknown) {
  const changes: PathChange[] = [];
  let more = 0;
  const tell = (path: string, one: string | undefined, other: string | undefined) => {
    if (changes.length === MOST_CHANGES) {
      more++;
      return;
    }
    const [a, b] =
      one !== undefined && other !== undefined
        ? aroundChange(one, other)
        : [one && shorten(one), other && shorten(other)];
    changes.push({ path, first: a, second: b });
  };

  function compare(path: string, one: unknown, other: unknown) {
    if (Array.isArray(one) && Array.isArray(other)) {
      compareItems(path, one, other);
      return;
    }
    const inOne = Array.isArray(one) ? undefined : entriesOf(one);
    const inOther = Array.isArray(other) ? undefined : entriesOf(other);
    if (!inOne || !inOther) {
      const [a, b] = [canonical(one), canonical(other)];
      if (a !== b) tell(path, a, b);
      return;
    }
    const others = new Map(inOther);
    for (const [key, value] of inOne) {
      if (others.has(key)) compare(inner(path, key), value, others.get(key));
      else tell(inner(path, key), canonical(value), undefined);
      others.delete(key);
    }
    for (const [key, value] of others) tell(inner(path, key), undefined, canonical(value));
  }

  function compareItems(path: string, one: unknown[], other: unknown[]) {
    const pairs = commonPlaces(one.map(canonical), other.map(canonical)) ?? [];
    for (const { first: a, second: b } of gapsOf(pairs, [one.length, other.length])) {
      for (let n = 0; n < Math.max(a[1] - a[0], b[1] - b[0]); n++) {
        const [i, j] = [a[0] + n, b[0] + n];
        if (j >= b[1]) tell(`${path}[${i}]`, canonical(one[i]), undefined);
        else if (i >= a[1]) tell(`${path}[${j}]`, undefined, canonical(other[j]));
        else compare(`${path}[${i === j ? i : `${i} → ${j}`}]`, one[i], other[j]);
      }
    }
  }

  compare('$', first, second);
  return { changes, more };
}

// The messages of two connections, each beside the one that it corresponds to.
import { callsIn } from '../payload/pairing.ts';
import { commonPlaces, gapsOf } from './common.ts';
import { hexKey, type Message, readValue, textOf } from './messages.ts';
import type { AlignedRow } from './types.ts';
import { canonical } from './values.ts';

/** Fields by which protocols on JSON tell their messages apart, at the top. */
const NAMES = /^(type|method|event|op|action|kind|cmd|command|channel|topic|t)$/i;
/** What is another value each time: numbers, and hex and base64 of some length. */
const VOLATILE = /\b[\da-f]{8,}(?:-[\da-f]{4,})*\b|[\w+/-]{20,}={0,2}|\d+(?:[.:-]\d+)*/gi;

interface Item extends Message {
  place: number;
  /** What it is by less and less of it: its content; its shape and name; its name and kind. */
  keys: [content: string, shape: string, sort: string];
}

function itemOf(message: Message, place: number): Item {
  const { kind, opcode, length } = message.facts;
  const found = readValue(message);
  const text = textOf(message);
  const name = callsIn(kind, message.bytes)[0]?.name ?? '';
  let [content, shape, named] = ['', '', ''];
  try {
    if (found) {
      const { value } = found;
      [content, shape, named] = [canonical(value), shapeOf(value), `${name} ${nameOf(value)}`];
    }
  } catch (error) {
    // Nested deeper than the stack.
    if (!(error instanceof RangeError)) throw error;
  }
  if (!content) {
    content = `${text ?? hexKey(message.bytes)} ${length}`;
    shape = text?.replace(VOLATILE, '#') ?? 'bytes';
    named = name;
  }
  return {
    ...message,
    place,
    keys: [
      `${opcode} ${content}`,
      `${opcode} ${named} ${shape}`,
      `${opcode} ${named} ${found ? 'values' : text === undefined ? 'bytes' : 'text'}`,
    ],
  };
}

/** Keys and the types of their values; an array is as the first of its items. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length ? shapeOf(value[0]) : ''}]`;
  if (typeof value !== 'object' || value === null) return typeof value;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const inner = entries.map(([key, one]) => `${key}:${shapeOf(one)}`).sort();
  return `{${inner.join()}}`;
}

/** What is the first word of an array, too: Socket.IO's events, WAMP's types. */
function nameOf(value: unknown): string {
  if (Array.isArray(value))
    return /^(string|number)$/.test(typeof value[0]) ? `${value[0]}` : '';
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .filter(([key, one]) => NAMES.test(key) && typeof one === 'string')
    .map(([key, one]) => `${key}=${one}`)
    .sort()
    .join(' ');
}

export function aligned(first: Message[], second: Message[]) {
  const [one, other] = [first.map(itemOf), second.map(itemOf)];
  let tooFar = false;

  /** Level by level: what is the same first, then between those what is alike. */
  function align(a: Item[], b: Item[], level: number): Pair[] {
    if (a.length === 0 || b.length === 0 || level === 3) {
      return [
        ...a.map((item): Pair => [item, undefined]),
        ...b.map((item): Pair => [undefined, item]),
      ];
    }
    const places = commonPlaces(
      a.map(({ keys }) => keys[level]),
      b.map(({ keys }) => keys[level]),
    );
    tooFar ||= !places && level === 2;
    return [...gapsOf(places ?? [], [a.length, b.length])].flatMap(
      ({ first, second, pair }) => [
        ...align(a.slice(...first), b.slice(...second), level + 1),
        ...(pair ? [[a[pair[0]], b[pair[1]]] satisfies Pair] : []),
      ],
    );
  }

  const [sent, received] = (['c2s', 's2c'] as const).map((direction) => {
    const of = (items: Item[]) => items.filter(({ facts }) => facts.direction === direction);
    return align(of(one), of(other), 0);
  });
  return { rows: merged(sent, received).map(rowOf), tooFar };
}

type Pair = [Item | undefined, Item | undefined];

/** Both directions in one order that is, as far as it can be, that of each connection. */
function merged(sent: Pair[], received: Pair[]) {
  const rows: Pair[] = [];
  const [left, right] = [[...sent].reverse(), [...received].reverse()];
  // What stands the least behind what is there already is next.
  const gone = [0, 0];
  const lag = (pair: Pair) =>
    Math.min(...pair.flatMap((item, side) => (item ? [item.place - gone[side]] : [])));
  while (left.length || right.length) {
    const [a, b] = [left.at(-1), right.at(-1)];
    const next = !b || (a && lag(a) <= lag(b)) ? left.pop() : right.pop();
    if (!next) break;
    for (const side of [0, 1]) gone[side] += next[side] ? 1 : 0;
    rows.push(next);
  }
  return rows;
}

function rowOf([first, second]: Pair): AlignedRow {
  const same = first && second && first.keys[0] === second.keys[0];
  return {
    how: !second ? 'first' : !first ? 'second' : same ? 'same' : 'changed',
    index: first?.place,
    first: first?.facts,
    second: second?.facts,
  };
}

// The bytes of the selected frame, or of what became of them, each mapped back to the wire.
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ByteKind, Bytes, FrameDetail } from 'ws4wasm/inspect';
import { byte, character, count, plural } from '../format.ts';
import { selectFrame } from '../state/actions.ts';
import { bytesFound, needle } from '../state/find.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { fieldAt, partOf } from './fields.ts';
import { useWindow } from './scroll.ts';
import { Tabs } from './tabs.tsx';

const LINE = 20;
/** Characters that a byte takes, twice: in hex and as a character; and what is around them. */
const PER_BYTE = 2.6 + 1;
const AROUND = 44;
/** Bytes of a line, the most that fit. */
const PER_LINE = [16, 8, 4];
const BLOCK = 16 * 1024;
const MOST_BLOCKS = 32;

const BYTE_KINDS: [ByteKind, string][] = [
  ['wire', 'Wire'],
  ['unmasked', 'Unmasked'],
  ['inflated', 'Inflated'],
  ['message', 'Message'],
];

/** Why one of them makes no sense for a frame. */
const UNFIT: Record<ByteKind, string> = {
  wire: '',
  unmasked: 'The frame has no payload.',
  inflated: 'The message is not compressed (RFC 7692).',
  message: 'A control frame is no part of a message (RFC 6455 section 5.5).',
};

/** Which of them make sense for a frame. */
function kindsFor(detail: FrameDetail) {
  return BYTE_KINDS.filter(
    ([kind]) =>
      kind === 'wire' ||
      (kind === 'unmasked' && detail.payloadLength > 0) ||
      (kind === 'inflated' && detail.message?.compressed) ||
      (kind === 'message' && detail.message && detail.row.code < 8),
  );
}

interface Place {
  /** On the wire, in the stream. */
  offset: number;
  length: number;
  frame: number;
}

/** Bytes of one kind of one frame, in blocks. */
function useBytes(detail: FrameDetail, kind: ByteKind) {
  const blocks = useRef(new Map<number, Bytes>());
  const key = `${detail.row.frame} ${kind} ${detail.present}`;
  const had = useRef('');
  const arrived = useSignal(0);
  const asked = useRef(new Set<number>());
  if (had.current !== key) {
    had.current = key;
    blocks.current = new Map();
    asked.current = new Set();
  }
  void arrived.value;

  const want = (from: number, to: number) => {
    for (
      let n = Math.floor(from / BLOCK);
      n <= Math.floor(Math.max(from, to - 1) / BLOCK);
      n++
    ) {
      if (asked.current.has(n)) continue;
      asked.current.add(n);
      void call('bytes', detail.row.frame, kind, n * BLOCK, BLOCK).then((found) => {
        if (had.current !== key || !found) return;
        blocks.current.set(n, found);
        for (const old of blocks.current.keys()) {
          if (blocks.current.size <= MOST_BLOCKS) break;
          blocks.current.delete(old);
          asked.current.delete(old);
        }
        arrived.value++;
      });
    }
  };
  const marks = useRef(new WeakMap<Bytes, { what: string; found: Set<number> }>());
  /** Whether it belongs to what is looked for; what is cut by the end of a block is not seen. */
  const isFound = (index: number, what: string) => {
    const block = what ? blockOf(index) : undefined;
    if (!block) return false;
    let known = marks.current.get(block);
    if (known?.what !== what) {
      known = { what, found: bytesFound(block.bytes, what) };
      marks.current.set(block, known);
    }
    return known.found.has(index % BLOCK);
  };
  const blockOf = (index: number) => blocks.current.get(Math.floor(index / BLOCK));
  return {
    want,
    isFound,
    length: blocks.current.values().next().value?.length,
    badByte: blocks.current.values().next().value?.badByte,
    at: (index: number) => blockOf(index)?.bytes[index % BLOCK],
    place: (index: number): Place | undefined => {
      const runs = blockOf(index)?.runs;
      if (!runs) return undefined;
      let low = 0;
      let high = runs.length / 5 - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (runs[middle * 5] <= index) low = middle;
        else high = middle - 1;
      }
      const [at, length, offset, wireLength, frame] = runs.subarray(low * 5, low * 5 + 5);
      if (index < at || index >= at + length) return undefined;
      return length === wireLength
        ? { offset: offset + index - at, length: 1, frame }
        : { offset, length: wireLength, frame };
    },
  };
}

export function Hex({ detail }: { detail: FrameDetail }) {
  const kinds = kindsFor(detail);
  const kind = kinds.some(([name]) => name === store.byteKind.value)
    ? store.byteKind.value
    : 'wire';
  return (
    <section class="hex" aria-label="Bytes">
      <Tabs
        label="Bytes"
        id="hex"
        tabs={BYTE_KINDS.map(([name, title]) => ({
          name,
          title,
          unfit: kinds.some(([there]) => there === name) ? undefined : UNFIT[name],
        }))}
        active={kind}
        onChange={(name) => {
          store.byteKind.value = name as ByteKind;
        }}
      />
      <HexBytes key={`${detail.row.frame} ${kind}`} detail={detail} kind={kind} />
    </section>
  );
}

function HexBytes({ detail, kind }: { detail: FrameDetail; kind: ByteKind }) {
  const bytes = useBytes(detail, kind);
  const perLine = useSignal(16);
  const cursor = useSignal(0);
  const length = bytes.length ?? 0;
  const width = perLine.value;
  const sight = useWindow(Math.ceil(length / width), LINE);
  const { ref, first, last } = sight;
  const hasFocus = useRef(false);
  const lit = store.lit.value;
  const own = useRef(false);
  const measure = useRef<HTMLSpanElement>(null);
  const offsetWidth = Math.max(4, Math.max(0, length - 1).toString(16).length);

  useLayoutEffect(
    () => bytes.want(first * width, Math.max(1, last * width)),
    [first, last, width, length, detail],
  );

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const ch = measure.current?.getBoundingClientRect().width ?? 8;
      const room = element.clientWidth - AROUND - offsetWidth * ch;
      perLine.value = PER_LINE.find((n) => n * PER_BYTE * ch <= room) ?? 4;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [offsetWidth]);

  // What is lit elsewhere comes into sight here.
  useLayoutEffect(() => {
    if (!lit || own.current || length === 0) {
      own.current = false;
      return;
    }
    if (kind === 'wire') {
      const index = lit.offset - detail.offset;
      if (index >= 0 && index < length) sight.reveal(Math.floor(index / width));
    }
  }, [lit, length]);

  const light = (index: number) => {
    const place = bytes.place(index);
    own.current = true;
    store.lit.value = place && { offset: place.offset, length: place.length };
  };

  const move = (to: number) => {
    if (length === 0) return;
    cursor.value = Math.min(length - 1, Math.max(0, to));
    sight.reveal(Math.floor(cursor.value / width));
    light(cursor.value);
  };

  useLayoutEffect(() => {
    if (!hasFocus.current) return;
    ref.current
      ?.querySelector<HTMLElement>(`[data-i="${cursor.value}"]`)
      ?.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowRight: cursor.value + 1,
      ArrowLeft: cursor.value - 1,
      ArrowDown: cursor.value + width,
      ArrowUp: cursor.value - width,
      PageDown: cursor.value + width * sight.page,
      PageUp: cursor.value - width * sight.page,
      Home: event.ctrlKey ? 0 : cursor.value - (cursor.value % width),
      End: event.ctrlKey ? length - 1 : cursor.value - (cursor.value % width) + width - 1,
    };
    if (event.key in to) {
      event.preventDefault();
      event.stopPropagation();
      move(to[event.key]);
    } else if (event.key === 'Enter') {
      const place = bytes.place(cursor.value);
      if (place && place.frame !== detail.row.frame) void selectFrame(place.frame);
    }
  };

  const indexOf = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-i]') : null;
    return target ? Number(target.getAttribute('data-i')) : undefined;
  };

  const what = needle.value;
  const cells = (line: number) => {
    const from = line * width;
    const to = Math.min(length, from + width);
    const shown = [];
    const characters = [];
    for (let index = from; index < to; index++) {
      const value = bytes.at(index);
      const place = bytes.place(index);
      const names = `${classesOf(detail, kind, index, place, bytes.badByte, lit)} ${bytes.isFound(index, what) ? 'found' : ''}`;
      shown.push(
        <span
          key={index}
          role="gridcell"
          data-i={index}
          class={`b ${names}`}
          tabIndex={index === cursor.value ? 0 : -1}
        >
          {value === undefined ? '··' : byte(value)}
        </span>,
      );
      characters.push(
        <span key={index} data-i={index} class={`c ${names}`}>
          {value === undefined ? ' ' : character(value)}
        </span>,
      );
    }
    return { shown, characters };
  };

  const place = lit && kind !== 'wire' ? bytes.place(cursor.value) : undefined;
  const lines = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  // The byte that has the focus stays, even out of sight.
  const cursorLine = Math.floor(cursor.value / width);
  if (length > 0 && (cursorLine < first || cursorLine >= last)) lines.push(cursorLine);
  return (
    <div class="hex-panel" role="tabpanel" id="hex-panel" aria-labelledby={`hex-tab-${kind}`}>
      <div
        class="hex-scroll"
        ref={ref}
        role="grid"
        aria-label={`Bytes, ${kind}`}
        aria-rowcount={Math.ceil(length / width)}
        onScroll={sight.onScroll}
        onKeyDown={onKeyDown}
        onMouseOver={(event) => {
          const index = indexOf(event);
          if (index !== undefined) light(index);
        }}
        onMouseLeave={() => {
          store.lit.value = undefined;
        }}
        onMouseDown={(event) => {
          const index = indexOf(event);
          if (index === undefined) return;
          cursor.value = index;
          light(index);
        }}
        onFocusIn={(event) => {
          if (!hasFocus.current) light(indexOf(event) ?? cursor.value);
          hasFocus.current = true;
        }}
        onFocusOut={(event) => {
          hasFocus.current = event.currentTarget.contains(event.relatedTarget as Node | null);
        }}
      >
        <span class="hex-measure" ref={measure} aria-hidden="true">
          0
        </span>
        <div class="hex-window" role="rowgroup">
          {lines.map((line) => {
            const { shown, characters } = cells(line);
            const y = Math.min(Math.max(sight.y(line), -9 * LINE), (last - first + 9) * LINE);
            return (
              <div
                key={line}
                role="row"
                aria-rowindex={line + 1}
                class="hex-line"
                style={{ transform: `translateY(${y}px)` }}
              >
                <span role="rowheader" class="hex-offset">
                  {(line * width).toString(16).padStart(offsetWidth, '0')}
                </span>
                <span class="hex-bytes" role="presentation" style={{ '--n': width }}>
                  {shown}
                </span>
                <span class="hex-characters" aria-hidden="true">
                  {characters}
                </span>
              </div>
            );
          })}
        </div>
        <div style={{ height: `${sight.spacer}px` }} aria-hidden="true" />
      </div>
      <p class="hex-note">
        {bytes.length === undefined
          ? ' '
          : place
            ? `${count(cursor.value)} of ${plural(length, 'byte')}; on the wire at ${count(place.offset)}${place.length > 1 ? ` to ${count(place.offset + place.length - 1)}` : ''}, frame ${place.frame}${place.frame === detail.row.frame ? '' : ' (Enter goes there)'}`
            : `${plural(length, 'byte')}${kind === 'wire' ? `, at ${count(detail.offset)} of the stream` : ''}`}
      </p>
    </div>
  );
}

function classesOf(
  detail: FrameDetail,
  kind: ByteKind,
  index: number,
  place: Place | undefined,
  badByte: number | undefined,
  lit: store.Lit | undefined,
) {
  const names: string[] = [];
  if (kind === 'wire') {
    const field = fieldAt(detail.fields, index * 8);
    names.push(field ? partOf(field) : 'payload');
    if (index > 0) {
      const before = fieldAt(detail.fields, index * 8 - 8);
      if (before && before !== field && partOf(before) !== (field && partOf(field)))
        names.push('starts');
    }
  } else if (kind === 'message' && place) {
    const frames = detail.message?.frames ?? [];
    names.push('payload', frames.indexOf(place.frame) % 2 ? 'odd' : 'even');
    if (place.frame !== detail.row.frame) names.push('elsewhere');
  } else names.push(detail.close && index < 2 ? 'code' : 'payload');
  if (
    place &&
    lit &&
    place.offset < lit.offset + lit.length &&
    lit.offset < place.offset + place.length
  )
    names.push('lit');
  const wrong = detail.violations.some(
    ({ offset, length, severity }) =>
      severity !== 'hint' &&
      place &&
      place.length === 1 &&
      place.offset >= offset &&
      place.offset < offset + Math.max(1, length),
  );
  if (wrong || index === badByte) names.push('wrong');
  return names.join(' ');
}

// The table of frames or messages.
import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { arrows, clock, count, day, sides, since } from '../format.ts';
import { selectRow, unfold } from '../state/actions.ts';
import {
  type ColumnKey,
  chosenColumns,
  columnWidths,
  order,
  resizeColumn,
  shownColumns,
  sortBy,
  type TimeKind,
  timeKind,
} from '../state/columns.ts';
import { needle } from '../state/find.ts';
import { openDetail } from '../state/layout.ts';
import { peerNames } from '../state/names.ts';
import { arrived, rowAt, want } from '../state/rows.ts';
import * as store from '../state/store.ts';
import type { TableRow as Row, SortKey } from '../worker/api.ts';
import { Found } from './found.tsx';
import { LiveStart } from './live-start.tsx';
import { type Column, VirtualGrid } from './virtual-grid.tsx';

const TIMES: Record<TimeKind, string> = { start: 'Time, s', delta: 'Δ, s', clock: 'Clock' };

/** Room at both sides of a cell's text, in pixels. */
const PADDING = 12;
const CONTENT = 'minmax(14ch, 1fr)';

/** Characters of the longest there is: nothing of these is ever cut. */
function digits() {
  const { frames = 0, end = 0 } = store.totals.value ?? {};
  const time = { start: since(end), delta: `+${since(end)}`, clock: clock(0) }[timeKind.value];
  return { number: Math.max(3, count(frames).length), time: Math.max(8, time.length) };
}

const COLUMNS: {
  key: ColumnKey;
  title: string;
  class?: string;
  sort?: SortKey;
  ch?: number;
}[] = [
  { key: 'number', title: '#', class: 'right' },
  { key: 'time', title: 'Time', class: 'right', sort: 'time' },
  { key: 'connection', title: 'Peer', sort: 'connection', ch: 15 },
  { key: 'type', title: 'Type', sort: 'type', ch: 9 },
  { key: 'flags', title: 'Flags', ch: 5 },
  { key: 'length', title: 'Length', class: 'right', sort: 'length', ch: 6 },
  { key: 'content', title: 'Content' },
];

/** Columns that go where there is no room, the first to go first, and below which width. */
const GOES: [ColumnKey, number][] = [
  ['flags', 560],
  ['connection', 540],
  ['length', 400],
  ['number', 440],
];

/** Those that somebody has chosen, else what there is room for in a table of this width. */
function columnsFor(width: number, several: boolean): Column[] {
  const chosen = chosenColumns.value;
  const lengths = digits();
  const isShown = (key: ColumnKey) =>
    chosen?.includes(key) ??
    ((key !== 'connection' || several) &&
      !GOES.some(([goes, below]) => goes === key && width < below));
  return COLUMNS.filter(({ key }) => isShown(key)).map(
    ({ key, title, class: names, sort, ch }) => {
      const own = columnWidths.value[key];
      const most = key === 'number' || key === 'time' ? lengths[key] : (ch ?? 0);
      const by = order.value?.by === sort ? order.value : undefined;
      const down = by?.descending ? 'descending' : 'ascending';
      const sorted =
        sort && (by ? down : sort === 'time' && !order.value ? 'ascending' : 'none');
      const usual = key === 'content' ? CONTENT : `calc(${most}ch + ${PADDING}px)`;
      return {
        key,
        title: key === 'time' ? TIMES[timeKind.value] : title,
        width: own === undefined ? usual : `${own}px`,
        ...(names ? { class: names } : {}),
        ...(sorted ? { sort: sorted } : {}),
      };
    },
  );
}

/** What a row needs so that no column is squeezed; the content has at least some of it. */
const leastOf = (columns: Column[]) =>
  `calc(${columns.map(({ width }) => (width === CONTENT ? '14ch' : width)).join(' + ')})`;

const MARKS = { error: '✖', warning: '▲', hint: 'ℹ' } as const;

function Flags({ row }: { row: Row }) {
  if (row.kind === 'hole') return null;
  if (row.made) {
    return (
      <span
        class="quiet"
        title="The source has messages only, without frame headers: nothing here is validated"
      >
        not seen
      </span>
    );
  }
  const bits: [string, boolean, string][] = [
    ['F', row.fin, 'FIN'],
    ['1', row.rsv1, 'RSV1'],
    ['2', row.rsv2, 'RSV2'],
    ['3', row.rsv3, 'RSV3'],
    ['M', row.masked, 'MASK'],
  ];
  const names = bits.filter(([, on]) => on).map(([, , name]) => name);
  const about = names.join(' ') || 'none';
  return (
    <span class="flags" role="img" aria-label={about} title={about}>
      {bits.map(([letter, on]) => (on ? letter : '·')).join('')}
    </span>
  );
}

function Type({ row }: { row: Row }) {
  const many = row.kind === 'message' && row.fragments > 1;
  const name = row.opcode === 'continuation' ? 'cont.' : row.opcode;
  return (
    <span class={`type ${row.direction}`} style={{ '--depth': row.depth }}>
      {many && row.message !== undefined ? (
        <button
          type="button"
          class="unfold"
          tabIndex={-1}
          aria-label={row.unfolded ? 'Hide the fragments' : 'Show the fragments'}
          onMouseDown={(event) => event.stopPropagation()}
          onClick={() => void unfold(row.message ?? 0, !row.unfolded)}
        >
          {row.unfolded ? '▾' : '▸'}
        </button>
      ) : null}
      <span class="arrow" title={sides[row.direction]}>
        {arrows[row.direction]}
        <span class="unseen">{sides[row.direction]}</span>
      </span>
      <span class={`opcode ${row.opcode}`}>{name}</span>
      {many && (
        <span class="pieces" title={`${row.fragments} fragments`}>
          ×{row.fragments}
        </span>
      )}
    </span>
  );
}

/** Many fonts have no pictures of control characters. */
const legible = (preview: string) =>
  preview.replaceAll('\u240a', '↵').replace(/[\u2400-\u2421]/g, '·');

function Time({ row }: { row: Row }) {
  const { start = 0 } = store.totals.peek() ?? {};
  const at = start ? `${day(start + row.time)} ${clock(start + row.time)}` : undefined;
  const title = [
    `${since(row.time)} s since the start`,
    row.delta !== undefined &&
      `${since(row.delta)} s since the last frame ${sides[row.direction]}`,
    at,
  ]
    .filter(Boolean)
    .join('\n');
  const shown = {
    start: since(row.time),
    delta: row.delta === undefined ? '–' : `+${since(row.delta)}`,
    clock: start ? clock(start + row.time) : 'no clock',
  }[timeKind.value];
  return <span title={title}>{shown}</span>;
}

function Peer({ number }: { number: number }) {
  const name = peerNames.value.get(number);
  return (
    <span class="peer" title={name?.title}>
      <b>{number}</b> {name?.client}{' '}
      <span class="quiet">{name?.subprotocol ?? name?.place}</span>
    </span>
  );
}

function cell(row: Row, key: string): ComponentChildren {
  switch (key) {
    case 'number':
      return count(row.frame);
    case 'time':
      return <Time row={row} />;
    case 'connection':
      return <Peer number={row.connection} />;
    case 'type':
      return <Type row={row} />;
    case 'flags':
      return <Flags row={row} />;
    case 'length':
      return count(row.length);
    default:
      return (
        <>
          {row.severity && (
            <span class={`mark ${row.severity}`} title={row.severity}>
              {MARKS[row.severity]}
              <span class="unseen">{row.severity}: </span>
            </span>
          )}
          {row.inflated !== undefined && (
            <span class="inflated" title="after decompression">
              ⇲ {count(row.inflated)}
            </span>
          )}
          {!row.complete && (
            <span class="cut" title="some of its bytes are missing">
              cut
            </span>
          )}
          <Found text={legible(row.preview)} />
        </>
      );
  }
}

function onKey(event: KeyboardEvent, index: number) {
  const row = rowAt(index);
  if (row?.kind !== 'message' || row.fragments < 2 || row.message === undefined) return;
  if (event.key === 'ArrowRight' && !row.unfolded) void unfold(row.message, true);
  else if (event.key === 'ArrowLeft' && row.unfolded) void unfold(row.message, false);
  else return;
  event.preventDefault();
}

export function Frames() {
  const messages = store.kind.value === 'messages';
  const width = useSignal(800);
  const several = useComputed(
    () => store.connections.value.length > 1 && store.connection.value === undefined,
  ).value;
  const columns = columnsFor(width.value, several);
  const keys = columns.map(({ key }) => key as ColumnKey);
  useLayoutEffect(() => {
    shownColumns.value = keys;
  }, [keys.join()]);
  return (
    <VirtualGrid
      label={messages ? 'Messages' : 'Frames'}
      kind={messages ? 'treegrid' : 'grid'}
      columns={columns}
      least={leastOf(columns)}
      shows={`${timeKind.value} ${store.connections.value.length} ${needle.value}`}
      onSort={(key) => sortBy(key as SortKey)}
      onResize={(key, pixels) => resizeColumn(key as ColumnKey, pixels)}
      onWidth={(now) => {
        width.value = now;
      }}
      count={store.rows.value}
      version={arrived.value}
      active={store.row.value}
      onActive={selectRow}
      onRange={want}
      onKey={onKey}
      onChoose={openDetail}
      onActivate={() => {
        openDetail();
        requestAnimationFrame(() =>
          document.getElementById(`detail-tab-${store.tab.peek()}`)?.focus(),
        );
      }}
      follow={store.live.value}
      row={(index) => {
        const row = rowAt(index);
        if (!row) return undefined;
        const many = row.kind === 'message' && row.fragments > 1;
        return {
          level: row.depth + 1,
          ...(messages && many ? { expanded: row.unfolded } : {}),
          class: `${row.kind === 'hole' ? 'hole' : ''} ${row.severity ?? ''} ${row.code >= 8 ? 'control' : ''} depth-${row.depth}`,
        };
      }}
      item={rowAt}
      cell={(index, key) => {
        const row = rowAt(index);
        return row && cell(row, key);
      }}
      empty={<Empty />}
    />
  );
}

function Empty() {
  if (store.reading.value && !store.live.value) return <>Reading…</>;
  if (store.live.value && !store.totals.value?.frames) return <LiveStart />;
  if (store.filter.value && store.totals.value?.frames) {
    return (
      <>
        No frames match this filter.
        <button
          type="button"
          onClick={() => {
            store.filterText.value = '';
            store.hideHeartbeats.value = false;
            store.connection.value = undefined;
          }}
        >
          Show everything
        </button>
      </>
    );
  }
  if (store.connections.value.length) return <>No frames: see the handshake.</>;
  return <>No frames here.</>;
}

// The table of frames or messages.
import { useComputed, useSignal } from '@preact/signals';
import type { Row } from 'ws4wasm/inspect';
import { arrows, count, sides, since } from '../format.ts';
import { selectRow, unfold } from '../state/actions.ts';
import { arrived, rowAt, want } from '../state/rows.ts';
import * as store from '../state/store.ts';
import { type Column, VirtualGrid } from './virtual-grid.tsx';

const COLUMNS: Column[] = [
  { key: 'number', title: '#', width: '4.6em', class: 'right' },
  { key: 'time', title: 'Time, s', width: '7em', class: 'right' },
  { key: 'connection', title: 'Conn', width: '4.2em', class: 'right' },
  { key: 'type', title: 'Type', width: '9em' },
  { key: 'flags', title: 'Flags', width: '6.4em' },
  { key: 'length', title: 'Length', width: '5.6em', class: 'right' },
  { key: 'content', title: 'Content', width: 'minmax(4.5em, 1fr)' },
];

/** What there is room for in a table of this width. */
function columnsFor(width: number, several: boolean) {
  const without = [
    ...(several && width > 640 ? [] : ['connection']),
    ...(width > 500 ? [] : ['flags']),
    ...(width > 420 ? [] : ['time']),
  ];
  return COLUMNS.filter(({ key }) => !without.includes(key));
}

const MARKS = { error: '✖', warning: '▲', hint: 'ℹ' } as const;

function Flags({ row }: { row: Row }) {
  if (row.kind === 'hole') return null;
  if (row.made) {
    return (
      <span
        class="quiet"
        title="Messages were recorded, and no headers: nothing here is judged"
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

function cell(row: Row, key: string) {
  switch (key) {
    case 'number':
      return count(row.frame);
    case 'time':
      return since(row.time);
    case 'connection':
      return row.connection;
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
            <span class="inflated" title="after inflating">
              ⇲ {count(row.inflated)}
            </span>
          )}
          {!row.complete && (
            <span class="cut" title="not all of it is there">
              cut
            </span>
          )}
          {legible(row.preview)}
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
  const several = useComputed(() => store.connections.value.length > 1).value;
  const columns = columnsFor(width.value, several);
  return (
    <VirtualGrid
      label={messages ? 'Messages' : 'Frames'}
      kind={messages ? 'treegrid' : 'grid'}
      columns={columns}
      onWidth={(now) => {
        width.value = now;
      }}
      count={store.rows.value}
      version={arrived.value}
      active={store.row.value}
      onActive={selectRow}
      onRange={want}
      onKey={onKey}
      onActivate={() => document.getElementById(`tab-${store.tab.peek()}`)?.focus()}
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
  if (store.live.value && !store.totals.value?.frames) {
    return (
      <>
        Waiting for a connection to this server.
        <a href="/talk" target="_blank" rel="noreferrer">
          Open one
        </a>
      </>
    );
  }
  if (store.filter.value && store.totals.value?.frames) {
    return (
      <>
        Nothing matches this filter.
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
  if (store.connections.value.length) return <>No frames came: see the handshake.</>;
  return <>No frames here.</>;
}

// What is known of the selection, in tabs.
import { count, plural, sides, since } from '../format.ts';
import { allBytes, copy, exportAs, save } from '../state/actions.ts';
import { docked, drawerOpen } from '../state/layout.ts';
import { arrived, rowAt } from '../state/rows.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { Bits, FieldTable, useHead } from './bits.tsx';
import { CompareMenu } from './compare-menu.tsx';
import { Conversation } from './conversation.tsx';
import { bytesAs } from './copy.ts';
import { Difference } from './difference.tsx';
import { FilterBy } from './filter-by.tsx';
import { Handshake } from './handshake.tsx';
import { Hex } from './hex.tsx';
import { Masking } from './masking.tsx';
import { Menu } from './menu.tsx';
import { Payload } from './payload.tsx';
import { Statistics } from './statistics.tsx';
import { Tabs } from './tabs.tsx';
import { Errors, ViolationItem } from './violations.tsx';

export function Detail() {
  const detail = store.detail.value;
  const found = (store.totals.value?.errors ?? 0) + (store.totals.value?.warnings ?? 0);
  const tab = store.tab.value;
  const drawer = docked.value === 'drawer';
  if (drawer && !drawerOpen.value) return null;
  const close = () => {
    drawerOpen.value = false;
    document.querySelector<HTMLElement>('.grid-row[tabindex="0"]')?.focus();
  };
  return (
    <section
      class="detail"
      id="details"
      aria-label="Details"
      onKeyDown={(event) => {
        if (!drawer || event.key !== 'Escape') return;
        event.stopPropagation();
        close();
      }}
    >
      <h2 class="unseen">Details</h2>
      {drawer && (
        <button
          type="button"
          class="small drawer-close"
          aria-label="Close the details"
          onClick={close}
        >
          ×
        </button>
      )}
      <Tabs
        label="Details"
        id="detail"
        tabs={[
          { name: 'frame', title: 'Frame' },
          {
            name: 'payload',
            title: 'Payload',
            unfit: detail ? undefined : 'No frame is selected.',
          },
          {
            name: 'handshake',
            title: 'Handshake',
            unfit: store.connections.value.length ? undefined : 'There is no connection yet.',
          },
          { name: 'errors', title: found ? `Issues (${count(found)})` : 'Issues' },
          {
            name: 'statistics',
            title: 'Statistics',
            unfit: store.totals.value?.frames ? undefined : 'There are no frames to count.',
          },
          {
            name: 'conversation',
            title: 'Conversation',
            unfit: store.totals.value?.frames ? undefined : 'There are no messages yet.',
          },
          {
            name: 'difference',
            title: 'Difference',
            unfit: store.totals.value?.frames ? undefined : 'There is nothing to compare yet.',
          },
        ]}
        active={tab}
        onChange={(name) => {
          store.tab.value = name as store.Tab;
        }}
      />
      <div
        class="detail-panel"
        role="tabpanel"
        id="detail-panel"
        aria-labelledby={`detail-tab-${tab}`}
        tabIndex={0}
      >
        {tab === 'frame' && (detail ? <FrameTab /> : <NoFrame />)}
        {tab === 'payload' && (detail ? <Payload detail={detail} /> : <Nothing />)}
        {tab === 'handshake' && <Handshake />}
        {tab === 'errors' && <Errors />}
        {tab === 'statistics' && <Statistics />}
        {tab === 'conversation' && <Conversation />}
        {tab === 'difference' && <Difference />}
      </div>
    </section>
  );
}

const Nothing = () => (
  <p class="hint">Choose a frame: click one, or go to the table and use the arrow keys.</p>
);

/** A hole, or nothing at all. */
function NoFrame() {
  // Rows come later than they are chosen.
  void arrived.value;
  const row = rowAt(store.row.value);
  if (row?.kind !== 'hole') return <Nothing />;
  return (
    <div class="frame-view">
      <header class="frame-head">
        <h3>
          Hole <span class={row.direction}>{sides[row.direction]}</span>
        </h3>
      </header>
      <p class="quiet">
        {since(row.time)} s, connection {row.connection}, from byte {count(row.offset)} on
      </p>
      <p>
        {row.preview}. The peer received them, since what follows was acknowledged or continues
        the stream, but the capture does not have them: packets were dropped before the
        recorder, truncated (tcpdump's <code>-s</code>), or, in TLS, a record was damaged.
      </p>
      <p>
        Frames before and after the gap are shown in full. A frame that lost some of its payload
        is marked as cut; where its length is known, decoding resumes right after it, otherwise
        at the next header that cannot be anything else. Missing bytes are never counted as
        errors.
      </p>
    </div>
  );
}

function FrameTab() {
  const detail = store.detail.value;
  if (!detail) return null;
  return <FrameDetails key={detail.row.frame} />;
}

const span = ({ first, last }: { first: number; last: number }) =>
  last > first ? `${first} to ${last}` : first;

function FrameDetails() {
  const detail = store.detail.value as NonNullable<typeof store.detail.value>;
  const head = useHead(detail);
  const { row, packets, records } = detail;
  return (
    <div class="frame-view">
      <header class="frame-head">
        <h3>
          Frame {row.frame} <span class={`opcode ${row.opcode}`}>{row.opcode}</span>{' '}
          <span class={row.direction}>{sides[row.direction]}</span>
        </h3>
        <div class="frame-tools">
          <CompareMenu />
          <CopyMenu />
        </div>
      </header>
      <p class="quiet">
        {since(detail.time.first)} s
        {detail.time.last > detail.time.first && ` to ${since(detail.time.last)} s`}, connection{' '}
        <FilterBy condition={`conn:${row.connection}`}>{row.connection}</FilterBy>
        {packets && `, packet ${span(packets)}`}
        {detail.present < detail.headerLength + detail.payloadLength &&
          `, ${plural(detail.headerLength + detail.payloadLength - detail.present, 'byte')} missing`}
        {records && `, TLS record ${span(records)}`}
      </p>
      {row.made && (
        <p class="hint">
          Its source has messages only. The header below is made for this one and was never on a
          wire; neither it nor its mask is judged.
        </p>
      )}
      {detail.violations.length > 0 && (
        <ul class="violations">
          {detail.violations.map((violation) => (
            <ViolationItem key={violation.violation} violation={violation} go={false} />
          ))}
        </ul>
      )}
      <div class="frame-parts">
        <div>
          <Bits detail={detail} head={head} />
          <Hex detail={detail} />
        </div>
        <div>
          <FieldTable detail={detail} />
          <Masking detail={detail} />
        </div>
      </div>
    </div>
  );
}

/** The bytes under the chosen tab, or the frame. */
function CopyMenu() {
  const bytes = async (as: keyof typeof bytesAs, what: string) => {
    const found = await allBytes(store.byteKind.peek()).catch(() => undefined);
    const wire = found ?? (await allBytes('wire'));
    if (wire) await copy(bytesAs[as](wire), what);
  };
  const exported = async (format: 'json' | 'vector', what: string) => {
    const found = await call('export', format, 'frame', store.frame.peek() ?? 0, false);
    await copy(new TextDecoder().decode(found), what);
  };
  const guarded = (work: () => Promise<void>) => () =>
    void work().catch((error: Error) => {
      store.notice.value = error.message;
    });
  const payload = async () => {
    const text = await allBytes(store.detail.peek()?.message ? 'message' : 'unmasked');
    if (text) await copy(bytesAs.text(text), 'payload as text');
  };
  return (
    <Menu
      title="Copy"
      label="Copy"
      id="copy"
      items={[
        {
          title: 'Hex',
          about: 'of the bytes shown',
          action: guarded(() => bytes('hex', 'hex')),
        },
        {
          title: 'Base64',
          about: 'of the bytes shown',
          action: guarded(() => bytes('base64', 'base64')),
        },
        {
          title: 'JavaScript',
          about: 'Uint8Array.of(…)',
          action: guarded(() => bytes('js', 'JavaScript')),
        },
        { title: 'Rust', about: 'a byte array', action: guarded(() => bytes('rust', 'Rust')) },
        { title: 'Text', about: 'the message', action: guarded(payload) },
        {
          title: 'JSON',
          about: 'with tshark’s field names',
          action: guarded(() => exported('json', 'JSON')),
        },
        {
          title: 'Test vector',
          about: 'as in tests/vectors',
          action: guarded(() => exported('vector', 'test vector')),
        },
        {
          title: 'Save the bytes',
          about: 'of the bytes shown, to a file',
          action: guarded(async () => {
            const found = await allBytes(store.byteKind.peek());
            if (found)
              save(found, `frame-${store.frame.peek()}.bin`, 'application/octet-stream');
          }),
        },
      ]}
    />
  );
}

export function ExportMenu() {
  const all = !store.filter.value;
  const connections = store.connections.value;
  const scope = all ? 'all' : 'view';
  const of = all ? 'of everything' : 'of what matches the filter';
  const items = [
    ['pcapng', 'Capture (pcapng)', `${of}; Wireshark opens it`, false],
    [
      'pcapng',
      'Capture with secrets',
      'includes passwords, cookies and tokens; other exports mask them',
      true,
    ],
    ['json', 'JSON', `${of}, with tshark’s field names`, false],
    ['har', 'HAR', `${of}, as browsers export it`, false],
    [
      'har',
      'HAR with secrets',
      'includes passwords, cookies and tokens; other exports mask them',
      true,
    ],
    ['vector', 'Test vectors', of, false],
    ...(store.live.value || !connections.some(({ tls }) => tls?.decrypted)
      ? []
      : ([
          [
            'encrypted',
            'Encrypted, with keys',
            'the packets as they came, and the keys that open them (pcapng)',
            false,
          ],
          ['keylog', 'Keys', `TLS secrets ${of}: a key log`, false],
        ] as const)),
  ] as const;
  return (
    <Menu
      title="Export"
      label="Export"
      items={items.map(([format, title, about, secrets]) => ({
        title,
        about,
        disabled: !store.totals.value?.frames,
        action: () => void exportAs(format, scope, secrets),
      }))}
    />
  );
}

// The connections and what became of each, in a column or in a list that opens. Choosing one
// filters by it.
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Connection } from 'ws4wasm/inspect';
import { count, issues, plural, size } from '../format.ts';
import { canHaveColumn, connectionsFolded, hasColumn, pickerOpen } from '../state/layout.ts';
import { endOf, peerNames } from '../state/names.ts';
import * as store from '../state/store.ts';
import { useWindow } from './scroll.ts';
import { EVIDENCE, takenFor } from './taken.tsx';

const ROW = 62;
/** More connections than this can be searched. */
const MANY = 8;

const VERDICTS = {
  ok: ['✔', 'no errors'],
  warning: ['▲', 'warnings'],
  error: ['✖', 'errors'],
  refused: ['⊘', 'refused'],
  other: ['–', 'not WebSocket'],
} as const;

const OTHERS: Record<string, string> = { http: 'HTTP', http2: 'HTTP/2', tls: 'TLS' };

function verdictOf(c: Connection) {
  if (c.verdict === 'refused') return `refused with ${c.status ?? 'no status'}`;
  if (c.verdict === 'other') return OTHERS[c.transport] ?? 'not WebSocket';
  if (c.verdict === 'error' || c.verdict === 'warning') return issues(c.errors, c.warnings);
  return VERDICTS[c.verdict][1];
}

function closing(c: Connection) {
  if (c.verdict === 'refused' || c.transport !== 'websocket') return '';
  if (!c.closeCode) {
    const how = c.ended.c2s ?? c.ended.s2c;
    return how === undefined || how === 'cut' ? 'open' : 'ended';
  }
  const { client, server } = c.closeCode;
  return client === server ? `closed ${client}` : `${client} / ${server}`;
}

/** What is written in the field is anywhere in what is known of a connection. */
function matches(c: Connection, text: string) {
  const { place = '' } = peerNames.value.get(c.connection) ?? {};
  const known = [
    c.connection,
    c.url,
    place,
    endOf(c.client),
    endOf(c.server),
    c.subprotocol,
    verdictOf(c),
    closing(c),
  ];
  return known.join(' ').toLowerCase().includes(text.toLowerCase());
}

export function Connections() {
  const find = useSignal('');
  const every = store.connections.value;
  const all = find.value.trim() ? every.filter((c) => matches(c, find.value.trim())) : every;
  const sight = useWindow(all.length + 1, ROW);
  const focused = useRef(false);
  const chosen = store.connection.value;
  const active = Math.max(
    0,
    chosen === undefined ? 0 : all.findIndex((c) => c.connection === chosen) + 1,
  );
  const choose = (index: number) => {
    store.connection.value = index <= 0 ? undefined : all[index - 1]?.connection;
    sight.reveal(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: all.length,
    }[event.key];
    if (event.key === 'Enter' && pickerOpen.value) closePicker();
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.min(all.length, Math.max(0, to)));
    focused.current = true;
    requestAnimationFrame(() =>
      sight.ref.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus(),
    );
  };
  const press = (index: number) => {
    choose(index);
    if (pickerOpen.value) closePicker();
  };
  const shown = Array.from({ length: sight.last - sight.first }, (_, i) => sight.first + i);
  if (active < sight.first || active >= sight.last) shown.push(active);
  return (
    <section class="connections" id="connections" aria-label="Connections">
      <header>
        <h2>
          {plural(every.length, 'connection')}
          {store.totals.value?.dropped ? `, ${count(store.totals.value.dropped)} dropped` : ''}
        </h2>
        {canHaveColumn.value && (
          <button
            type="button"
            class="small"
            aria-expanded={hasColumn.value}
            aria-label={hasColumn.value ? 'Fold the column' : 'Keep it as a column'}
            title={hasColumn.value ? 'Fold the column' : 'Keep it as a column'}
            onClick={() => {
              pickerOpen.value = false;
              connectionsFolded.value = hasColumn.value;
            }}
          >
            {hasColumn.value ? '«' : '»'}
          </button>
        )}
      </header>
      {every.length > MANY && (
        <input
          type="search"
          class="connection-find"
          aria-label="Find a connection"
          placeholder="Find: port, path, error…"
          value={find.value}
          onInput={(event) => {
            find.value = event.currentTarget.value;
          }}
        />
      )}
      <div
        class="connection-list"
        ref={sight.ref}
        role="listbox"
        aria-label="Connections"
        onScroll={sight.onScroll}
        onKeyDown={onKeyDown}
      >
        <div class="connection-window" role="presentation">
          {shown.map((index) => {
            const c = index === 0 ? undefined : all[index - 1];
            const common = {
              role: 'option' as const,
              'aria-selected': index === active,
              'aria-posinset': index + 1,
              'aria-setsize': all.length + 1,
              tabIndex: index === active ? 0 : -1,
              style: { transform: `translateY(${sight.y(index)}px)` },
              onClick: () => press(index),
            };
            if (!c) {
              return (
                <div key="all" class="connection" {...common}>
                  <span class="connection-name">All connections</span>
                  <span class="connection-facts all">
                    {plural(store.totals.value?.frames ?? 0, 'frame')},{' '}
                    {issues(store.totals.value?.errors ?? 0, store.totals.value?.warnings ?? 0)}
                  </span>
                </div>
              );
            }
            const [mark] = VERDICTS[c.verdict];
            return (
              <div
                key={c.connection}
                class={`connection ${c.verdict}`}
                title={[peerNames.value.get(c.connection)?.title, takenFor(c)]
                  .filter(Boolean)
                  .join('\n')}
                {...common}
              >
                <span class="connection-name">
                  <span class="connection-number">{c.connection}</span>
                  {c.url ? pathOf(c.url) : (c.tls?.serverName ?? endOf(c.server))}
                </span>
                <span class="connection-facts">
                  <span class={`verdict ${c.verdict}`}>
                    {mark} {verdictOf(c)}
                  </span>
                  <span>{closing(c)}</span>
                  {c.evidence && EVIDENCE[c.evidence].short && (
                    <span class="evidence">{EVIDENCE[c.evidence].short}</span>
                  )}
                  {c.verdict === 'other' && c.explanation && <span>not decrypted</span>}
                </span>
                <span class="connection-facts">
                  {c.client.port > 0 && <span title="the client’s port">:{c.client.port}</span>}
                  <span class="c2s">→ {count(c.frames.c2s)}</span>
                  <span class="s2c">← {count(c.frames.s2c)}</span>
                  <span>{size(c.bytes.c2s + c.bytes.s2c)}</span>
                  {c.tls?.decrypted && <span title="TLS, decrypted with its keys">TLS</span>}
                  {c.http2 && <span title="a stream of HTTP/2">h2</span>}
                  {c.gaps > 0 && (
                    <span title="bytes that the capture does not have">
                      {plural(c.gaps, 'gap')}
                    </span>
                  )}
                  {c.deflate && <span title="permessage-deflate">⇲</span>}
                  {c.subprotocol && <span class="subprotocol">{c.subprotocol}</span>}
                </span>
              </div>
            );
          })}
        </div>
        <div style={{ height: `${sight.spacer}px` }} role="presentation" />
      </div>
    </section>
  );
}

/** The host is mostly the same: what tells connections apart comes first. */
function pathOf(url: string) {
  const [, host = '', path = ''] = /^wss?:\/\/([^/]*)(.*)$/.exec(url) ?? [];
  return path.length > 1 ? `${path} · ${host}` : host || url;
}

function closePicker() {
  pickerOpen.value = false;
  document.getElementById('connection-picker')?.focus();
}

/** Where connections have no column: the chosen one, and the list of all that opens. */
export function ConnectionPicker() {
  const box = useRef<HTMLDivElement>(null);
  const open = pickerOpen.value && !hasColumn.value;
  // Before the next key is pressed: it is meant for the list.
  useLayoutEffect(() => {
    if (!open) return;
    box.current
      ?.querySelector<HTMLElement>('.connection-find, .connection[tabindex="0"]')
      ?.focus();
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) pickerOpen.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);
  if (hasColumn.value) return null;
  const chosen = store.connection.value;
  const name = chosen === undefined ? undefined : peerNames.value.get(chosen);
  return (
    <div
      class="picker"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        event.preventDefault();
        closePicker();
      }}
    >
      <button
        type="button"
        id="connection-picker"
        aria-expanded={open}
        aria-controls={open ? 'connections' : undefined}
        onClick={() => {
          pickerOpen.value = !pickerOpen.value;
        }}
      >
        <span class="picked">
          {chosen === undefined
            ? plural(store.connections.value.length, 'connection')
            : `${chosen} ${name?.place ?? ''} ${name?.client ?? ''}`}
        </span>{' '}
        <span aria-hidden="true">▾</span>
      </button>
      {open && <Connections />}
    </div>
  );
}

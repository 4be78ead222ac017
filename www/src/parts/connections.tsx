// The connections and what became of each. Choosing one filters by it.
import { useRef } from 'preact/hooks';
import type { Connection, Endpoint } from 'ws4wasm/inspect';
import { count, plural, size } from '../format.ts';
import * as store from '../state/store.ts';
import { useWindow } from './scroll.ts';
import { EVIDENCE, takenFor } from './taken.tsx';

const ROW = 62;

const VERDICTS = {
  ok: ['✔', 'no fault'],
  warning: ['▲', 'warnings'],
  error: ['✖', 'broken rules'],
  refused: ['⊘', 'refused'],
  other: ['–', 'no WebSocket'],
} as const;

const OTHERS: Record<string, string> = { http: 'HTTP', http2: 'HTTP/2', tls: 'TLS' };

const end = ({ address, port }: Endpoint) =>
  port ? `${address.includes(':') ? `[${address}]` : address}:${port}` : address;

function verdictOf(c: Connection) {
  if (c.verdict === 'refused') return `refused with ${c.status ?? 'no status'}`;
  if (c.verdict === 'other') return OTHERS[c.transport] ?? 'no WebSocket';
  if (c.verdict === 'error') return plural(c.errors, 'error');
  if (c.verdict === 'warning') return plural(c.warnings, 'warning');
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

export function Connections() {
  const all = store.connections.value;
  const sight = useWindow(all.length + 1, ROW);
  const focused = useRef(false);
  const chosen = store.connection.value;
  const active = chosen === undefined ? 0 : all.findIndex((c) => c.connection === chosen) + 1;
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
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.min(all.length, Math.max(0, to)));
    focused.current = true;
    requestAnimationFrame(() =>
      sight.ref.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus(),
    );
  };
  const shown = Array.from({ length: sight.last - sight.first }, (_, i) => sight.first + i);
  if (active < sight.first || active >= sight.last) shown.push(active);
  return (
    <section class="connections" aria-label="Connections">
      <h2>
        {plural(all.length, 'connection')}
        {store.totals.value?.dropped ? `, ${count(store.totals.value.dropped)} dropped` : ''}
      </h2>
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
              onClick: () => choose(index),
            };
            if (!c) {
              return (
                <div key="all" class="connection" {...common}>
                  <span class="connection-name">All connections</span>
                  <span class="connection-facts">
                    {plural(store.totals.value?.frames ?? 0, 'frame')},{' '}
                    {plural(store.totals.value?.errors ?? 0, 'error')}
                  </span>
                </div>
              );
            }
            const [mark] = VERDICTS[c.verdict];
            return (
              <div
                key={c.connection}
                class={`connection ${c.verdict}`}
                title={[`${end(c.client)} → ${end(c.server)}`, takenFor(c)]
                  .filter(Boolean)
                  .join('\n')}
                {...common}
              >
                <span class="connection-name">
                  <span class="connection-number">{c.connection}</span>
                  {c.url ? pathOf(c.url) : (c.tls?.serverName ?? end(c.server))}
                </span>
                <span class="connection-facts">
                  <span class={`verdict ${c.verdict}`}>
                    {mark} {verdictOf(c)}
                  </span>
                  <span>{closing(c)}</span>
                  {c.evidence && EVIDENCE[c.evidence].short && (
                    <span class="evidence">{EVIDENCE[c.evidence].short}</span>
                  )}
                  {c.verdict === 'other' && c.explanation && <span>not opened</span>}
                </span>
                <span class="connection-facts">
                  <span class="c2s">→ {count(c.frames.c2s)}</span>
                  <span class="s2c">← {count(c.frames.s2c)}</span>
                  <span>{size(c.bytes.c2s + c.bytes.s2c)}</span>
                  {c.tls?.decrypted && <span title="TLS, opened with its keys">TLS</span>}
                  {c.http2 && <span title="a stream of HTTP/2">h2</span>}
                  {c.gaps > 0 && (
                    <span title="bytes are missing">{plural(c.gaps, 'hole')}</span>
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

function pathOf(url: string) {
  return url.replace(/^wss?:\/\//, '');
}

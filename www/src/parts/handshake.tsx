// The opening handshake, line by line, and what was agreed on.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Connection, Handshake as Found, HttpHead } from 'ws4wasm/inspect';
import { plural, sectionUrl, since } from '../format.ts';
import { endOf, shownConnection } from '../state/names.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { FilterBy } from './filter-by.tsx';
import { around, Treat, takenFor } from './taken.tsx';
import { ViolationItem } from './violations.tsx';

/** Connections of one address that a filter lists. */
const MOST_LISTED = 500;

export function Handshake() {
  const connection = shownConnection.value;
  const found = useSignal<{ number: number; handshake: Found | undefined } | undefined>(
    undefined,
  );
  const number = useSignal<number | undefined>(undefined);
  number.value = connection?.connection;
  useSignalEffect(() => {
    const wanted = number.value;
    void store.progress.value?.revision;
    if (wanted === undefined) return;
    void call('handshake', wanted).then((handshake) => {
      found.value = { number: wanted, handshake };
    });
  });
  if (!connection) return <p class="hint">There is no connection.</p>;
  const handshake = found.value?.number === number.value ? found.value?.handshake : undefined;
  return (
    <div class="handshake">
      <Agreed connection={connection} />
      <Treat connection={connection} />
      {handshake?.violations.map((violation) => (
        <ul class="violations" key={violation.violation}>
          <ViolationItem violation={violation} />
        </ul>
      ))}
      {handshake?.before.map((head) => (
        <Head key={head.offset} head={head} title="Before the handshake" />
      ))}
      {handshake?.request && <Head head={handshake.request} title="Request" />}
      {handshake?.response && (
        <Head
          head={handshake.response}
          title="Response"
          {...(handshake.expectedAccept ? { accept: handshake.expectedAccept } : {})}
        />
      )}
      {connection.transport === 'websocket' && !handshake?.request && !handshake?.response && (
        <p class="hint">
          {connection.fromStart
            ? 'No handshake was seen on this connection: the bytes are frames alone, or its source has messages only.'
            : 'No handshake was seen on this connection: it began before the capture did.'}
        </p>
      )}
    </div>
  );
}

function Agreed({ connection: c }: { connection: Connection }) {
  const ended = (how: string | undefined) =>
    ({ fin: 'closed (FIN)', reset: 'reset (RST)', cut: 'still open when the capture ends' })[
      how ?? ''
    ] ?? 'open';
  const deflate = c.deflate;
  const ofAddress = (side: 'client' | 'server') => {
    const { address } = c[side];
    if (!address) return undefined;
    const all = store.connections.value.filter((one) => one[side].address === address);
    return (
      <FilterBy
        condition={`conn:${all
          .slice(0, MOST_LISTED)
          .map((one) => one.connection)
          .join(',')}`}
      >
        {endOf(c[side])}
      </FilterBy>
    );
  };
  const facts: [string, ComponentChildren | undefined][] = [
    ['URL', c.url],
    ['Client', ofAddress('client')],
    ['Server', ofAddress('server')],
    ['Protocol', c.transport === 'websocket' ? 'WebSocket' : 'not WebSocket'],
    ['Detected by', takenFor(c)],
    ['TLS', around(c)],
    ['HTTP/2', c.http2 && `stream ${c.http2.stream} of connection ${c.http2.connection}`],
    ['Status', c.status === undefined ? undefined : String(c.status)],
    [
      'Subprotocol',
      c.subprotocol ? (
        <FilterBy condition={`proto:${c.subprotocol}`}>{c.subprotocol}</FilterBy>
      ) : c.status === undefined ? undefined : (
        'none'
      ),
    ],
    ['Extensions', c.status === undefined ? c.extensions : (c.extensions ?? 'none')],
    [
      'Compression',
      deflate &&
        `permessage-deflate${deflate.guessed ? ' (guessed: no handshake was seen)' : ''}; client: ${deflate.clientMaxWindowBits}-bit window, ${deflate.clientNoContextTakeover ? 'no context takeover' : 'context takeover'}; server: ${deflate.serverMaxWindowBits}-bit window, ${deflate.serverNoContextTakeover ? 'no context takeover' : 'context takeover'}`,
    ],
    ['Client to server', `${plural(c.bytes.c2s, 'byte')}, ${ended(c.ended.c2s)}`],
    ['Server to client', `${plural(c.bytes.s2c, 'byte')}, ${ended(c.ended.s2c)}`],
    [
      'Closed with',
      c.closeCode &&
        `client reports ${c.closeCode.client}, server reports ${c.closeCode.server}`,
    ],
    ['Gaps in the capture', c.gaps ? String(c.gaps) : undefined],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Head({ head, title, accept }: { head: HttpHead; title: string; accept?: string }) {
  return (
    <section class="part">
      <h3>
        {title} <small>{since(head.time)} s</small>
      </h3>
      <p class="mono line">{head.line}</p>
      <div
        class="table-scroll"
        tabIndex={0}
        role="region"
        aria-label={`${title}, header fields`}
      >
        <table class="headers">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {head.headers.map((field) => (
              <tr key={field.offset} class={field.violations.length ? 'bad' : ''}>
                <th scope="row" class="mono">
                  {field.name}
                </th>
                <td class="mono value">
                  {field.value}
                  {accept && /^sec-websocket-accept$/i.test(field.name) && (
                    <span class={field.value === accept ? 'fits' : 'problem'}>
                      {field.value === accept ? ' ✔ fits the key' : ` ✖ should be ${accept}`}
                    </span>
                  )}
                </td>
                <td>
                  {field.meaning}
                  {field.section && (
                    <>
                      {' '}
                      <a
                        href={sectionUrl(
                          /RFC/.test(field.section) ? field.section : 'RFC 6455',
                          field.section.replace(/^RFC \d+ /, ''),
                        )}
                        target="_blank"
                        rel="noreferrer"
                      >
                        {field.section}
                      </a>
                    </>
                  )}
                  {field.violations.map((violation) => (
                    <p class="problem" key={violation.violation}>
                      <span class="mark error">✖</span> {violation.message}
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

// A connection as a conversation: each side in a column of its own, requests with their replies.
import { useSignal, useSignalEffect } from '@preact/signals';
import { count, duration, plural, sides, since, size } from '../format.ts';
import { selectFrame } from '../state/actions.ts';
import { compareConnection } from '../state/compare.ts';
import { shownConnection } from '../state/names.ts';
import * as store from '../state/store.ts';
import type { Conversation as Found, Said } from '../worker/conversation.ts';
import { call } from '../worker/rpc.ts';
import { Found as Marked } from './found.tsx';

/** Live traffic is looked at again after this, in milliseconds. */
const PAUSE = 300;

export function Conversation() {
  const found = useSignal<{ number: number; conversation: Found | undefined } | undefined>(
    undefined,
  );
  useSignalEffect(() => {
    void store.progress.value?.revision;
    const number = shownConnection.value?.connection;
    if (number === undefined) return;
    const look = () =>
      void call('conversation', number).then((conversation) => {
        found.value = { number, conversation };
      });
    if (found.peek()?.number !== number) {
      look();
      return;
    }
    const timer = setTimeout(look, PAUSE);
    return () => clearTimeout(timer);
  });
  const connection = shownConnection.value;
  if (!connection) return <p class="hint">There is no connection.</p>;
  const conversation =
    found.value?.number === connection.connection ? found.value.conversation : undefined;
  if (!conversation) return <p class="hint">Reading…</p>;
  const { said, messages } = conversation;
  return (
    <div class="conversation">
      <header class="frame-head">
        <h3>
          Connection {connection.connection} <small>{connection.url}</small>
        </h3>
        <button type="button" class="small" onClick={compareConnection}>
          Compare with…
        </button>
      </header>
      <Summary conversation={conversation} />
      {said.length === 0 && <p class="hint">Nobody has said anything.</p>}
      <ol class="said-list" aria-label="Conversation">
        {said.map((one) => (
          <Line key={one.frame} one={one} />
        ))}
      </ol>
      {messages > said.length && (
        <p class="hint">
          The first {count(said.length)} of {plural(messages, 'message')}: the table has all.
        </p>
      )}
    </div>
  );
}

function Summary({ conversation }: { conversation: Found }) {
  const { duration: lasted, closedBy, roundTrips, unanswered, silence } = conversation;
  const connection = shownConnection.value;
  const sorted = [...roundTrips].sort((a, b) => a - b);
  const at = (part: number) => duration(sorted[Math.floor(part * (sorted.length - 1))]);
  const code = connection?.closeCode;
  const codes =
    code && (code.client === code.server ? code.client : `${code.client} / ${code.server}`);
  const facts: [string, string][] = [
    ['Duration', duration(lasted)],
    [
      'Closed',
      closedBy
        ? `${codes}, by the ${closedBy === 'c2s' ? 'client' : 'server'}`
        : codes
          ? `${codes}, without a close frame`
          : 'not yet',
    ],
    [
      'Round trips',
      sorted.length
        ? `${count(sorted.length)}: median ${at(0.5)}, longest ${at(1)}${unanswered ? `; ${plural(unanswered, 'request')} unanswered` : ''}`
        : unanswered
          ? `${plural(unanswered, 'request')} unanswered`
          : 'no requests with ids, and no answered pings',
    ],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {silence && (
        <div>
          <dt>Longest silence</dt>
          <dd>
            {duration(silence.length)}, before{' '}
            <button
              type="button"
              class="filter-by"
              onClick={() => void selectFrame(silence.frame)}
            >
              frame {silence.frame}
            </button>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Line({ one }: { one: Said }) {
  const { frame, direction, opcode, preview, pair, asks, severity } = one;
  const selected = store.frame.value === frame;
  return (
    <li class={`said ${direction}`}>
      <button
        type="button"
        class="bubble"
        aria-current={selected}
        onClick={() => void selectFrame(frame)}
      >
        <span class="said-facts">
          <span class="unseen">{sides[direction]}, </span>
          {since(one.time)} s · {opcode} · {size(one.length)}
          {severity && severity !== 'hint' && (
            <span class={`mark ${severity}`}> {severity}</span>
          )}
        </span>
        <span class="mono">
          <Marked text={preview} />
        </span>
      </button>
      {pair && (
        <button
          type="button"
          class="small pair"
          title={`To frame ${pair.frame}`}
          onClick={() => void selectFrame(pair.frame)}
        >
          {pair.frame < frame ? '↩' : '↪'} {duration(pair.latency)}, frame {pair.frame}
        </button>
      )}
      {!pair && asks !== undefined && <span class="quiet pair">unanswered</span>}
    </li>
  );
}

// What was chosen first, and what the selected message, or connection, differs from it in.
import { useSignal, useSignalEffect } from '@preact/signals';
import type {
  AlignedRow,
  ConnectionDifference,
  First,
  Difference as Found,
} from '../difference/types.ts';
import { arrows, count, plural, sides, size } from '../format.ts';
import { selectFrame } from '../state/actions.ts';
import {
  compareConnection,
  compareMessage,
  first,
  forget,
  isOfThis,
} from '../state/compare.ts';
import { shownConnection } from '../state/names.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { MessageDifference, Notes } from './message-difference.tsx';

/** Live traffic is compared again after this, in milliseconds. */
const PAUSE = 300;
/** Rows that are shown at first, and each time that there are to be more. */
const ROWS = 500;

export function Difference() {
  const chosen = first.value;
  if (!chosen) return <HowTo />;
  return (
    <div class="difference">
      <header class="frame-head">
        <h3>Difference to {nameOf(chosen)}</h3>
        <button type="button" class="small" onClick={forget}>
          Forget it
        </button>
      </header>
      <p class="quiet">
        The first is of {isOfThis() ? 'this file' : chosen.file}
        {chosen.what === 'message' && `, connection ${chosen.connection}`}
        {!chosen.replay && `: ${chosen.name}`}
        {chosen.kept < chosen.of &&
          `; its first ${count(chosen.kept)} of ${plural(chosen.of, 'message')} are kept`}
        .
      </p>
      {chosen.what === 'message' ? (
        <OfMessages chosen={chosen} />
      ) : (
        <OfConnections chosen={chosen} />
      )}
    </div>
  );
}

const nameOf = ({ what, frame, connection, replay }: First) =>
  what === 'message' ? `frame ${frame}` : replay ? 'the replay' : `connection ${connection}`;

function HowTo() {
  return (
    <div class="difference">
      <p class="hint">
        For what worked yesterday: choose what to compare with, then select another message or
        connection, here or in another file. What was chosen is kept when another file is
        opened.
      </p>
      <div class="buttons">
        <button type="button" disabled={!store.detail.value} onClick={compareMessage}>
          Compare with this message <kbd>c</kbd>
        </button>
        <button type="button" disabled={!shownConnection.value} onClick={compareConnection}>
          Compare with this connection <kbd>C</kbd>
        </button>
      </div>
    </div>
  );
}

function OfMessages({ chosen }: { chosen: First }) {
  const frame = store.detail.value?.row.frame;
  if (frame === undefined) return <p class="hint">Select the message to compare it with.</p>;
  if (isOfThis() && frame === chosen.frame) {
    return (
      <p class="hint">
        This is the first itself. Select another message, here or in another file.
      </p>
    );
  }
  return <MessageOf key={`${chosen.file} ${chosen.frame} ${frame}`} frame={frame} index={0} />;
}

/** The difference of a message of the first side to a frame's message. */
function MessageOf({ frame, index }: { frame: number; index: number }) {
  const found = useSignal<{ difference: Found | undefined } | undefined>(undefined);
  useSignalEffect(() => {
    void call('messageDifference', frame, index)
      .then((difference) => {
        found.value = { difference };
      })
      .catch((error: Error) => {
        store.notice.value = error.message;
      });
  });
  if (!found.value) return <p class="hint">Comparing…</p>;
  const { difference } = found.value;
  if (!difference) return <p class="hint">There is no message to compare.</p>;
  return <MessageDifference difference={difference} />;
}

function OfConnections({ chosen }: { chosen: First }) {
  const connection = shownConnection.value?.connection;
  if (connection === undefined) return <p class="hint">There is no connection yet.</p>;
  if (isOfThis() && connection === chosen.connection) {
    return (
      <p class="hint">
        This is the first itself. Choose another connection, here or in another file.
      </p>
    );
  }
  return <ConnectionOf key={`${chosen.file} ${chosen.connection} ${connection}`} />;
}

function ConnectionOf() {
  const found = useSignal<{ number: number; difference: ConnectionDifference } | undefined>(
    undefined,
  );
  useSignalEffect(() => {
    void store.progress.value?.revision;
    const number = shownConnection.value?.connection;
    if (number === undefined) return;
    const look = () =>
      void call('connectionDifference', number)
        .then((difference) => {
          found.value = difference && { number, difference };
        })
        .catch((error: Error) => {
          store.notice.value = error.message;
        });
    if (found.peek()?.number !== number) {
      look();
      return;
    }
    const timer = setTimeout(look, PAUSE);
    return () => clearTimeout(timer);
  });
  if (!found.value) return <p class="hint">Comparing…</p>;
  return <Aligned difference={found.value.difference} number={found.value.number} />;
}

function Aligned({ difference, number }: { difference: ConnectionDifference; number: number }) {
  const onlyDifferent = useSignal(false);
  const shown = useSignal(ROWS);
  const opened = useSignal<number | undefined>(undefined);
  const { rows, counts, notes } = difference;
  const wanted = onlyDifferent.value ? rows.filter(({ how }) => how !== 'same') : rows;
  const told = [
    `${count(counts.same)} the same`,
    `${count(counts.changed)} changed`,
    `${count(counts.first)} only in the first`,
    `${count(counts.second)} only in connection ${number}`,
  ];
  return (
    <>
      <p class="difference-counts">{told.join(' · ')}</p>
      <Notes notes={notes} />
      <label>
        <input
          type="checkbox"
          checked={onlyDifferent.value}
          onChange={(event) => {
            onlyDifferent.value = event.currentTarget.checked;
          }}
        />{' '}
        Only what differs
      </label>
      {wanted.length === 0 && (
        <p class="hint">{rows.length ? 'Nothing differs.' : 'Neither has messages.'}</p>
      )}
      <ol class="aligned-list" aria-label="Messages of both connections">
        {wanted.slice(0, shown.value).map((row) => (
          <Row
            key={`${row.index} ${row.second?.frame}`}
            row={row}
            open={row.index !== undefined && opened.value === row.index}
            toggle={() => {
              opened.value = opened.value === row.index ? undefined : row.index;
            }}
          />
        ))}
      </ol>
      {wanted.length > shown.value && (
        <button
          type="button"
          onClick={() => {
            shown.value += ROWS;
          }}
        >
          Show more: {count(wanted.length - shown.value)} left
        </button>
      )}
    </>
  );
}

const HOW = {
  same: ['=', 'the same'],
  changed: ['≠', 'changed'],
  first: ['−', 'only in the first'],
  second: ['+', 'only in this one'],
} as const;

function Row({ row, open, toggle }: { row: AlignedRow; open: boolean; toggle: () => void }) {
  const { how, first: one, second: other, index } = row;
  const facts = other ?? one;
  if (!facts) return null;
  const [mark, said] = HOW[how];
  const line = (
    <>
      <span class="aligned-mark" title={said}>
        <span aria-hidden="true">{mark}</span>
        <span class="unseen">{said}, </span>
      </span>
      <span class={facts.direction} title={sides[facts.direction]}>
        {arrows[facts.direction]}
        <span class="unseen">{sides[facts.direction]}, </span>
      </span>
      {(how === 'same' ? [other] : [one, other]).map((side, i) => (
        <span key={i} class="aligned-side mono">
          {side ? side.preview || `${side.opcode}, ${size(side.length)}` : ''}
        </span>
      ))}
    </>
  );
  return (
    <li class={`aligned ${how}`}>
      {other ? (
        <button
          type="button"
          class="aligned-line"
          aria-expanded={how === 'changed' ? open : undefined}
          aria-current={how !== 'changed' && store.frame.value === other.frame}
          onClick={() => {
            if (how === 'changed') toggle();
            else void selectFrame(other.frame);
          }}
        >
          {line}
        </button>
      ) : (
        <div class="aligned-line">{line}</div>
      )}
      {open && other && index !== undefined && (
        <div class="aligned-difference">
          <MessageOf frame={other.frame} index={index} />
          <button type="button" class="small" onClick={() => void selectFrame(other.frame)}>
            To frame {other.frame}
          </button>
        </div>
      )}
    </li>
  );
}

// A frame to be sent: in words, or bit by bit; what will break is said before.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as control from '../state/control.ts';

const KINDS = ['text', 'json', 'bytes', 'ping', 'close', 'frame'] as const;
type Kind = (typeof KINDS)[number];

const TITLES: Record<Kind, string> = {
  text: 'Text',
  json: 'JSON',
  bytes: 'Bytes',
  ping: 'Ping',
  close: 'Close',
  frame: 'Frame, bit by bit',
};

/** The first byte of a frame and the bit MASK of the second (RFC 6455 section 5.2). */
const BITS = [
  'FIN',
  'RSV1',
  'RSV2',
  'RSV3',
  'opcode 8',
  'opcode 4',
  'opcode 2',
  'opcode 1',
  'MASK',
];

const TEXT_FRAME = '100000011';

export function Send() {
  const connection = useSignal<number | undefined>(undefined);
  const to = useSignal<'server' | 'client'>('server');
  const kind = useSignal<Kind>('text');
  const body = useSignal('');
  const code = useSignal('1000');
  const bits = useSignal(TEXT_FRAME);
  const hex = useSignal(false);
  const length = useSignal('');
  const lengthBits = useSignal('');
  const take = useSignal('');
  /** A hostile frame that was chosen, until something is changed. */
  const chosen = useSignal<control.Hostile | undefined>(undefined);
  const judged = useSignal<control.Judged | undefined>(undefined);
  const problem = useSignal('');
  const notice = useSignal('');

  const all = control.connections.value;
  const target = all.find((one) => one.connection === connection.value) ?? all.at(-1);

  const frames = (): object[] => {
    if (chosen.value) return chosen.value.frames;
    const text = body.value;
    switch (kind.value) {
      case 'text':
        return [{ text }];
      case 'json':
        return [{ json: JSON.parse(text) }];
      case 'bytes':
        return [{ opcode: 'binary', hex: text }];
      case 'ping':
        return [{ opcode: 'ping', text }];
      case 'close':
        return [{ opcode: 'close', code: Number(code.value), reason: text }];
      case 'frame':
        return [
          {
            fin: bits.value[0] === '1',
            rsv1: bits.value[1] === '1',
            rsv2: bits.value[2] === '1',
            rsv3: bits.value[3] === '1',
            opcode: Number.parseInt(bits.value.slice(4, 8), 2),
            masked: bits.value[8] === '1',
            [hex.value ? 'hex' : 'text']: text,
            ...(length.value && { length: length.value }),
            ...(lengthBits.value && { lengthBits: Number(lengthBits.value) }),
            ...(take.value && { take: Number(take.value) }),
          },
        ];
    }
  };

  const number = target?.connection;
  const inputs = [kind, body, code, bits, hex, length, lengthBits, take, chosen, to];
  useEffect(() => {
    judged.value = undefined;
    problem.value = '';
    if (number === undefined) return;
    let over = false;
    const timer = setTimeout(() => {
      Promise.resolve()
        .then(() =>
          control.ask<control.Judged>('judge', {
            connection: number,
            to: to.value,
            frames: frames(),
          }),
        )
        .then(
          (found) => {
            if (!over) judged.value = found;
          },
          (error: Error) => {
            if (!over) problem.value = error.message;
          },
        );
    }, 150);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [number, ...inputs.map(({ value }) => value)]);

  const send = async () => {
    try {
      await control.ask('send', { connection: number, to: to.value, frames: frames() });
      notice.value = `Sent to the ${to.value} of connection ${number}.`;
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };

  const changed = () => {
    chosen.value = undefined;
    notice.value = '';
  };

  return (
    <section aria-labelledby="act-send">
      <h3 id="act-send">Send into a connection</h3>
      {all.length === 0 && <p class="quiet">No connection is open now.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (judged.value) void send();
        }}
      >
        <label>
          Connection{' '}
          <select
            value={number}
            onChange={(event) => {
              connection.value = Number(event.currentTarget.value);
            }}
          >
            {all.map((one) => (
              <option key={one.connection} value={one.connection}>
                {one.connection}: {one.client} {one.path}
              </option>
            ))}
          </select>
        </label>
        <label>
          To{' '}
          <select
            class="to"
            value={to.value}
            onChange={(event) => {
              to.value = event.currentTarget.value as 'server' | 'client';
              // As section 5.1 has it: clients mask, servers do not. It can be switched again.
              bits.value = bits.value.slice(0, 8) + (to.value === 'server' ? '1' : '0');
              changed();
            }}
          >
            <option value="server">the server</option>
            <option value="client">the client</option>
          </select>
        </label>
        <label>
          What{' '}
          <select
            class="kind"
            value={kind.value}
            onChange={(event) => {
              kind.value = event.currentTarget.value as Kind;
              changed();
            }}
          >
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {TITLES[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Or a hostile frame{' '}
          <select
            class="hostile"
            value={chosen.value?.rule ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              chosen.value = control.hostile.value.find(({ rule }) => rule === value);
              notice.value = '';
            }}
          >
            <option value="">none</option>
            {control.hostile.value
              .filter((one) => one.to === 'both' || one.to === to.value)
              .map(({ rule, title, deflate }) => (
                <option key={rule} value={rule}>
                  {rule}: {title}
                  {deflate && ' (needs compression)'}
                </option>
              ))}
          </select>
        </label>
        {chosen.value?.deflate && target && !target.compressed && (
          <p class="quiet needs-deflate">
            {chosen.value.rule} needs permessage-deflate, which this connection did not
            negotiate: here the frame breaks another rule. Connect a client that offers it, and
            start the proxy without <code>--no-compress</code> and <code>--rules</code>.
          </p>
        )}
        {kind.value === 'close' && (
          <label>
            Code{' '}
            <input
              class="number"
              type="number"
              min="0"
              max="65535"
              value={code.value}
              onInput={(event) => {
                code.value = event.currentTarget.value;
                changed();
              }}
            />
          </label>
        )}
        {kind.value === 'frame' && (
          <fieldset class="act-bits">
            <legend>Header</legend>
            <div class="bit-row">
              {BITS.map((name, at) => (
                <button
                  key={name}
                  type="button"
                  class="bit"
                  aria-pressed={bits.value[at] === '1'}
                  title={name}
                  onClick={() => {
                    const now = bits.value[at] === '1' ? '0' : '1';
                    bits.value = bits.value.slice(0, at) + now + bits.value.slice(at + 1);
                    changed();
                  }}
                >
                  <small>{name.replace('opcode ', 'op ')}</small>
                  {bits.value[at]}
                </button>
              ))}
            </div>
            <Field title="Length, if it lies" value={length} changed={changed} />
            <label>
              Written in{' '}
              <select
                value={lengthBits.value}
                onChange={(event) => {
                  lengthBits.value = event.currentTarget.value;
                  changed();
                }}
              >
                <option value="">as few bits as it needs</option>
                <option value="7">7 bits</option>
                <option value="16">16 bits</option>
                <option value="64">64 bits</option>
              </select>
            </label>
            <Field title="Cut the payload after bytes" value={take} changed={changed} />
            <label class="tick">
              <input
                type="checkbox"
                checked={hex.value}
                onChange={(event) => {
                  hex.value = event.currentTarget.checked;
                  changed();
                }}
              />{' '}
              The payload is written in hex
            </label>
          </fieldset>
        )}
        <label class="wide">
          {kind.value === 'close'
            ? 'Reason'
            : kind.value === 'bytes'
              ? 'Bytes in hex'
              : 'Payload'}
          <textarea
            class="act-body"
            rows={3}
            spellcheck={false}
            value={body.value}
            onInput={(event) => {
              body.value = event.currentTarget.value;
              changed();
            }}
          />
        </label>
        <Verdict judged={judged.value} problem={problem.value} to={to.value} />
        <button type="submit" class="main send" aria-disabled={!judged.value}>
          Send
        </button>
        <span class="quiet" role="status">
          {notice.value}
        </span>
      </form>
    </section>
  );
}

function Field({
  title,
  value,
  changed,
}: {
  title: string;
  value: { value: string };
  changed: () => void;
}) {
  return (
    <label>
      {title}{' '}
      <input
        class="number"
        inputMode="numeric"
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.value.trim();
          changed();
        }}
      />
    </label>
  );
}

/** What a receiver that keeps to the RFC makes of it. */
function Verdict({
  judged,
  problem,
  to,
}: {
  judged: control.Judged | undefined;
  problem: string;
  to: string;
}) {
  if (problem) {
    return (
      <p class="problem" role="status">
        {problem}
      </p>
    );
  }
  if (!judged) return <p class="quiet">…</p>;
  const { violations, missing, bytes = [] } = judged;
  const shown = bytes.join(' ').slice(0, 120);
  return (
    <div class="verdict" role="status">
      {violations.length === 0 && missing === 0 && (
        <p class="fine">Valid: nothing will break.</p>
      )}
      <ul>
        {violations.map(({ rule, message, rfc, section, expectedClose }) => (
          <li key={rule + message} class="problem">
            <b>{rule}</b> {message} ({rfc}, section {section}
            {expectedClose !== undefined && `; the ${to} closes with ${expectedClose}`})
          </li>
        ))}
        {missing > 0 && (
          <li class="problem">
            The header announces {missing} B more than there are: what follows on the connection
            is taken for them.
          </li>
        )}
      </ul>
      <code class="bytes">{shown}</code>
    </div>
  );
}

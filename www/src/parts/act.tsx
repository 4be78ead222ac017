// Acting on live traffic: what the proxy holds, and what is sent into a connection.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { plural } from '../format.ts';
import * as control from '../state/control.ts';
import { Send } from './act-send.tsx';
import { Panel, PanelButton } from './panel.tsx';

const NAMES: Record<number, string> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

export function ActButton() {
  const count = control.held.value.length;
  return (
    <PanelButton
      id="act"
      unfit={control.canAct ? undefined : 'Needs a proxy: npx ws4wasm inspect --target ws://…'}
      about="Hold messages, and send frames into a connection"
    >
      Act{count > 0 && <span class="act-count"> {count} held</span>}
    </PanelButton>
  );
}

export function ActPanel() {
  return (
    <Panel id="act" title="Act on live traffic" join={control.join}>
      {control.connected.value ? (
        <>
          <HoldForm />
          <Send />
        </>
      ) : (
        <p class="quiet">The proxy is not connected. Is it still running?</p>
      )}
    </Panel>
  );
}

function HoldForm() {
  const filter = useSignal('');
  const from = useSignal('');
  const timeout = useSignal('30');
  const problem = useSignal('');
  const hold = control.hold.value;
  const begin = () =>
    control
      .ask('hold', {
        filter: filter.value,
        timeout: Number(timeout.value),
        ...(from.value && { from: from.value }),
      })
      .then(
        () => {
          problem.value = '';
        },
        (error: Error) => {
          problem.value = error.message;
        },
      );
  // The message that had the focus has gone on: the next one has it, else the button above them.
  const section = useRef<HTMLElement>(null);
  const had = useRef(false);
  useLayoutEffect(() => {
    if (had.current && document.activeElement === document.body) {
      const find = (selector: string) => section.current?.querySelector<HTMLElement>(selector);
      (find('.release') ?? find('.hold'))?.focus();
      had.current = false;
    }
  }, [control.held.value]);
  const compressed = control.connections.value.filter((one) => one.compressed).length;
  return (
    <section
      aria-labelledby="act-hold"
      ref={section}
      onFocusIn={(event) => {
        had.current = (event.target as Element).closest('.held') !== null;
      }}
    >
      <h3 id="act-hold">Hold messages</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (hold) void control.ask('unhold');
          else void begin();
        }}
      >
        <label>
          Filter{' '}
          <input
            value={filter.value}
            placeholder="all messages; such as op:text"
            disabled={hold !== null}
            spellcheck={false}
            onInput={(event) => {
              filter.value = event.currentTarget.value;
            }}
          />
        </label>
        <label>
          From{' '}
          <select
            value={from.value}
            disabled={hold !== null}
            onChange={(event) => {
              from.value = event.currentTarget.value;
            }}
          >
            <option value="">both</option>
            <option value="client">client</option>
            <option value="server">server</option>
          </select>
        </label>
        <label>
          Seconds{' '}
          <input
            class="number"
            type="number"
            min="0.1"
            step="any"
            value={timeout.value}
            disabled={hold !== null}
            onInput={(event) => {
              timeout.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class={`hold ${hold ? '' : 'main'}`}>
          {hold ? 'Stop holding' : 'Hold'}
        </button>
      </form>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {hold && (
        <p class="quiet" role="status">
          Holding {hold.filter ? <code>{hold.filter}</code> : 'all messages'}
          {hold.from && ` from the ${hold.from}`}; after {hold.timeout} s a message goes on by
          itself. {plural(control.held.value.length, 'message')} held.
        </p>
      )}
      {hold && compressed > 0 && (
        <p class="quiet">
          {plural(compressed, 'connection')} compressed: what was opened before cannot be read.
          Connect again, or start the proxy with <code>--no-compress</code>.
        </p>
      )}
      <ul class="held-list">
        {control.held.value.map((one) => (
          <HeldMessage key={one.held} one={one} />
        ))}
      </ul>
    </section>
  );
}

function HeldMessage({ one }: { one: control.Held }) {
  const { held, from, connection, opcode, length, cut, compressed, until } = one;
  const original = one.text ?? one.hex ?? '';
  const edited = useSignal(original);
  const problem = useSignal('');
  const left = useSignal(Math.max(0, Math.round((until - Date.now()) / 1000)));
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = Math.max(0, Math.round((until - Date.now()) / 1000));
    }, 1000);
    return () => clearInterval(timer);
  }, [until]);
  const act = (command: string, more: object = {}) => {
    const changed =
      command === 'release' && edited.value !== original
        ? { [one.text === undefined ? 'hex' : 'text']: edited.value }
        : {};
    control.ask(command, { held, ...changed, ...more }).catch((error: Error) => {
      problem.value = error.message;
    });
  };
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  return (
    <li class="held">
      <label for={`held-${held}`}>
        {from === 'client' ? '→' : '←'} {name} of the {from}, connection {connection}, {length}{' '}
        B, {left.value} s left
      </label>
      <textarea
        id={`held-${held}`}
        rows={2}
        spellcheck={false}
        value={edited.value}
        readOnly={cut === true || compressed}
        onInput={(event) => {
          edited.value = event.currentTarget.value;
        }}
      />
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="buttons">
        <button type="button" class="small main release" onClick={() => act('release')}>
          {edited.value === original ? 'Release' : 'Release, edited'}
        </button>
        <button type="button" class="small drop-it" onClick={() => act('drop')}>
          Drop
        </button>
        <button type="button" class="small" onClick={() => act('release', { copies: 2 })}>
          Twice
        </button>
        <button type="button" class="small" onClick={() => act('release', { delay: 1000 })}>
          In 1 s
        </button>
      </div>
    </li>
  );
}

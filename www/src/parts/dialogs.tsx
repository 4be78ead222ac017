// Paste, go to, help: modal dialogs of the browser's own, which hold the focus.
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { goTo, openText } from '../state/actions.ts';
import { KEYS } from '../state/keys.ts';
import * as store from '../state/store.ts';

function Dialog({
  open,
  title,
  children,
}: {
  open: Signal<boolean>;
  title: string;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const id = `dialog-${title.replace(/\W+/g, '-').toLowerCase()}`;
  // Before the next key is pressed: it is meant for the dialog.
  useLayoutEffect(() => {
    if (open.value) {
      element.current?.showModal();
      element.current?.querySelector<HTMLElement>('textarea, form input')?.focus();
    } else element.current?.close();
  }, [open.value]);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={() => {
        open.value = false;
      }}
      onKeyDown={(event) => {
        // The browser would tell of it later, and keys that come before would go to what is closed.
        if (event.key !== 'Escape') return;
        event.preventDefault();
        open.value = false;
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) open.value = false;
      }}
    >
      {open.value && (
        <div class="dialog">
          <header>
            <h2 id={id}>{title}</h2>
            <button
              type="button"
              class="small"
              aria-label="Close"
              onClick={() => {
                open.value = false;
              }}
            >
              ×
            </button>
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}

export function PasteDialog() {
  const text = useSignal('');
  return (
    <Dialog open={store.pasteOpen} title="Paste bytes">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!text.value.trim()) return;
          store.pasteOpen.value = false;
          void openText(text.value);
        }}
      >
        <label for="paste">
          Hex in any usual dump style, base64, or an array of bytes in JavaScript or Rust
        </label>
        <textarea
          id="paste"
          rows={9}
          spellcheck={false}
          autofocus
          placeholder="81 8b be 04 e6 6a d6 61 8a 06 d1 24 91 05 cc 68 82"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
        <div class="buttons">
          <button type="submit" class="main" disabled={!text.value.trim()}>
            Inspect
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function GotoDialog() {
  const problem = useSignal('');
  return (
    <Dialog open={store.gotoOpen} title="Go to">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const value = String(new FormData(event.currentTarget).get('where') ?? '');
          void goTo(value).then((said) => {
            problem.value = said ?? '';
            if (said === undefined) store.gotoOpen.value = false;
          });
        }}
      >
        <label for="where">
          A frame’s number, or @ and an offset in the stream: 12, @0x1f, s2c@300
        </label>
        <input
          id="where"
          name="where"
          autocomplete="off"
          autofocus
          aria-describedby="where-note"
        />
        <p id="where-note" class="problem" role="alert">
          {problem.value}
        </p>
        <div class="buttons">
          <button type="submit" class="main">
            Go
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Each is read by the engine in tests/www/page.test.mjs. */
const FILTERS: [string, string][] = [
  ['op:text,ping', 'frames of these opcodes'],
  ['dir:c2s', 'sent by the client; s2c: by the server'],
  ['len>125', 'by length of the payload'],
  ['fin:0 rsv1', 'by bits of the header'],
  ['err:utf8', 'with this error; err: with any'],
  ['code:1006', 'connections that ended so'],
  ['conn:2', 'of one connection'],
  ['dt>100ms', 'after a pause of this length'],
  ['time:1.5s..3s', 'in a range of time'],
  ['/price: \\d+/', 'whose text matches'],
  ['hex:"48 65"', 'that hold these bytes'],
  ['not (op:text or fin:0)', 'all of these together'],
];

export function HelpDialog() {
  return (
    <Dialog open={store.helpOpen} title="Keys and filters">
      <div class="help">
        <section>
          <h3>Keys</h3>
          <dl>
            {KEYS.map(({ keys, about }) => (
              <div key={about}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{about}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h3>Filters</h3>
          <dl>
            {FILTERS.map(([filter, about]) => (
              <div key={filter}>
                <dt>
                  <code>{filter}</code>
                </dt>
                <dd>{about}</dd>
              </div>
            ))}
          </dl>
          <h3>Privacy</h3>
          <p>
            Nothing leaves this page: what you open is read by the page itself, and the page’s
            own security policy keeps it from connecting to anything but the server that it came
            from. Links hold small captures in the part after #, which browsers do not send.
          </p>
        </section>
      </div>
    </Dialog>
  );
}

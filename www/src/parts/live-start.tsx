// What a live inspector shows before the first frame: where to connect, with what, and a first
// message to see.
import { useSignal } from '@preact/signals';
import { copy, liveAddress, openSample, sayHello } from '../state/actions.ts';
import { samples } from '../state/samples.ts';
import * as store from '../state/store.ts';

function Copied({ text, what }: { text: string; what: string }) {
  return (
    <span class="copied">
      <code>{text}</code>
      <button
        type="button"
        class="small"
        aria-label={`Copy the ${what}`}
        onClick={() => void copy(text, what)}
      >
        Copy
      </button>
    </span>
  );
}

export function LiveStart() {
  const saying = useSignal(false);
  const { address, own } = liveAddress;
  if (!store.reading.value) return <>The live traffic has ended, and no frame came.</>;
  return (
    <div class="live-start">
      <h2>
        Waiting for {store.waiting.value ? 'a connection' : 'a frame'}
        {own && ' to this server'}
      </h2>
      {address && (
        <ol>
          <li>
            Connect any client to <Copied text={address} what="address" />
          </li>
          <li>
            or, in a terminal, <Copied text={`npx ws4wasm connect ${address}`} what="command" />
          </li>
          {own && (
            <li>
              or from here:{' '}
              <button
                type="button"
                class="main"
                disabled={saying.value}
                onClick={() => {
                  saying.value = true;
                  void sayHello().finally(() => {
                    saying.value = false;
                  });
                }}
              >
                Send a first message
              </button>{' '}
              <a href="/talk" target="_blank" rel="noreferrer">
                Open the page to talk
              </a>
            </li>
          )}
        </ol>
      )}
      <p class="quiet">
        Something recorded: drop a capture, a HAR file or a net-log anywhere on this page, or
        take a sample:{' '}
        {samples.map(({ name, title, about }) => (
          <button
            type="button"
            class="small"
            key={name}
            title={about}
            onClick={() => void openSample(name)}
          >
            {title}
          </button>
        ))}
      </p>
    </div>
  );
}

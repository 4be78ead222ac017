// The payload as people read it, and copying it.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { FrameDetail } from 'ws4wasm/inspect';
import { byte, count, plural } from '../format.ts';
import type { Payload as Decoded, Section } from '../payload/types.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { CompareMenu } from './compare-menu.tsx';
import { Found } from './found.tsx';
import { Tree } from './tree.tsx';

/** More text than this is shown on demand. */
const MOST_TEXT = 20_000;

export function Payload({ detail }: { detail: FrameDetail }) {
  const payload = useSignal<{ frame: number; found: Decoded | undefined } | undefined>(
    undefined,
  );
  useSignalEffect(() => {
    const frame = store.detail.value?.row.frame;
    if (frame === undefined) return;
    void call('payload', frame)
      .then((found) => {
        if (store.frame.peek() === frame) payload.value = { frame, found };
      })
      .catch((error: Error) => {
        store.notice.value = error.message;
      });
  });
  const known = payload.value;
  if (known?.frame !== detail.row.frame) return <div class="payload-view" />;
  const { found } = known;
  if (!found) return <p class="hint">None of its bytes are there.</p>;
  const { message } = detail;
  return (
    <div class="payload-view" data-frame={known.frame}>
      <header class="frame-head">
        <h3>
          {found.label}{' '}
          <small>
            {plural(found.length, 'byte')}
            {message && message.frameCount > 1 && `, ${plural(message.frameCount, 'fragment')}`}
            {message?.compressed &&
              `, compressed from ${count(message.inflated ?? 0)} to ${count(message.length)}`}
            {message && !message.complete && ', not complete'}
          </small>
        </h3>
        <CompareMenu />
      </header>
      {found.problem && <p class="problem">{found.problem}</p>}
      {detail.pair && (
        <p>
          {detail.row.opcode === 'ping' ? 'Answered by' : 'Answers'} frame {detail.pair.frame}{' '}
          after {detail.pair.roundTrip.toFixed(3)} ms.
        </p>
      )}
      {found.sections.map((section, i) => (
        <Part
          key={`${detail.row.frame} ${i}`}
          section={section}
          isJson={found.text !== undefined}
        />
      ))}
      {found.text && <Text text={found.text} />}
      {!found.text && found.sections.length === 0 && found.length > 0 && (
        <p class="hint">Not text, and nothing that is known: see its bytes under Frame.</p>
      )}
      {found.length === 0 && <p class="hint">The payload is empty.</p>}
    </div>
  );
}

function Part({ section, isJson }: { section: Section; isJson: boolean }) {
  return (
    <section class="part">
      <h4>{section.title}</h4>
      {section.fields && section.fields.length > 0 && (
        <dl>
          {section.fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">
                <Found text={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {section.tree && <Tree root={section.tree} label={section.title} isJson={isJson} />}
      {section.text !== undefined && (
        <pre tabIndex={0}>
          <Found text={section.text} />
        </pre>
      )}
    </section>
  );
}

function Text({ text }: { text: NonNullable<Decoded['text']> }) {
  const all = useSignal(false);
  const { good, bad, rest } = text;
  // The end is what matters where text turns bad.
  const cut = !all.value && good.length > MOST_TEXT;
  const shown = cut ? (bad ? good.slice(-MOST_TEXT) : good.slice(0, MOST_TEXT)) : good;
  return (
    <section class="part">
      <h4>Text</h4>
      {bad && (
        <p class="problem">
          <span class="mark error">✖</span> Byte {count(bad.index)} of the message, 0x
          {byte(bad.byte)}, is not UTF-8: {bad.why}.
        </p>
      )}
      <pre class="text" tabIndex={0}>
        {cut && bad && '… '}
        <Found text={shown} />
        {bad && (
          <mark class="bad-byte" title={bad.why}>
            {byte(bad.byte)}
          </mark>
        )}
        {bad && <span class="after">{rest.slice(0, MOST_TEXT)}</span>}
        {cut && !bad && ' …'}
      </pre>
      {cut && (
        <button
          type="button"
          onClick={() => {
            all.value = true;
          }}
        >
          Show all {count(good.length)} characters
        </button>
      )}
    </section>
  );
}

// Masking byte by byte (RFC 6455 section 5.3): wire ^ key = plain.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { FrameDetail } from 'ws4wasm/inspect';
import { byte, character, count } from '../format.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';

/** Bytes in a row. */
const SHOWN = 16;

const bits = (value: number) => value.toString(2).padStart(8, '0').replace(/^..../, '$& ');

export function Masking({ detail }: { detail: FrameDetail }) {
  const key = detail.maskingKey;
  const wire = useSignal<{ frame: number; from: number; bytes: Uint8Array } | undefined>(
    undefined,
  );
  const payloadAt = detail.offset + detail.headerLength;
  const lit = store.lit.value;
  const inside = lit && !lit.field && lit.offset >= payloadAt;
  const chosen = inside ? Math.min(lit.offset - payloadAt, detail.payloadLength - 1) : 0;
  const from = Math.floor(chosen / SHOWN) * SHOWN;
  const { frame } = detail.row;

  useSignalEffect(() => {
    const now = store.detail.value;
    const at = store.lit.value;
    if (!now?.maskingKey || now.payloadLength === 0) return;
    const begin = now.offset + now.headerLength;
    const index = at && !at.field && at.offset >= begin ? at.offset - begin : 0;
    const start = Math.floor(index / SHOWN) * SHOWN;
    const had = wire.peek();
    if (had?.frame === now.row.frame && had.from === start) return;
    void call('bytes', now.row.frame, 'wire', now.headerLength + start, SHOWN).then((found) => {
      if (found) wire.value = { frame: now.row.frame, from: start, bytes: found.bytes };
    });
  });

  if (!key || detail.payloadLength === 0) return null;
  const known = wire.value;
  if (known?.frame !== frame || known.from !== from) return <section class="masking" />;
  const bytes = known.bytes;
  const at = Math.min(chosen - from, bytes.length - 1);
  const [w, k] = [bytes[at], key[chosen % 4]];
  const light = (i: number) => {
    store.lit.value = { offset: payloadAt + from + i, length: 1 };
  };
  const row = (title: string, text: (i: number) => string, name: string) => (
    <tr class={name}>
      <th scope="row">{title}</th>
      {Array.from(bytes, (_, i) => (
        <td key={i} class={i === at ? 'chosen' : ''} onMouseEnter={() => light(i)}>
          {text(i)}
        </td>
      ))}
    </tr>
  );
  return (
    <section class="masking" aria-label="Masking">
      <h3>
        Masking, bytes {count(from)} to {count(from + bytes.length - 1)} of the payload{' '}
        <small>RFC 6455 section 5.3</small>
      </h3>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Masking, byte by byte">
        <table>
          <tbody>
            {row('wire', (i) => byte(bytes[i]), 'payload')}
            {row('^ key', (i) => byte(key[(from + i) % 4]), 'key')}
            {row('= plain', (i) => byte(bytes[i] ^ key[(from + i) % 4]), 'plain')}
            {row('text', (i) => character(bytes[i] ^ key[(from + i) % 4]), 'characters')}
          </tbody>
        </table>
      </div>
      <p class="mono xor">
        byte {count(chosen)}: <b class="payload">{bits(w)}</b> ^ <b class="key">{bits(k)}</b>{' '}
        (key byte {chosen % 4}) = <b>{bits(w ^ k)}</b> = 0x{byte(w ^ k)} {character(w ^ k)}
      </p>
    </section>
  );
}

// The diagram of RFC 6455 section 5.2 for the frame at hand: 32 bits a line, only the fields
// that are there, with their bits; and below it what each of them means.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Field, FrameDetail } from 'ws4wasm/inspect';
import { count, sectionUrl } from '../format.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { fieldAt, isLit, lightField, partOf } from './fields.ts';
import { FilterBy } from './filter-by.tsx';

/** Lines of payload in the diagram. */
const PAYLOAD_LINES = 2;

interface Segment {
  field: Field;
  column: number;
  bits: number;
  /** The first of its field. */
  first: boolean;
  /** Its first bit in the frame. */
  bit: number;
}

/** Bits of a line, as the RFC draws it, and where that is too wide: a line is two bytes then. */
const LINE_BITS = 32;
const NARROW_BITS = 16;
/** Pixels that a line of the RFC needs. */
const WIDE = 430;

/** The lines of the diagram, each cut where the field changes. */
function linesOf(detail: FrameDetail, present: number, width: number): Segment[][] {
  const { fields, headerLength } = detail;
  const end = Math.min(
    present * 8,
    Math.ceil((headerLength * 8) / width) * width + PAYLOAD_LINES * LINE_BITS,
    ...(fields.length ? [Math.max(...fields.map(({ bit, bits }) => bit + bits))] : []),
  );
  const seen = new Set<Field>();
  const lines: Segment[][] = [];
  for (let start = 0; start < end; start += width) {
    const line: Segment[] = [];
    for (let bit = start; bit < Math.min(end, start + width); bit++) {
      const field = fieldAt(fields, bit);
      if (!field) continue;
      const last = line.at(-1);
      if (last?.field === field) last.bits++;
      else {
        line.push({ field, column: bit - start, bits: 1, first: !seen.has(field), bit });
        seen.add(field);
      }
    }
    lines.push(line);
  }
  return lines;
}

/** The first bytes of the selected frame: what the diagram and the table spell out. */
export function useHead(detail: FrameDetail) {
  const head = useSignal<{ frame: number; bytes: Uint8Array } | undefined>(undefined);
  useSignalEffect(() => {
    const frame = store.detail.value?.row.frame;
    if (frame === undefined) return;
    void call('bytes', frame, 'wire', 0, 64).then((found) => {
      if (found && store.frame.peek() === frame) head.value = { frame, bytes: found.bytes };
    });
  });
  return head.value?.frame === detail.row.frame ? head.value.bytes : undefined;
}

const bitAt = (bytes: Uint8Array, bit: number) => (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;

export function Bits({ detail, head }: { detail: FrameDetail; head: Uint8Array | undefined }) {
  const active = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(LINE_BITS);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      width.value = element.clientWidth < WIDE ? NARROW_BITS : LINE_BITS;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const lines = head ? linesOf(detail, Math.min(head.length, detail.present), width.value) : [];
  const order = [...new Set(lines.flat().map(({ field }) => field))];
  const reachable = Math.min(active.value, order.length - 1);
  const shownBits = lines.flat().reduce((sum, { bits }) => sum + bits, 0);
  const hidden = (detail.headerLength + detail.payloadLength) * 8 - shownBits;

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    let next = step === undefined ? -1 : reachable + step;
    if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = order.length - 1;
    else if (step === undefined) return;
    event.preventDefault();
    active.value = Math.min(order.length - 1, Math.max(0, next));
    box.current?.querySelector<HTMLElement>(`[data-field="${active.value}"]`)?.focus();
  };

  return (
    <div class="diagram-scroll">
      <div
        class="diagram"
        ref={box}
        style={{ '--line-bits': width.value }}
        role="group"
        aria-label="Bits of the frame"
        onKeyDown={onKeyDown}
        onMouseLeave={() => {
          store.lit.value = undefined;
        }}
      >
        <div class="bit-numbers" aria-hidden="true">
          {Array.from({ length: width.value }, (_, i) => (
            <span key={i}>{i}</span>
          ))}
        </div>
        {lines.map((line, n) => (
          <div class="bit-line" key={n}>
            {line.map((segment) => {
              const { field } = segment;
              const index = order.indexOf(field);
              const bad = field.violations.length > 0;
              const on = isLit(detail, field, store.lit.value);
              return (
                <button
                  type="button"
                  key={segment.column}
                  class={`segment ${partOf(field)} ${on ? 'lit' : ''} ${bad ? 'bad' : ''} ${segment.bits === 1 ? 'one' : ''} ${segment.first ? '' : 'more'}`}
                  style={{ gridColumn: `${segment.column + 1} / span ${segment.bits}` }}
                  data-field={segment.first ? index : undefined}
                  tabIndex={segment.first && index === reachable ? 0 : -1}
                  title={`${field.name}: ${field.meaning}`}
                  onMouseEnter={() => lightField(detail, field)}
                  onFocus={() => {
                    active.value = index;
                    lightField(detail, field);
                  }}
                  onClick={() => lightField(detail, field)}
                >
                  <span class="segment-name">
                    {segment.first ? field.name : `${field.name}, continued`}
                  </span>
                  <span class="unseen">
                    : {field.meaning}
                    {bad && ' (breaks a rule)'}
                  </span>
                  <span class="segment-bits" aria-hidden="true">
                    {head &&
                      Array.from({ length: segment.bits }, (_, i) => (
                        <span key={i}>{bitAt(head, segment.bit + i)}</span>
                      ))}
                  </span>
                </button>
              );
            })}
          </div>
        ))}
        {hidden > 0 && head && (
          <p class="diagram-more">… {count(hidden / 8)} more bytes of payload</p>
        )}
      </div>
    </div>
  );
}

export function FieldTable({ detail }: { detail: FrameDetail }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Fields of the frame">
      <table class="fields">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col" class="right">
              Bits
            </th>
            <th scope="col">Value</th>
            <th scope="col">Meaning</th>
            <th scope="col">Section</th>
          </tr>
        </thead>
        <tbody
          onMouseLeave={() => {
            store.lit.value = undefined;
          }}
        >
          {detail.fields.map((field) => {
            const { rfc, section } = sectionOf(field.section);
            return (
              <tr
                key={field.name}
                class={`${isLit(detail, field, store.lit.value) ? 'lit' : ''} ${field.violations.length ? 'bad' : ''}`}
                onMouseEnter={() => lightField(detail, field)}
              >
                <th scope="row">
                  <span class={`swatch ${partOf(field)}`} aria-hidden="true" />
                  {field.name}
                </th>
                <td class="right mono">{count(field.bits)}</td>
                <td class="mono">
                  <Value detail={detail} field={field} />
                </td>
                <td class="meaning">
                  {field.violations.length > 0 && (
                    <span class="mark error" title="breaks a rule">
                      ✖{' '}
                    </span>
                  )}
                  {field.meaning}
                </td>
                <td>
                  <a href={sectionUrl(rfc, section)} target="_blank" rel="noreferrer">
                    {rfc === 'RFC 6455' ? section : `${rfc.slice(4)} ${section}`}
                  </a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Fields that filters know by themselves; the opcode has a name, and lengths are one number. */
const CONDITIONS: [RegExp, (detail: FrameDetail, value: number) => string][] = [
  [/^(FIN|RSV[123]|MASK)$/, () => ''],
  [/opcode/i, ({ row }) => `op:${row.opcode === 'reserved' ? row.code : row.opcode}`],
  [/payload len/i, ({ payloadLength }) => `len:${payloadLength}`],
  [/code/i, (_, value) => `code:${value}`],
];

function Value({ detail, field }: { detail: FrameDetail; field: Field }) {
  const { name, value } = field;
  const known = CONDITIONS.find(([pattern]) => pattern.test(name))?.[1];
  const text = writtenValue(field);
  if (!known || typeof value !== 'number') return <>{text}</>;
  const condition = known(detail, value) || `${name.toLowerCase()}:${value}`;
  return <FilterBy condition={condition}>{text}</FilterBy>;
}

/** As a person writes it: flags and lengths as numbers, the opcode and the key in hex. */
function writtenValue(field: Field) {
  const { value, name } = field;
  if (typeof value === 'number') {
    return /opcode/i.test(name) ? `0x${value.toString(16)}` : count(value);
  }
  if (typeof value === 'string') return /^[\da-f]{2,}$/i.test(value) ? `0x${value}` : value;
  // That of a payload is below, and its length is what it means.
  return '';
}

/** 'RFC 7692 6' or '5.2'. */
function sectionOf(written: string) {
  const match = /^(RFC \d+)\s+(.*)$/.exec(written);
  return match ? { rfc: match[1], section: match[2] } : { rfc: 'RFC 6455', section: written };
}

// What is wrong: all of it, and that of the selected frame.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { Violation } from 'ws4wasm/inspect';
import { count, plural, sectionUrl, sides } from '../format.ts';
import { goToViolation } from '../state/actions.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { Explain } from './explanation.tsx';

const PAGE = 200;
const MARKS = { error: '✖', warning: '▲', hint: 'ℹ' } as const;

export function ViolationItem({
  violation: v,
  go = true,
}: {
  violation: Violation;
  go?: boolean;
}) {
  return (
    <li class={`violation ${v.severity}`}>
      <p>
        <span class={`mark ${v.severity}`}>
          {MARKS[v.severity]} <span class="unseen">{v.severity}: </span>
        </span>
        {v.message}
        {v.hint && <em> {v.hint}</em>}
      </p>
      <p class="about">
        <a href={sectionUrl(v.rfc, v.section)} target="_blank" rel="noreferrer">
          {v.rfc} section {v.section}
        </a>
        <span>
          {sides[v.direction]}, byte {count(v.offset)}
          {v.bits < 8 && `, bit ${v.bit}${v.bits > 1 ? ` to ${v.bit + v.bits - 1}` : ''}`}
        </span>
        {v.expectedClose !== undefined && (
          <span>
            to be closed with {v.expectedClose}
            {v.actualClose !== undefined &&
              (v.actualClose === v.expectedClose
                ? ', as it was'
                : `, was closed with ${v.actualClose}`)}
          </span>
        )}
        {go && (
          <button type="button" class="small" onClick={() => void goToViolation(v)}>
            {v.frame === undefined ? 'Show the handshake' : `Show frame ${v.frame}`}
          </button>
        )}
      </p>
      <Explain rule={v.rule} />
    </li>
  );
}

export function Errors() {
  const found = useSignal<Violation[]>([]);
  const shown = useSignal(PAGE);
  useSignalEffect(() => {
    void store.progress.value?.revision;
    const only = store.connection.value;
    const most = shown.value;
    void call('violations', only, 0, most).then((violations) => {
      found.value = violations;
    });
  });
  const { errors = 0, warnings = 0, notes = [] } = store.totals.value ?? {};
  return (
    <div class="errors">
      <p>
        {errors + warnings === 0
          ? 'No errors or warnings.'
          : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}${store.connection.value === undefined ? '' : ' in total; below, those of the selected connection'}:`}
      </p>
      <ul class="violations">
        {found.value.map((violation) => (
          <ViolationItem key={violation.violation} violation={violation} />
        ))}
      </ul>
      {found.value.length === shown.value && (
        <button
          type="button"
          onClick={() => {
            shown.value += PAGE;
          }}
        >
          Show more
        </button>
      )}
      {notes.length > 0 && (
        <>
          <h3>About the capture</h3>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

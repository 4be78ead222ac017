// What the page shows. Components read signals; what changes them is in actions.ts.
import { computed, signal } from '@preact/signals';
import type { ByteKind, Connection, FrameDetail, Totals } from 'ws4wasm/inspect';
import type { Progress, Treat, ViewKind } from '../worker/api.ts';

export type Tab =
  | 'frame'
  | 'payload'
  | 'handshake'
  | 'errors'
  | 'statistics'
  | 'conversation'
  | 'difference';

/** Where what is open came from, as far as a link can say it. */
export type Origin =
  | { kind: 'sample'; name: string }
  | { kind: 'bytes'; name: string; bytes: Uint8Array }
  | { kind: 'file'; name: string }
  | { kind: 'live'; name: string };

export const origin = signal<Origin | undefined>(undefined);
export const reading = signal(false);
export const progress = signal<Progress | undefined>(undefined);
/** What went wrong with what was opened. */
export const problem = signal<string | undefined>(undefined);
/** Names of the key logs that were given. */
export const keyLogs = signal<string[]>([]);
/** What connections are said to be. */
export const treated = signal<ReadonlyMap<number, Treat>>(new Map());
/** Said once, briefly, to everybody: copied, saved. */
export const notice = signal('');

export const totals = computed<Totals | undefined>(() => progress.value?.totals);
export const connections = computed<Connection[]>(() => progress.value?.connections ?? []);
export const live = computed(() => origin.value?.kind === 'live');
/** Live, and there is nothing yet to have details of. */
export const waiting = computed(() => live.value && connections.value.length === 0);

// What the table shows.
export const kind = signal<ViewKind>('frames');
/** The filter as it is typed, and as it was last understood. */
export const filterText = signal('');
export const filterProblem = signal<
  { message: string; position: number; length: number; expected: string[] } | undefined
>(undefined);
export const hideHeartbeats = signal(false);
export const rows = signal(0);
/** How long the filter took, in milliseconds. */
export const filterTook = signal(0);
/** Changes when the rows that the page has are out of date. */
export const viewVersion = signal(0);
/** A connection that is looked at alone. */
export const connection = signal<number | undefined>(undefined);

export const HEARTBEATS = 'not heartbeat';

/** All conditions together: the connection's, the preset, and what is typed. */
export const filter = computed(() => {
  const typed = filterText.value.trim();
  const parts = [
    connection.value === undefined ? '' : `conn:${connection.value}`,
    hideHeartbeats.value ? HEARTBEATS : '',
  ].filter(Boolean);
  if (typed) parts.push(parts.length ? `(${typed})` : typed);
  return parts.join(' and ');
});

// What is selected.
/** The active row of the table, or -1. */
export const row = signal(-1);
export const frame = signal<number | undefined>(undefined);
export const detail = signal<FrameDetail | undefined>(undefined);
export const tab = signal<Tab>('frame');
export const byteKind = signal<ByteKind>('wire');

/** Bytes of the wire that are lit, by offset in their stream, and the field if it was that. */
export interface Lit {
  offset: number;
  length: number;
  field?: string;
}
export const lit = signal<Lit | undefined>(undefined);

export const helpOpen = signal(false);
export const pasteOpen = signal(false);
export const gotoOpen = signal(false);

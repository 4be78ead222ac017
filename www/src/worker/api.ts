// What the page and its Worker say to each other.
import type {
  ByteKind,
  Bytes,
  Completion,
  Connection,
  ExportFormat,
  FilterProblem,
  FrameDetail,
  Handshake,
  Row,
  Rule,
  Statistics,
  Timeline,
  Totals,
  Violation,
} from 'ws4wasm/inspect';
import type { ConnectionDifference, Difference, First } from '../difference/types.ts';
import type { Payload } from '../payload/types.ts';
import type { Conversation } from './conversation.ts';
import type { Which } from './difference.ts';

export type ViewKind = 'frames' | 'messages';

/** What rows can be sorted by. */
export type SortKey = 'time' | 'connection' | 'type' | 'length';
export interface Order {
  by: SortKey;
  descending: boolean;
}

/** What the table is to show. */
export interface Wanted {
  kind: ViewKind;
  filter: string;
  /** Undefined: in the order of time. */
  order: Order | undefined;
  /** Whether rows are to have `delta`. */
  deltas: boolean;
}

export interface TableRow extends Row {
  /** Milliseconds since the frame before of the same connection and direction. */
  delta?: number;
}

/** Rows are asked for, and kept, in blocks of this length. */
export const BLOCK = 64;

/** What is to be looked at. */
export type Input =
  | { from: 'file'; name: string; file: Blob }
  | { from: 'bytes'; name: string; bytes: Uint8Array }
  | { from: 'live'; name: string; url: string };

/** What somebody says that a connection is, whatever it looks like. */
export type Treat = 'websocket' | 'other';

export interface Progress {
  /** Bytes read, and how many there are; 0 when nobody knows. */
  read: number;
  size: number;
  /** In milliseconds. */
  elapsed: number;
  totals: Totals;
  connections: Connection[];
  /** Rows of the view that is shown. */
  rows: number;
  /** The first of them, so that there is something to see without asking; only at first. */
  head: TableRow[];
  /** What they are sorted by now. */
  order: Order | undefined;
  revision: number;
}

export type Outcome = 'finished' | 'cancelled' | 'ended';

export interface Shown {
  rows: number;
  revision: number;
  /** How long the filter took, in milliseconds. */
  took: number;
  /** The row of the frame that is looked at, or -1. */
  index: number;
  /** Blocks of rows that will be in sight, and where they begin: there is no need to ask. */
  from: number;
  sight: TableRow[];
}

/** What is looked at before the rows change: a frame, or else the rows from there on. */
export interface Looking {
  frame: number | undefined;
  from: number;
}

export type Scope = 'all' | 'view' | 'frame';

/** What the page may ask for. Every call is answered, in order unless it waits for bytes. */
export interface Calls {
  /** Ends whatever is open, and reads to the end or until `cancel`; the view is as it was. */
  open(input: Input): Promise<Outcome>;
  /** The same once more, with a connection taken for what it is said to be; undefined: for what it
   * looks like. Not for live traffic, which is gone. */
  treat(connection: number, as: Treat | undefined): Promise<Outcome>;
  cancel(): void;
  /** Takes a key log of TLS, for what is open and for all that is opened after it: how many secrets
   * were in it. */
  keys(keyLog: Uint8Array): number;
  /** Whether a file that begins so is one. */
  isKeyLog(head: Uint8Array): boolean;
  /** @throws FilterError; TooMany rows to sort by this */
  view(wanted: Wanted, at: Looking): Shown;
  rows(from: number, count: number): { rows: TableRow[]; revision: number };
  /** Looks for a text, in any case, in the payloads of the rows: how many have it. */
  find(text: string): number;
  /** The next row that has it, and which of them it is, counted from 1; around the ends. */
  findNext(row: number, step: 1 | -1): { frame: number; place: number } | undefined;
  unfold(message: number, unfolded: boolean, at: Looking): Shown;
  indexOf(frame: number): number;
  findViolation(row: number, step: 1 | -1): number;
  /** The frame of the first error. */
  firstError(): number | undefined;
  frame(frame: number): FrameDetail | undefined;
  frameAt(connection: number, direction: 'c2s' | 's2c', offset: number): number | undefined;
  bytes(frame: number, kind: ByteKind, from: number, count: number): Bytes | undefined;
  payload(frame: number): Payload | undefined;
  handshake(connection: number): Handshake | undefined;
  violations(connection: number | undefined, from: number, count: number): Violation[];
  conversation(connection: number): Conversation | undefined;
  /** Keeps what others are to be compared with, of the file of this name: also when another file
   * is opened. */
  keepFirst(which: Which, file: string): First | undefined;
  forgetFirst(): void;
  /** The same for the connection of a replay: its packets, and where it went. */
  keepReplay(packets: Uint8Array, url: string): First | undefined;
  /** A connection alone, as pcapng, with its secrets: for the server of this page. */
  captureOf(connection: number): Uint8Array;
  /** Of the first, or of a message of its, with a frame's message. */
  messageDifference(frame: number, index?: number): Difference | undefined;
  connectionDifference(connection: number): ConnectionDifference | undefined;
  statistics(scope: Scope): Statistics;
  /** All of the time, or a part of it in milliseconds. */
  timeline(columns: number, part?: [from: number, to: number]): Timeline;
  checkFilter(text: string): FilterProblem | undefined;
  completeFilter(text: string, position: number): Completion[];
  export(format: ExportFormat, scope: Scope, frame: number, secrets: boolean): Uint8Array;
  /** The packets that were opened, still encrypted, with the keys of what is chosen. */
  withKeys(scope: Scope): Promise<Uint8Array>;
  /** What a link may hold instead of a file's own bytes; undefined: these are harmless. */
  shareable(): Uint8Array | undefined;
  rules(): Rule[];
}

export type Name = keyof Calls;
export type Result<N extends Name> = Awaited<ReturnType<Calls[N]>>;

export interface Request {
  id: number;
  name: Name;
  args: unknown[];
}

export type Answer =
  | { id: number; value: unknown }
  | { id: number; error: { name: string; message: string } }
  | { id: -1; progress: Progress }
  | { id: -1; ready: true };

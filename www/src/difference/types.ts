// What two messages, or two connections, differ in.
import type { Direction, PayloadKind, Row } from 'ws4wasm/inspect';

/** The message or connection that others are compared with. */
export interface First {
  what: 'message' | 'connection';
  /** Whether it is what a replay sent and heard. */
  replay: boolean;
  /** Of the file that was open. */
  file: string;
  /** The connection, and what tells it from others: its path, else its server. */
  connection: number;
  name: string;
  /** The frame of a message. */
  frame: number | undefined;
  /** Messages of a connection that are kept, and how many it had then. */
  kept: number;
  of: number;
}

/** One side of a difference, without its bytes. */
export interface MessageFacts {
  frame: number;
  direction: Direction;
  opcode: Row['opcode'];
  kind: PayloadKind;
  /** In milliseconds since its connection began. */
  time: number;
  /** Bytes altogether, and those that were compared. */
  length: number;
  seen: number;
  complete: boolean;
  preview: string;
}

/** What became of a value at a path; undefined where there is none. */
export interface PathChange {
  path: string;
  first: string | undefined;
  second: string | undefined;
}

/** A piece of text, or a row of bytes: of both sides, or of one. */
export type Piece<T> = { of: 'both' | 'first' | 'second'; value: T } | { skipped: number };

export interface HexRow {
  offset: number;
  /** Undefined: the other side has a byte here, and this one has not. */
  bytes: (number | undefined)[];
  /** Which of them differ from the other side's. */
  differ: boolean[];
}

export type Difference = {
  first: MessageFacts;
  second: MessageFacts;
  /** Not a byte of them differs; `same`: nor their opcode. */
  identical: boolean;
  same: boolean;
  /** What is not compared, or not shown, and why. */
  notes: string[];
} & (
  | { form: 'values'; changes: PathChange[]; text: Piece<string>[] | undefined }
  | { form: 'text'; by: 'lines' | 'words'; pieces: Piece<string>[] }
  | { form: 'bytes'; rows: Piece<HexRow>[] }
);

export interface AlignedRow {
  /** `first` and `second`: only there. The order of keys in JSON is no change. */
  how: 'same' | 'changed' | 'first' | 'second';
  /** Where the message stands among those that are kept of the first side. */
  index: number | undefined;
  first: MessageFacts | undefined;
  second: MessageFacts | undefined;
}

export interface ConnectionDifference {
  rows: AlignedRow[];
  counts: Record<AlignedRow['how'], number>;
  notes: string[];
}

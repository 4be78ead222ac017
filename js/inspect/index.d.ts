/**
 * `ws4wasm/inspect`: every frame of a WebSocket conversation and everything that is wrong with
 * it ({@link Inspection}), and captures that are written as things happen ({@link Recorder}).
 * Synchronous, for Node, a Worker or a page. It has a WebAssembly module of its own
 * (`pkg/inspect/`); the engine (`ws4wasm`) is not loaded.
 *
 * In Node the module is ready at import. Elsewhere it is, too (top-level await; it is fetched
 * from beside this file).
 *
 * Numbers of connections, frames and messages count from 0 in the order of their first bytes
 * over the whole inspection, and stay what they are. Times are milliseconds, as numbers with a
 * fraction: since `start` (itself since 1970). Offsets count bytes from the start of one
 * direction of one connection, the handshake included, so offset 0 is the first byte seen of it.
 *
 * @example
 * import { readFileSync } from 'node:fs';
 * import { Inspection } from 'ws4wasm/inspect';
 * const inspection = new Inspection();
 * inspection.push(readFileSync('session.pcapng'));
 * inspection.finish();
 * for (const { rule, offset, message } of inspection.violations()) {
 *   console.log(rule, offset, message);
 * }
 * inspection.free();
 * @module
 */

/** From the client to the server, or back. */
export type Direction = 'c2s' | 's2c';

export interface InspectionOptions {
  /**
   * The most memory to use, in bytes, as far as it grows with the input; default 1 GiB. A file
   * that needs more is read no further: `totals.truncated` says so. With `live` the oldest
   * connections are dropped instead, see there.
   */
  memoryLimit?: number;
  /**
   * Live traffic: at the limit the oldest connections that have ended are dropped with all
   * their frames, then the oldest ones that have not. `totals.dropped` counts them. What belongs
   * to them is gone: `frame()` gives undefined, views lose their rows.
   * A single connection that passes the limit alone is looked at no further (`truncated`).
   */
  live?: boolean;
  /**
   * What is not known from a handshake: whether RSV1 means permessage-deflate. 'auto' (the
   * default) takes it so where the payload inflates. A handshake that was seen decides instead.
   */
  deflate?: 'auto' | boolean | DeflateParameters;
  /**
   * Which end of a connection sent the given bytes, when they are of one direction only
   * (raw bytes, pasted text). 'auto' (the default) tells it by the mask bit.
   */
  sender?: 'auto' | 'client' | 'server';
  /**
   * What some connections are, whatever they look like; the last one that is about a connection
   * counts. A `connection` is a number, which is the same whenever a file is read. By default
   * what is a WebSocket is told by its handshake, or, where the capture began later, by frames
   * of both directions.
   */
  treat?: (({ port: number } | { connection: number }) & { as?: 'websocket' | 'other' })[];
  /** Limits of a receiver whose close 1009 is to be predicted. By default there are none. */
  limits?: { maxFrameSize?: number; maxMessageSize?: number; maxFragments?: number };
}

export interface DeflateParameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number;
  clientMaxWindowBits: number;
}

/** What a file turned out to be. */
export type Format =
  | 'pcap'
  | 'pcapng'
  | 'har'
  /** A net-log of Chromium. */
  | 'netlog'
  /** Flows of mitmproxy. */
  | 'mitmproxy'
  /** Bytes of one stream, as they are. */
  | 'raw'
  /** Text that spells bytes: hex, base64, an array in some language. */
  | 'text'
  /** Fed by `openConnection`. */
  | 'live'
  /** Not enough bytes yet. */
  | 'unknown';

export interface Totals {
  format: Format;
  /** Bytes pushed, or given by `data`. */
  input: number;
  connections: number;
  frames: number;
  messages: number;
  /** Faults of peers. */
  errors: number;
  warnings: number;
  /** Time of the first event: milliseconds since 1970; 0 without a clock. */
  start: number;
  /** Time of the last event since `start`. */
  end: number;
  /** Memory that grows with the input, in bytes. */
  memory: number;
  /** Connections dropped for memory's sake (`live`). */
  dropped: number;
  /** Something was not looked at because of `memoryLimit`. */
  truncated: boolean;
  /** What the source could not read, in sentences: cut packets, unknown link types. */
  notes: string[];
}

export interface Endpoint {
  address: string;
  port: number;
}

/** What became of a connection. */
export type Verdict =
  /** WebSocket, nothing wrong. */
  | 'ok'
  /** Warnings only. */
  | 'warning'
  /** A peer broke a rule. */
  | 'error'
  /** The handshake failed: an answer other than 101, or in HTTP/2 other than 2xx. */
  | 'refused'
  /** No WebSocket: HTTP, TLS or something else. `protocol` is what it looks like. */
  | 'other';

export interface Connection {
  connection: number;
  client: Endpoint;
  server: Endpoint;
  /** Which end is the client was seen, not guessed. */
  clientKnown: boolean;
  /** The connection's beginning was seen. */
  fromStart: boolean;
  opened: number;
  /** Time of the last event. */
  last: number;
  /** How each direction ended; undefined while it is open. 'cut': the capture is over. */
  ended: { c2s?: 'fin' | 'reset' | 'cut'; s2c?: 'fin' | 'reset' | 'cut' };
  verdict: Verdict;
  /** 'websocket', or what it looks like instead: 'http', 'tls' (not decrypted), 'http2' (the
   * WebSockets in it are connections of their own), 'unknown'. */
  transport: string;
  /**
   * Why it is taken for a WebSocket, the surest first: its handshake was seen, or a part of it;
   * 'source': whoever gave the bytes says so; 'frames': no handshake was seen, and both directions
   * are frames by all rules. Undefined for what is none.
   */
  evidence?: 'handshake' | 'part' | 'source' | 'frames';
  /** TLS around it, as far as its handshake was seen. */
  tls?: Tls;
  /** The connection of HTTP/2 that this is a stream of (RFC 8441), and the stream's number.
   * Offsets count its header fields, written as lines of text, and then the bytes of DATA. */
  http2?: { connection: number; stream: number };
  /** Why nothing, or not everything, of it is shown, in one sentence; for TLS without keys how
   * to come by them. */
  explanation?: string;
  /** As asked for in the handshake; wss: inside TLS. */
  url?: string;
  /** Status of the handshake's answer. */
  status?: number;
  /** The subprotocol agreed on. */
  subprotocol?: string;
  /** permessage-deflate as agreed on, or as guessed when no handshake was seen. */
  deflate?: DeflateParameters & { guessed: boolean };
  /** Value of Sec-WebSocket-Extensions in the answer. */
  extensions?: string;
  frames: { c2s: number; s2c: number };
  messages: { c2s: number; s2c: number };
  bytes: { c2s: number; s2c: number };
  /** Close frames: code (1005 for one without) and reason. */
  close: { c2s?: Close; s2c?: Close };
  /** What each side would report (RFC 6455 section 7.1.5); 1006 without a close frame. */
  closeCode: { client: number; server: number } | undefined;
  errors: number;
  warnings: number;
  /** Number of holes in the capture. */
  gaps: number;
  /** Not looked at to its end, because of `memoryLimit`. */
  truncated: boolean;
}

export interface Tls {
  /** Such as 'TLS 1.3', once the server has answered. */
  version?: string;
  /** IANA's name of the cipher suite. */
  cipher?: string;
  /** Whom the client asked for (RFC 6066 section 3). */
  serverName?: string;
  /** The protocol agreed on, 'h2' or 'http/1.1' (RFC 7301); in TLS 1.3 it takes keys to see it. */
  alpn?: string;
  /** The client asked to send data before the server has answered (0-RTT, RFC 8446 section 2.3). */
  earlyData: boolean;
  /** Keys opened some of it. */
  decrypted: boolean;
}

export interface Close {
  code: number;
  reason: string;
  frame: number;
}

export interface HttpHead {
  direction: Direction;
  offset: number;
  length: number;
  time: number;
  /** Request line or status line; made of the pseudo-header fields in HTTP/2. */
  line: string;
  /** Method of a request. */
  method?: string;
  target?: string;
  status?: number;
  headers: HttpField[];
}

export interface HttpField {
  name: string;
  value: string;
  /** Where the line begins, in the stream, and its length. */
  offset: number;
  length: number;
  /** What it does in the handshake, with the section of the RFC; for fields that do something. */
  meaning?: string;
  section?: string;
  violations: Violation[];
}

export interface Handshake {
  request?: HttpHead;
  response?: HttpHead;
  /** Sec-WebSocket-Accept as it must be for the request's key. */
  expectedAccept?: string;
  /** Other HTTP messages on the connection before those. */
  before: HttpHead[];
  violations: Violation[];
}

export type Severity = 'error' | 'warning' | 'hint';

export interface Violation {
  /** Number of the violation, in the order found. */
  violation: number;
  /** Name of the rule; see `rules()`. */
  rule: string;
  severity: Severity;
  /** One sentence about this case. */
  message: string;
  /** Such as 'RFC 6455'. */
  rfc: string;
  /** Such as '5.2'. */
  section: string;
  connection: number;
  direction: Direction;
  /** First byte concerned, in its direction's stream. */
  offset: number;
  /** The byte that shows it: a strict receiver that reads byte by byte stops there. */
  seen: number;
  /** First bit concerned, 0 the most significant, and how many; 0 and 8 for whole bytes. */
  bit: number;
  bits: number;
  /** How many bytes are concerned, from `offset` on. */
  length: number;
  frame?: number;
  /** The message, and where in its (inflated) bytes the fault is, for bad text. */
  messageNumber?: number;
  index?: number;
  /** The close code that this fault is to be answered with; undefined where none is due. */
  expectedClose?: number;
  /** The code of the close frame that the other end sent afterwards, if it sent one. */
  actualClose?: number;
  /** What the bytes look like instead. */
  hint?: string;
}

export interface Rule {
  rule: string;
  severity: Severity;
  rfc: string;
  section: string;
  /** What the rule demands, in one sentence. */
  summary: string;
  close?: number;
  /** The short names by which a filter's `err:` finds it, such as 'utf8'. */
  tags: string[];
}

export type Opcode =
  | 'continuation'
  | 'text'
  | 'binary'
  | 'close'
  | 'ping'
  | 'pong'
  | 'reserved';

/** What a payload is written in, as far as its bytes tell. */
export type PayloadKind =
  | 'empty'
  | 'text'
  | 'json'
  | 'socket.io'
  | 'engine.io'
  | 'stomp'
  | 'graphql-ws'
  | 'signalr'
  | 'mqtt'
  | 'messagepack'
  | 'cbor'
  | 'gzip'
  | 'zstd'
  | 'binary';

/** One line of a table: a frame, or in the view of messages a message. */
export interface Row {
  /**
   * 'frame', or 'message': then what follows is about the message, and `frame` is its first.
   * 'hole': `length` bytes are missing in the capture; only with {@link ViewOptions.holes}.
   */
  kind: 'frame' | 'message' | 'hole';
  frame: number;
  message: number | undefined;
  connection: number;
  direction: Direction;
  time: number;
  /** Since the frame before on the same connection, in either direction. */
  sinceLast: number;
  opcode: Opcode | 'hole';
  /** The four bits of the opcode. */
  code: number;
  fin: boolean;
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  masked: boolean;
  /** Payload length on the wire: announced by the frame, or of all fragments of a message. */
  length: number;
  /** Length of a message after inflating; undefined for one fragment of several. */
  inflated?: number;
  offset: number;
  /** Bytes of the header; of all headers for a message. */
  headerLength: number;
  /** Fragments of a message. */
  fragments: number;
  /** 1 for what is inside an unfinished message of its direction: fragments of an unfolded
   * message and control frames between them. Else 0. */
  depth: 0 | 1;
  /** Whether a message is unfolded. */
  unfolded: boolean;
  /** Everything was there: no gap, no end in the middle. */
  complete: boolean;
  severity?: Severity;
  /** Start of the (inflated) payload as text: at most 120 characters, control bytes as U+2400
   * onwards, bytes that are not text as hex; in text those that are no UTF-8 stand in brackets,
   * `caf[e9 20]was`. A close frame's code and reason. */
  preview: string;
  payloadKind: PayloadKind;
  /** Ping, pong or what the subprotocol uses for that. */
  heartbeat: boolean;
  /** The source has messages only (HAR, mitmproxy): this header was made for it, and is not
   * judged. */
  made: boolean;
}

export interface ViewOptions {
  /** 'frames' (default) or 'messages'. */
  kind?: 'frames' | 'messages';
  /**
   * A filter's text; default '' for everything. See docs/filter.md. Tests of content (`"text"`,
   * `/regex/`, `hex:`, `kind:`) are about the whole message of a frame, joined and inflated.
   */
  filter?: string;
  /** Bytes that are missing in the capture are rows, too; default false. A filter finds them by
   * `hole`; of what else it may ask for, they have a connection, a direction, a time, an offset and
   * a length. */
  holes?: boolean;
}

/**
 * The rows that a filter lets through, in the order of time over all connections. It does not follow
 * by itself what comes in later: call `update`.
 */
export interface View {
  readonly kind: 'frames' | 'messages';
  readonly filter: string;
  /** Number of rows. */
  readonly length: number;
  /** Takes in what came since; gives the new length. Rows are only added at the end, unless
   * connections were dropped, an unfinished message has changed, or what came before could only
   * be read now. */
  update(): number;
  /** Rows `from` to `from + count`, as far as there are any. For what is visible: each row is
   * an object with a preview of its payload. */
  rows(from: number, count: number): Row[];
  /** The frames of all rows, for what is done with many. */
  frames(): Uint32Array;
  /** Row of a frame: its own, else the one of the message it belongs to; -1 without one. */
  indexOf(frame: number): number;
  /** Row of the next (1) or previous (-1) violation seen from a row, which need not exist: -1
   * and `length` are the ends. -1 when there is none. */
  findViolation(from: number, step: 1 | -1): number;
  /** Shows or hides the fragments of a message under its row (kind 'messages'). */
  unfold(message: number, unfolded: boolean): void;
  free(): void;
  [Symbol.dispose](): void;
}

/** Bits of a frame that mean something together (RFC 6455 section 5.2). */
export interface Field {
  /** Such as 'FIN', 'Payload len', 'Extended payload length', 'Masking-key', 'Payload data'. */
  name: string;
  /** tshark's name, such as 'websocket.fin'. */
  tshark: string;
  /** First bit counted from the start of the frame, and how many. */
  bit: number;
  bits: number;
  /** A number, or hex for a key. Undefined for the payload. */
  value?: number | string;
  /** What that means, in words. */
  meaning: string;
  /** Of RFC 6455, or 'RFC 7692 6'. */
  section: string;
  violations: number[];
}

export interface FrameDetail {
  row: Row;
  /** Offset in the stream, and lengths on the wire. `present` is less than `length` where the
   * capture ends or has a hole. */
  offset: number;
  headerLength: number;
  payloadLength: number;
  present: number;
  fields: Field[];
  maskingKey?: Uint8Array;
  close?: { code: number; name: string; reason: string; sendable: boolean };
  /** For a ping: its pong and the time between; for a pong: its ping. */
  pair?: { frame: number; roundTrip: number };
  /** The message: its frames in order, and lengths on the wire and after inflating. */
  message?: {
    message: number;
    opcode: Opcode;
    frames: number[];
    /** More than the 1000 in `frames`. */
    frameCount: number;
    length: number;
    compressed: boolean;
    inflated: number | undefined;
    complete: boolean;
  };
  /** Packets of the capture that held it, first and last, and where in the file it begins. */
  packets?: { first: number; last: number; offset: number };
  /** TLS records that held it, first and last, counted from 1 in their direction. `packets` are
   * then those of the records, and `offset` is where the first record begins. */
  records?: { first: number; last: number };
  /** Time of its first and its last byte. */
  time: { first: number; last: number };
  violations: Violation[];
}

/**
 * - 'wire': the frame as it came, header and all.
 * - 'unmasked': the frame's payload.
 * - 'inflated': what the frame's compressed payload became.
 * - 'message': the whole message, joined and inflated.
 */
export type ByteKind = 'wire' | 'unmasked' | 'inflated' | 'message';

export interface Bytes {
  bytes: Uint8Array;
  /** Index of the first of them, and how many there are altogether. */
  from: number;
  length: number;
  /**
   * Where they were on the wire: runs of five numbers each, in order of `at`:
   * [at, length, offset, wireLength, frame]. Bytes `at` to `at + length` of this kind were made
   * of `wireLength` bytes from `offset` of the stream on, in that frame. Where both lengths are
   * equal, byte for byte; otherwise (compression) together.
   */
  runs: Float64Array;
  /** Index of the first byte that is not UTF-8 in a text message ('message' only). */
  badByte?: number;
}

export interface FilterProblem {
  message: string;
  /** Where in the filter's text, in UTF-16 units. */
  position: number;
  length: number;
  /** What could stand there. */
  expected: string[];
}

export interface Completion {
  /** What to put in place of the text from `from` to `to`. */
  text: string;
  from: number;
  to: number;
  /** What it means. */
  detail: string;
}

/** A filter that cannot be read. */
export class FilterError extends Error implements FilterProblem {
  position: number;
  length: number;
  expected: string[];
}

/** A file that is not what it seems, or that nobody knows. Says where and what to do. */
export class InputError extends Error {}

export interface DirectionStatistics {
  frames: number;
  messages: number;
  /** Bytes of everything, and what they are. */
  wire: number;
  handshake: number;
  headers: number;
  masks: number;
  payload: number;
  /** Data messages only: bytes of payload on the wire, and after inflating. */
  data: number;
  inflated: number;
  perOpcode: { opcode: Opcode; frames: number; bytes: number; least: number; most: number }[];
  /** Time between frames in milliseconds. */
  gaps: Quantiles | undefined;
  lengths: Quantiles | undefined;
}

export interface Quantiles {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  mean: number;
}

export interface Statistics {
  c2s: DirectionStatistics;
  s2c: DirectionStatistics;
  /** How many messages came in one frame, in two, ...: [1, 2, 3-4, 5-8, ...] by `upTo`. */
  fragments: { upTo: number; messages: number }[];
  /** Compressed messages. `ratio` is wire bytes per inflated byte. */
  compression: {
    messages: number;
    uncompressed: number;
    wire: number;
    inflated: number;
    ratio: number | undefined;
    /** Per message. */
    ratios: Quantiles | undefined;
    /** Per direction of a connection, its own context each: the first 1000. */
    contexts: {
      connection: number;
      direction: Direction;
      messages: number;
      wire: number;
      inflated: number;
      takeover: boolean;
    }[];
  };
  /** Ping round-trip times in milliseconds, by who asked. */
  pings: {
    c2s: { sent: number; answered: number; roundTrip: Quantiles | undefined };
    s2c: { sent: number; answered: number; roundTrip: Quantiles | undefined };
  };
  rules: { rule: string; count: number }[];
}

/** Columns for a plot: time in equal steps, one lane for each direction. */
export interface Timeline {
  /** Time of the first column and the width of one, in milliseconds. */
  from: number;
  step: number;
  columns: number;
  c2s: Lane;
  s2c: Lane;
  /** Each row by itself, when there are at most `points` of them. */
  points?: {
    frame: Uint32Array;
    time: Float64Array;
    length: Float64Array;
    /** Bit 0: s2c; 1: control; 2: error; 3: warning. */
    flags: Uint8Array;
  };
}

export interface Lane {
  frames: Uint32Array;
  bytes: Float64Array;
  /** Longest frame of the column; NaN when there is none. */
  longest: Float64Array;
  control: Uint32Array;
  errors: Uint32Array;
}

export interface ExportOptions {
  /**
   * Exports Authorization, Proxy-Authorization, Cookie, Set-Cookie, X-Api-Key and the like,
   * users and passwords in addresses, and values of queries that look like tokens as they came.
   * Default false: each of their bytes is `*`, so that everything else stays in its place. What
   * messages hold is exported in any case.
   */
  secrets?: boolean | undefined;
}

export type ExportFormat =
  /** An array as `tshark -T json` writes it, with tshark's field names. */
  | 'json'
  /** HAR 1.2 with `_webSocketMessages`. */
  | 'har'
  /** A capture that Wireshark opens: TCP made up around the bytes, with the handshake. What was
   * in TLS is in it without ({@link withKeys} gives the encrypted packets and what opens them). Of
   * everything, it has each WebSocket connection as it came and as it ended, those too that came
   * to no frame. */
  | 'pcapng'
  /** JSON in the form of this project's tests/vectors. */
  | 'vector'
  /** The secrets of TLS of these connections, as far as they were given: a key log (RFC 9850),
   * which opens the capture that they came in. Empty when there are none. */
  | 'keylog';

/**
 * One inspection: a file, or live traffic. Owns WebAssembly memory: `free()` it, or use `using`;
 * forgotten ones are collected.
 */
export class Inspection {
  constructor(options?: InspectionOptions);

  /**
   * The next bytes of a file of any kind that is supported: pcap, pcapng, each also gzipped,
   * HAR, raw bytes of one direction, text that spells such bytes. Cut anywhere; what they
   * complete can be seen at once. What is one file after another is one inspection each.
   * @throws {InputError} the file is damaged, and what can be done; what was read stays
   * @throws {TypeError} no bytes
   */
  push(chunk: Uint8Array | ArrayBuffer): void;
  /** The file is complete. Connections that are still open are cut. @throws {InputError} */
  finish(): void;

  /**
   * Takes a key log of TLS, as programs write it to the file that `SSLKEYLOGFILE` names
   * (RFC 9850), before or after the captures that it opens, also after `finish()`; gives how
   * many secrets were in it. TLS 1.3 and 1.2 are decrypted, with AES-GCM, ChaCha20-Poly1305 or
   * AES-CBC. pcapng files may carry secrets themselves. What waits for keys takes a quarter of
   * `memoryLimit` at most. Secrets stay in this inspection: no report has them, and no export
   * but 'keylog'.
   * @throws {InputError} no line of it is one of a key log
   */
  keys(keyLog: Uint8Array | ArrayBuffer): number;

  /** Live traffic: a new connection; gives its number. `time` is in milliseconds since 1970. */
  openConnection(connection: {
    client: Endpoint;
    server: Endpoint;
    time: number;
    /** Shown where there is no handshake. What the bytes begin with, they tell themselves. */
    url?: string;
  }): number;
  /** The next bytes of a connection. They are copied. */
  data(connection: number, direction: Direction, bytes: Uint8Array, time: number): void;
  /** Bytes of a connection that were not seen; 0 when nobody knows how many. */
  gap(connection: number, direction: Direction, length: number, time: number): void;
  /** A direction has ended; 'reset' ends both. */
  end(connection: number, direction: Direction, how: 'fin' | 'reset', time: number): void;

  readonly totals: Totals;
  /** Changes whenever anything has changed. */
  readonly revision: number;

  connections(): Connection[];
  connection(connection: number): Connection | undefined;
  handshake(connection: number): Handshake | undefined;

  /** @throws {FilterError} */
  view(options?: ViewOptions): View;
  /** What is wrong with a filter, or undefined. */
  checkFilter(text: string): FilterProblem | undefined;
  /** What could be written at this place of a filter's text. */
  completeFilter(text: string, position?: number): Completion[];

  /** Everything about a frame; undefined when there is none of this number. */
  frame(frame: number): FrameDetail | undefined;
  /** Bytes of a frame or its message, at most 1 MiB a call. */
  bytes(frame: number, kind: ByteKind, from?: number, count?: number): Bytes | undefined;
  /** The frame that this byte of a stream belongs to. */
  frameAt(connection: number, direction: Direction, offset: number): number | undefined;

  /** Violations `from` to `from + count` (default 1000) in the order found; of one connection
   * or all. */
  violations(options?: {
    connection?: number;
    severity?: Severity;
    from?: number;
    count?: number;
  }): Violation[];
  /** Of everything, or of a view's frames. */
  statistics(view?: View): Statistics;
  timeline(options?: {
    view?: View;
    from?: number;
    to?: number;
    /** Default 1000. */
    columns?: number;
    /** Default 5000. */
    points?: number;
  }): Timeline;

  /**
   * A file's bytes: of everything, of a view's frames, or of these frames. For 'pcapng' and
   * 'har' each message is exported whole when one of its frames is. Passwords, cookies and
   * tokens of handshakes are hidden unless `secrets` is set.
   */
  export(
    format: ExportFormat,
    of?: View | Uint32Array | number[],
    options?: ExportOptions,
  ): Uint8Array;
  /**
   * Whether there is something that {@link export} hides unless it is told not to: keys of TLS in
   * the capture, or what is on any connection, WebSocket or not. Rather true than false where it cannot be told.
   */
  holdsSecrets(): boolean;

  free(): void;
  [Symbol.dispose](): void;
}

/**
 * Writes a pcapng file (draft-ietf-opsawg-pcapng) of TCP connections while they are under way:
 * for Wireshark, or for an {@link Inspection}. It does no I/O. Each call gives the bytes to append
 * to the file, so that what was appended so far is always a whole file. Bytes of several
 * connections may come in any order.
 *
 * What it is told are streams of bytes; the packets around them are made up, in the order of the
 * calls. They begin with IP, have right checksums and at most 1460 bytes of payload each. Times
 * are milliseconds since 1970, with a fraction, and are written as given, in nanoseconds; they
 * should not run backwards. Of a connection some 50 bytes are kept until it has ended.
 *
 * Owns WebAssembly memory: `free()` it, or use `using`; forgotten ones are collected.
 *
 * @example
 * import { appendFileSync, writeFileSync } from 'node:fs';
 * import { Recorder } from 'ws4wasm/inspect';
 * const recorder = new Recorder();
 * writeFileSync('recorded.pcapng', recorder.head());
 * const append = (bytes) => appendFileSync('recorded.pcapng', bytes);
 *
 * const client = { address: '192.0.2.1', port: 51000 };
 * const server = { address: '192.0.2.2', port: 80 };
 * const { connection, bytes } = recorder.openConnection({ client, server, time: Date.now() });
 * append(bytes);
 * const frame = Uint8Array.of(0x81, 5, 72, 101, 108, 108, 111);
 * append(recorder.data(connection, 's2c', frame, Date.now()));
 * append(recorder.end(connection, 's2c', 'fin', Date.now()));
 * append(recorder.end(connection, 'c2s', 'fin', Date.now()));
 * recorder.free();
 */
export class Recorder {
  constructor();

  /** What a file begins with. The same each time: connections can go on in the next file after
   * this. */
  head(): Uint8Array;

  /**
   * A new connection: its number, and the packets that open it. Numbers count from 0 and are
   * not used again. `time` is when it was opened.
   *
   * An address is IPv4, or IPv6 without brackets, whose zone (`%eth0`) is left out; where one end
   * has the former and one the latter, both are written as IPv6. Ports are from 0 to 65535.
   * @throws {TypeError} something is missing, or of the wrong type
   * @throws {RangeError} an address that is none, such as a name, or a port out of range
   */
  openConnection(connection: { client: Endpoint; server: Endpoint; time: number }): {
    connection: number;
    bytes: Uint8Array;
  };

  /**
   * The next bytes of one direction, which passed at `time`. They are copied. None give none.
   * @throws {TypeError} an argument of the wrong type
   * @throws {RangeError} there is no such connection, or this direction of it has ended
   */
  data(
    connection: number,
    direction: Direction,
    bytes: Uint8Array | ArrayBuffer,
    time: number,
  ): Uint8Array;

  /**
   * Bytes of one direction that were not seen; 0 when nobody knows how many. That, and more
   * than 512 MiB, is written as 512 MiB: sequence numbers tell little more.
   * @throws {TypeError} an argument of the wrong type
   * @throws {RangeError} there is no such connection, or this direction of it has ended
   */
  gap(connection: number, direction: Direction, length: number, time: number): Uint8Array;

  /**
   * A direction has ended: its sender's FIN. 'reset' ends both, and `direction` is that of the
   * side that broke it off. 'cut' writes nothing: the direction is not followed any further. A
   * connection of which both directions have ended is forgotten. Where the direction had ended
   * before, nothing is written.
   * @throws {TypeError} an argument of the wrong type
   * @throws {RangeError} there is no such connection
   */
  end(
    connection: number,
    direction: Direction,
    how: 'fin' | 'reset' | 'cut',
    time: number,
  ): Uint8Array;

  /** How many connections have not ended. */
  readonly openConnections: number;

  free(): void;
  [Symbol.dispose](): void;
}

/** Whether these bytes are a key log of TLS (see {@link Inspection.keys}) and not a capture. */
export function isKeyLog(bytes: Uint8Array | ArrayBuffer): boolean;

/**
 * A capture (pcap or pcapng, not gzipped) as pcapng, its packets as they were recorded and before
 * them a key log in a Decryption Secrets Block (draft-ietf-opsawg-pcapng section 4.7): whoever has
 * the file can read what was encrypted, in Wireshark or here. `export('keylog')` gives the keys of
 * the connections in it and no others. Comments and other blocks are left out.
 * @throws {InputError} no such capture, a damaged one, or no key log
 *
 * @example
 * import { readFileSync, writeFileSync } from 'node:fs';
 * import { withKeys } from 'ws4wasm/inspect';
 * const keys = readFileSync('keys.log');
 * writeFileSync('open.pcapng', withKeys(readFileSync('session.pcapng'), keys));
 */
export function withKeys(
  capture: Uint8Array | ArrayBuffer,
  keyLog: Uint8Array | ArrayBuffer,
): Uint8Array;

/** Every rule that is checked. */
export function rules(): Rule[];

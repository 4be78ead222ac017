// The Worker: the only place that touches `ws4wasm/inspect`.
import { Inspection, isKeyLog, rules, withKeys } from 'ws4wasm/inspect';
import { decodePayload } from '../payload/decode.ts';
import {
  type Answer,
  BLOCK,
  type Calls,
  type Input,
  type Looking,
  type Name,
  type Outcome,
  type Progress,
  type Request,
  type Shown,
  type Treat,
  type Wanted,
} from './api.ts';
import { conversationOf } from './conversation.ts';
import {
  connectionDifference,
  forgetFirst,
  keepFirst,
  keepReplay,
  messageDifference,
} from './difference.ts';
import { watch } from './live.ts';
import { Table, TooMany } from './table.ts';

/** The first piece is small, so that there is something to see at once; each is twice the last. */
const FIRST_PIECE = 64 * 1024;
const PIECE = 2 * 1024 * 1024;
/** More rows than fit above the one that is looked at. */
const ABOVE = 40;
/** How often the page is told how far things are, in milliseconds. */
const TELL_EVERY = 100;
/** Requests of the page are looked after at least so often, in milliseconds. */
const YIELD_EVERY = 12;
/** A message is decoded up to here. */
const MOST_PAYLOAD = 1024 * 1024;

const post = (answer: Answer, transfer: Transferable[] = []) =>
  self.postMessage(answer, transfer);

/** Lets the messages in that wait, sooner than a timer would. */
const turns = new MessageChannel();
const turn = () =>
  new Promise<void>((resolve) => {
    turns.port1.onmessage = () => resolve();
    turns.port2.postMessage(0);
  });

let inspection = new Inspection();
/** What the page has asked for last, if it could be read. */
let wanted: Wanted = { kind: 'frames', filter: '', order: undefined, deltas: false };
let table = new Table(inspection, wanted);
/** That of the inspection when the view was last brought up to it: rows are of then. */
let revision = 0;
/** Counts what was opened: an older reading that is still under way sees that it is over. */
let session = 0;
let stop: (() => void) | undefined;
/** What is open. */
let current: Input | undefined;
/** What its connections are said to be. */
const treated = new Map<number, Treat>();
/** All key logs that were given, and how many of them before what is open: when it is read once
 * more, each has its turn, so that connections have the numbers that they had. */
const keyLogs: Uint8Array[] = [];
let earlyKeys = 0;

function begin(live: boolean) {
  stop?.();
  stop = undefined;
  table.free();
  inspection.free();
  const treat = Array.from(treated, ([connection, as]) => ({ connection, as }));
  inspection = new Inspection({ live, treat });
  for (const keyLog of keyLogs.slice(0, earlyKeys)) inspection.keys(keyLog);
  table = new Table(inspection, wanted);
  revision = inspection.revision;
  last = undefined;
  return ++session;
}

/** Rows that are there now. Whatever grows beyond what can be sorted is shown unsorted. */
function updated() {
  try {
    return table.update();
  } catch (error) {
    if (!(error instanceof TooMany)) throw error;
    table.free();
    wanted = { ...wanted, order: undefined };
    table = new Table(inspection, wanted);
    return table.length;
  }
}

/** What the page was told last. */
let last: Progress | undefined;

function progressOf(read: number, size: number, started: number, head: boolean): Progress {
  const rows = updated();
  revision = inspection.revision;
  last = {
    read,
    size,
    elapsed: performance.now() - started,
    totals: inspection.totals,
    connections: inspection.connections(),
    rows,
    head: head ? table.rows(0, BLOCK) : [],
    order: wanted.order,
    revision,
  };
  return last;
}

async function read(mine: number, file: Blob, again: boolean): Promise<Outcome> {
  const { size } = file;
  const started = performance.now();
  let cancelled = false;
  stop = () => {
    cancelled = true;
  };
  let done = 0;
  let told = 0;
  let headTold = false;
  let yielded = started;
  const tell = () => {
    const progress = progressOf(done, size, started, !headTold);
    headTold ||= progress.rows >= BLOCK;
    post({ id: -1, progress });
    told = performance.now();
  };
  try {
    for await (const piece of piecesOf(file)) {
      if (mine !== session) return 'cancelled';
      if (cancelled) break;
      inspection.push(piece);
      done += piece.length;
      if (told === 0 || performance.now() - told >= TELL_EVERY) tell();
      if (performance.now() - yielded >= YIELD_EVERY) {
        await turn();
        yielded = performance.now();
        if (mine !== session) return 'cancelled';
        if (cancelled) break;
      }
    }
    if (mine !== session) return 'cancelled';
    inspection.finish();
    if (again) for (const keyLog of keyLogs.slice(earlyKeys)) inspection.keys(keyLog);
  } finally {
    if (mine === session) {
      stop = undefined;
      tell();
    }
  }
  return cancelled ? 'cancelled' : 'finished';
}

/** The next piece is read while the last one is looked at. */
async function* piecesOf(file: Blob) {
  const piece = (at: number, size: number) => file.slice(at, at + size).arrayBuffer();
  let size = FIRST_PIECE;
  let coming = piece(0, size);
  for (let at = 0; at < file.size; ) {
    const bytes = new Uint8Array(await coming);
    at += size;
    size = Math.min(2 * size, PIECE);
    coming = piece(at, size);
    // Whoever stops here leaves it; one that fails is told of when it is its turn.
    coming.catch(() => {});
    yield bytes;
  }
}

async function follow(mine: number, url: string): Promise<Outcome> {
  const started = performance.now();
  let told = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    timer = undefined;
    if (mine !== session) return;
    told = performance.now();
    post({ id: -1, progress: progressOf(inspection.totals.input, 0, started, false) });
  };
  const changed = () => {
    timer ??= setTimeout(tell, Math.max(0, TELL_EVERY - (performance.now() - told)));
  };
  const watching = watch(url, inspection, changed);
  stop = watching.stop;
  tell();
  try {
    await watching.ended;
  } finally {
    clearTimeout(timer);
    tell();
  }
  return 'ended';
}

function open(input: Input): Promise<Outcome> {
  current = input;
  treated.clear();
  earlyKeys = keyLogs.length;
  const mine = begin(input.from === 'live');
  return input.from === 'live' ? follow(mine, input.url) : read(mine, fileOf(input), false);
}

const fileOf = (input: Exclude<Input, { from: 'live' }>) =>
  input.from === 'file' ? input.file : new Blob([input.bytes as BlobPart]);

async function treat(connection: number, as: Treat | undefined): Promise<Outcome> {
  if (!current || current.from === 'live') return 'ended';
  if (as) treated.set(connection, as);
  else treated.delete(connection);
  return read(begin(false), fileOf(current), true);
}

function keys(keyLog: Uint8Array) {
  const secrets = inspection.keys(keyLog);
  keyLogs.push(keyLog);
  if (last) {
    const { read, size, elapsed } = last;
    const progress = progressOf(read, size, performance.now() - elapsed, false);
    post({ id: -1, progress });
  }
  return secrets;
}

/** The file that is open, as it is or as it was before gzip. */
async function packets() {
  if (!current || current.from === 'live') throw new Error('Live traffic has no packets.');
  const file = fileOf(current);
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const gzipped = first === 0x1f && second === 0x8b;
  const plain = gzipped
    ? new Response(file.stream().pipeThrough(new DecompressionStream('gzip')))
    : file;
  return new Uint8Array(await plain.arrayBuffer());
}

function shown(started: number, at: Looking): Shown {
  const took = performance.now() - started;
  const index = at.frame === undefined ? -1 : table.indexOf(at.frame);
  const near = index < 0 ? Math.min(at.from, table.length) : index;
  const block = Math.floor(Math.max(0, near - ABOVE) / BLOCK);
  const sight = table.rows(block * BLOCK, 2 * BLOCK);
  return { rows: table.length, revision, took, index, from: block * BLOCK, sight };
}

const scopeOf = (scope: string, frame: number) =>
  scope === 'view' ? table.view : scope === 'frame' ? [frame] : undefined;

const calls: Calls = {
  open,
  treat,
  cancel: () => stop?.(),
  keys,
  isKeyLog,
  view(next, at) {
    const started = performance.now();
    const made = new Table(inspection, next);
    table.free();
    table = made;
    revision = inspection.revision;
    wanted = next;
    return shown(started, at);
  },
  rows: (from, count) => ({ rows: table.rows(from, count), revision }),
  find: (text) => table.find(text),
  findNext: (row, step) => table.findNext(row, step),
  unfold(message, unfolded, at) {
    const started = performance.now();
    table.unfold(message, unfolded);
    return shown(started, at);
  },
  indexOf: (frame) => table.indexOf(frame),
  findViolation: (row, step) => table.findViolation(row, step),
  firstError: () =>
    inspection
      .violations({ severity: 'error', from: 0, count: 100 })
      .find(({ frame }) => frame !== undefined && table.indexOf(frame) >= 0)?.frame,
  frame: (frame) => inspection.frame(frame),
  frameAt: (connection, direction, offset) => inspection.frameAt(connection, direction, offset),
  bytes: (frame, kind, from, count) => inspection.bytes(frame, kind, from, count),
  payload(frame) {
    const detail = inspection.frame(frame);
    if (!detail) return undefined;
    const control = detail.row.code >= 8;
    const kind = control || !detail.message ? 'unmasked' : 'message';
    const found = inspection.bytes(frame, kind, 0, MOST_PAYLOAD);
    if (!found) return undefined;
    const { subprotocol } = inspection.connection(detail.row.connection) ?? {};
    return decodePayload(detail, found, subprotocol);
  },
  handshake: (connection) => inspection.handshake(connection),
  violations: (connection, from, count) =>
    inspection.violations({ ...(connection === undefined ? {} : { connection }), from, count }),
  conversation: (connection) => conversationOf(inspection, connection),
  keepFirst: (which, file) => keepFirst(inspection, which, file),
  forgetFirst,
  keepReplay,
  captureOf(connection) {
    const view = inspection.view({ kind: 'frames', filter: `conn:${connection}` });
    const bytes = inspection.export('pcapng', view, { secrets: true });
    view.free();
    return bytes;
  },
  messageDifference: (frame, index) => messageDifference(inspection, frame, index),
  connectionDifference: (connection) => connectionDifference(inspection, connection),
  statistics: (scope) => inspection.statistics(scope === 'view' ? table.view : undefined),
  timeline: (columns, part) =>
    inspection.timeline({
      view: table.view,
      columns,
      ...(part ? { from: part[0], to: part[1] } : {}),
    }),
  checkFilter: (text) => inspection.checkFilter(text),
  completeFilter: (text, position) => inspection.completeFilter(text, position),
  export: (format, scope, frame, secrets) =>
    inspection.export(format, scopeOf(scope, frame), { secrets }),
  withKeys: async (scope) =>
    withKeys(await packets(), inspection.export('keylog', scopeOf(scope, 0))),
  shareable() {
    // Logs may have more in them than what was taken from them: other requests with their cookies.
    const { format } = inspection.totals;
    if (format === 'har' || format === 'mitmproxy') return inspection.export('har');
    if (format === 'netlog') return inspection.export('pcapng');
    return inspection.holdsSecrets() ? inspection.export('pcapng') : undefined;
  },
  rules,
};

async function answer({ id, name, args }: Request) {
  try {
    const value = await (calls[name as Name] as (...args: unknown[]) => unknown)(...args);
    post({ id, value });
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    post({ id, error: { name: kind, message } });
  }
}

self.addEventListener('message', ({ data }: MessageEvent<Request>) => void answer(data));
post({ id: -1, ready: true });

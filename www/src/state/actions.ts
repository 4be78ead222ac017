// What a person can do, by mouse, key or link.
import { batch, effect } from '@preact/signals';
import type { ByteKind, Direction, FrameDetail, Violation } from 'ws4wasm/inspect';
import { plural } from '../format.ts';
import type { Input, Progress, Treat, Wanted } from '../worker/api.ts';
import { call, listen, WorkerError } from '../worker/rpc.ts';
import { order, wantsDeltas } from './columns.ts';
import { drawerOpen, openDetail } from './layout.ts';
import * as permalink from './permalink.ts';
import { begin, clear, outdate, replace, rowAt, sightFrom } from './rows.ts';
import { samples } from './samples.ts';
import * as store from './store.ts';

listen(
  (progress) => take(progress),
  (message) => {
    store.problem.value = message;
    store.reading.value = false;
  },
);

function take(progress: Progress) {
  batch(() => {
    store.progress.value = progress;
    store.rows.value = progress.rows;
    outdate(progress.revision);
    if (progress.head.length) begin(progress.head);
    // It has become more than can be sorted.
    if (order.peek() && !progress.order && making === undefined) order.value = undefined;
  });
  if (store.live.peek() && progress.rows > 0 && !store.detail.peek())
    void selectNewest(progress);
}

/** Live, the end of the table is in sight: what comes first is what is looked at. */
async function selectNewest({ rows }: Progress) {
  if (store.row.peek() < 0) selectRow(rows - 1);
}

// --- opening ----------------------------------------------------------------------------------

let opened = 0;

const open = (input: Input, from: store.Origin) =>
  reading(from, () => call('open', input), new Map());

/** Reads the same once more, with a connection taken for what somebody says that it is. */
export function treat(connection: number, as: Treat | undefined) {
  const from = store.origin.peek();
  if (!from || from.kind === 'live') return;
  const treated = new Map(store.treated.peek());
  if (as) treated.set(connection, as);
  else treated.delete(connection);
  const chosen = store.connection.peek();
  void reading(from, () => call('treat', connection, as), treated).then(() => {
    store.connection.value = chosen;
  });
}

async function reading(
  from: store.Origin,
  read: () => Promise<unknown>,
  treated: Map<number, Treat>,
) {
  const mine = ++opened;
  batch(() => {
    store.origin.value = from;
    store.treated.value = treated;
    store.reading.value = true;
    store.progress.value = undefined;
    store.problem.value = undefined;
    store.rows.value = 0;
    store.connection.value = undefined;
    order.value = undefined;
    drawerOpen.value = false;
    clearSelection();
    clear();
  });
  try {
    await read();
    if (mine !== opened) return;
    await selectFirst();
    if (from.kind === 'live') store.notice.value = 'The live traffic has ended.';
  } catch (error) {
    if (mine === opened) store.problem.value = messageOf(error);
  }
  if (mine === opened) store.reading.value = false;
}

/** The first error, else the first frame, unless somebody has chosen something meanwhile. */
async function selectFirst() {
  const mine = opened;
  const free = () =>
    mine === opened && store.frame.peek() === undefined && store.row.peek() < 0;
  if (!free() || store.rows.peek() === 0) return;
  const error = await call('firstError');
  if (!free()) return;
  if (error === undefined) {
    selectRow(0);
    return;
  }
  await selectFrame(error);
  const violation = store.detail
    .peek()
    ?.violations.find(({ severity }) => severity === 'error');
  if (violation && store.frame.peek() === error) light(violation);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A key log says in its first lines that it is one. */
const KEY_LOG_HEAD = 4096;

const isKeyLog = async (file: Blob) =>
  call('isKeyLog', new Uint8Array(await file.slice(0, KEY_LOG_HEAD).arrayBuffer()));

/** Captures with their key logs, in any order. */
export async function openFiles(files: Iterable<File>) {
  const captures: File[] = [];
  for (const file of files) {
    if (await isKeyLog(file)) await takeKeys(file);
    else captures.push(file);
  }
  const [file, ...more] = captures;
  if (!file) return;
  if (more.length) store.notice.value = `One file at a time: this is ${file.name}.`;
  if (file.size <= permalink.MOST_BYTES) {
    await openBytes(new Uint8Array(await file.arrayBuffer()), file.name);
    return;
  }
  await open({ from: 'file', name: file.name, file }, { kind: 'file', name: file.name });
}

async function takeKeys(file: Blob & { name?: string }) {
  try {
    const secrets = await call('keys', new Uint8Array(await file.arrayBuffer()));
    const name = file.name ?? 'pasted text';
    batch(() => {
      store.keyLogs.value = [...store.keyLogs.peek(), name];
      store.notice.value = `${plural(secrets, 'secret')} of ${name}: they stay in this page.`;
    });
  } catch (error) {
    store.problem.value = messageOf(error);
  }
}

export const openBytes = (bytes: Uint8Array, name: string) =>
  open({ from: 'bytes', name, bytes }, { kind: 'bytes', name, bytes });

export async function openText(text: string) {
  const file = new Blob([text]);
  if (await isKeyLog(file)) await takeKeys(file);
  else await openBytes(new Uint8Array(await file.arrayBuffer()), 'pasted text');
}

export async function openSample(name: string) {
  const sample = samples.find((one) => one.name === name);
  if (!sample) {
    store.problem.value = `There is no sample “${name}”.`;
    return;
  }
  try {
    const bytes = await sample.load();
    await open({ from: 'bytes', name, bytes }, { kind: 'sample', name });
  } catch (error) {
    store.problem.value = `The sample could not be loaded: ${messageOf(error)}`;
  }
}

/** Where `npm start` and the command line have live traffic to show; empty elsewhere. */
const livePath =
  document.querySelector<HTMLMetaElement>('meta[name="ws4wasm-live"]')?.content ?? '';

export const canWatch = livePath !== '';

/** Where clients connect to what is shown live: another server may say it, else it is this one. */
const told =
  document.querySelector<HTMLMetaElement>('meta[name="ws4wasm-address"]')?.content ?? '';
export const liveAddress = {
  address:
    told || (canWatch ? `${location.protocol.replace('http', 'ws')}//${location.host}/` : ''),
  own: canWatch && !told,
};

/** A first message, so that there is something to see. */
export function sayHello() {
  return new Promise<void>((resolve) => {
    const socket = new WebSocket(liveAddress.address);
    socket.onopen = () => socket.send('Hello from the inspector');
    socket.onmessage = () => socket.close(1000, 'that was all');
    socket.onerror = () => {
      store.problem.value = `${liveAddress.address} could not be reached.`;
    };
    socket.onclose = () => resolve();
  });
}

export function openLive() {
  const url = new URL(livePath, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return open(
    { from: 'live', name: location.host, url: url.href },
    { kind: 'live', name: location.host },
  );
}

export const cancel = () => void call('cancel');

// --- the view ---------------------------------------------------------------------------------

let asked = 0;

const looking = () => ({ frame: store.frame.peek(), from: sightFrom() });

async function show(wanted: Wanted) {
  const mine = ++asked;
  const of = opened;
  try {
    const shown = await call('view', wanted, looking());
    if (mine !== asked) return;
    batch(() => {
      store.filterProblem.value = undefined;
      // These are rows of what was open before. The Worker keeps the view for what is now.
      if (of !== opened) return;
      store.rows.value = shown.rows;
      store.filterTook.value = shown.took;
      store.viewVersion.value++;
      store.row.value = shown.index;
      replace(shown);
    });
  } catch (error) {
    if (mine !== asked) return;
    if (error instanceof WorkerError && error.name === 'TooMany') {
      order.value = undefined;
      store.notice.value = error.message;
      return;
    }
    const problem = await call('checkFilter', store.filterText.peek()).catch(() => undefined);
    if (mine !== asked) return;
    store.filterProblem.value = problem ?? {
      message: messageOf(error),
      position: 0,
      length: 0,
      expected: [],
    };
  }
}

// One view is made at a time; what was wanted meanwhile is the next, and only the last of it.
let first = true;
let making: Promise<void> | undefined;
let next: Wanted | undefined;
effect(() => {
  next = {
    kind: store.kind.value,
    filter: store.filter.value,
    order: order.value,
    deltas: wantsDeltas.value,
  };
  if (first && !next.deltas) {
    first = false;
    // It is what the Worker begins with.
    next = undefined;
    return;
  }
  first = false;
  making ??= makeViews();
});

async function makeViews() {
  while (next) {
    const wanted = next;
    next = undefined;
    await show(wanted);
  }
  making = undefined;
}

export async function unfold(message: number, unfolded: boolean) {
  if (order.peek()) {
    order.value = undefined;
    store.notice.value = 'Fragments are shown in the order of time.';
    await making;
  }
  const active = rowAt(store.row.peek());
  const shown = await call('unfold', message, unfolded, looking());
  batch(() => {
    store.rows.value = shown.rows;
    // The message's own row stays where it is, and what is active.
    if (active?.kind !== 'message' || active.message !== message) {
      store.row.value = shown.index;
    }
    replace(shown);
  });
}

export function filterFor(condition: string) {
  const typed = store.filterText.peek().trim();
  store.filterText.value = typed ? `(${typed}) and ${condition}` : condition;
}

// --- the selection ----------------------------------------------------------------------------

/** Counts what is selected: what comes late must not take the place of what is newer. */
let selected = 0;
/** The details of what was selected last, as soon as they have come from the Worker. */
let selection: Promise<FrameDetail | undefined> = Promise.resolve(undefined);

function becomes<T>(arrives: Promise<T>, detail: (arrived: T) => FrameDetail | undefined) {
  const before = selection;
  selection = before.then(() => arrives.then(detail)).catch(() => undefined);
  return arrives;
}

/** Does what begins at the selection: a key may come before the details of what was selected. */
export const fromSelection = <T>(act: (detail?: FrameDetail) => T | Promise<T>): Promise<T> =>
  becomes(selection.then(act), () => store.detail.peek());

function clearSelection() {
  selected++;
  store.row.value = -1;
  store.frame.value = undefined;
  store.detail.value = undefined;
  store.lit.value = undefined;
  selection = Promise.resolve(undefined);
}

/** The row becomes active at once; its frame as soon as the row is there. */
export function selectRow(index: number) {
  store.row.value = index;
  const known = rowAt(index);
  if (known) {
    void selectFrame(known.frame, { keepRow: true });
    return;
  }
  const mine = ++selected;
  const arrives = call('rows', index, 1).then(({ rows: [found] }) =>
    found && mine === selected ? arrive(found.frame, mine, true) : undefined,
  );
  void becomes(arrives, (arrived) => arrived?.detail);
}

/** Whether there is such a frame, and nothing else was selected meanwhile. */
export async function selectFrame(frame: number, { keepRow = false } = {}) {
  return (await becomes(arrive(frame, ++selected, keepRow), ({ detail }) => detail)).shown;
}

async function arrive(frame: number, mine: number, keepRow: boolean) {
  store.frame.value = frame;
  const [detail, index] = await Promise.all([
    call('frame', frame),
    keepRow ? store.row.peek() : call('indexOf', frame),
  ]);
  const current = mine === selected;
  if (current) {
    batch(() => {
      store.detail.value = detail;
      store.lit.value = undefined;
      if (!keepRow) store.row.value = index;
    });
  }
  return { detail, shown: current && detail !== undefined };
}

export const nextError = (step: 1 | -1) => fromSelection(() => toError(step));

async function toError(step: 1 | -1) {
  const found = await call('findViolation', store.row.peek(), step);
  if (found < 0) {
    const none = `No ${step > 0 ? 'further' : 'earlier'} issue in this view.`;
    const [here] = store.detail.peek()?.violations ?? [];
    if (here) light(here);
    store.notice.value = here ? `${none} This one: ${here.message}` : none;
    return;
  }
  const {
    rows: [row],
  } = await call('rows', found, 1);
  if (!row) return;
  await selectFrame(row.frame);
  openDetail();
  const [violation] = store.detail.peek()?.violations ?? [];
  if (violation) light(violation);
  store.notice.value = violation?.message ?? '';
}

export const light = ({ offset, length }: { offset: number; length: number }) => {
  store.lit.value = { offset, length: Math.max(1, length) };
};

/** To what a violation is about, with its bytes lit. */
export async function goToViolation(violation: Violation) {
  openDetail();
  if (violation.frame === undefined) {
    store.connection.value ??= violation.connection;
    store.tab.value = 'handshake';
    return;
  }
  if (await selectFrame(violation.frame)) {
    store.tab.value = 'frame';
    store.byteKind.value = 'wire';
    light(violation);
  }
}

/** '12' is a frame; '@0x1f' or 's2c@300' a byte of the selected connection. */
export async function goTo(text: string): Promise<string | undefined> {
  const match = /^\s*(?:(c2s|s2c)?\s*@\s*)?(0x[\da-f]+|\d+)\s*$/i.exec(text);
  if (!match) return 'Write a frame’s number, or @ and an offset: 12, @0x1f, s2c@300.';
  const number = Number(match[2]);
  let frame: number | undefined = number;
  if (text.includes('@')) {
    const { connection, direction } = await fromSelection(
      (detail) =>
        detail?.row ?? {
          connection: store.connection.peek() ?? 0,
          direction: 'c2s' as const,
        },
    );
    const way = (match[1]?.toLowerCase() ?? direction) as Direction;
    frame = await call('frameAt', connection, way, number);
    if (frame === undefined) return `There is no frame at ${way} offset ${number}.`;
  }
  if (!(await selectFrame(frame))) return `There is no frame ${number}.`;
  openDetail();
  if (text.includes('@')) store.lit.value = { offset: number, length: 1 };
  return undefined;
}

// --- copying and saving -----------------------------------------------------------------------

export async function copy(text: string, what: string) {
  try {
    await navigator.clipboard.writeText(text);
    store.notice.value = `Copied: ${what}.`;
  } catch {
    store.notice.value = 'The browser does not let this page copy.';
  }
}

/** All bytes of the selected frame, of one kind. */
export async function allBytes(kind: ByteKind) {
  const frame = store.frame.peek();
  if (frame === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const found = await call('bytes', frame, kind, at, 1024 * 1024);
    if (!found) return pieces.length ? joined(pieces) : undefined;
    pieces.push(found.bytes);
    at += found.bytes.length;
    if (at >= found.length || found.bytes.length === 0) return joined(pieces);
  }
}

function joined(pieces: Uint8Array[]) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function save(bytes: Uint8Array, name: string, type: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  store.notice.value = `Saved: ${name}.`;
}

const FORMATS = {
  encrypted: ['keys.pcapng', 'application/x-pcapng'],
  keylog: ['keys.log', 'text/plain'],
  json: ['json', 'application/json'],
  har: ['har', 'application/json'],
  pcapng: ['pcapng', 'application/x-pcapng'],
  vector: ['vector.json', 'application/json'],
} as const;

export async function exportAs(
  format: keyof typeof FORMATS,
  scope: 'all' | 'view' | 'frame',
  secrets = false,
) {
  const [suffix, type] = FORMATS[format];
  try {
    const bytes =
      format === 'encrypted'
        ? await call('withKeys', scope)
        : await call('export', format, scope, store.frame.peek() ?? 0, secrets);
    const base = (store.origin.peek()?.name ?? 'capture')
      .replace(/\.\w+$/, '')
      .replace(/\W+/g, '-');
    save(bytes, `${base}.${suffix}`, type);
  } catch (error) {
    store.notice.value = messageOf(error);
  }
}

/** What a link may hold of what is open: all of it, or what it is without its secrets. */
export async function shareable(from: store.Origin) {
  if (from.kind !== 'bytes') return undefined;
  try {
    return (await call('shareable')) ?? from.bytes;
  } catch {
    // What cannot be read is not known to be harmless.
    return undefined;
  }
}

export { WorkerError };

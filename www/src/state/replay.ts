// The channel of the server that this page came from (js/cli/replay/channel.js): a capture's side is
// sent again, and what comes is compared.
import { batch, signal } from '@preact/signals';
import { call } from '../worker/rpc.ts';
import { openBytes } from './actions.ts';
import { compareReplay } from './compare.ts';
import { closePanel, openDetail, panel, panelBeside } from './layout.ts';
import * as store from './store.ts';

export interface Told {
  kind: 'changed' | 'missing' | 'new';
  expected?: number;
  actual?: number;
  details: string[];
}

export interface Outcome {
  url: string;
  result: {
    sent: number;
    steps: number;
    expected: number;
    answers: number;
    same: number;
    closed?: { code: number; reason: string };
  };
  differences: Told[];
  /** Differences beyond these. */
  untold: number;
  /** Whether all that passed was kept. */
  recorded: boolean;
  /** Why it is not as expected. */
  why?: string;
}

/** Options of `ws4wasm replay`, without their dashes. */
export type Options = Record<string, string | boolean | string[]>;

type Event =
  | { event: 'ready'; targets: string[] }
  | { event: 'opened'; url: string; steps: number; skipped: string[] }
  | { event: 'progress'; sent: number; answers: number }
  | ({ event: 'result' } & Outcome)
  | { event: 'failed'; error: string };

const path =
  document.querySelector<HTMLMetaElement>('meta[name="ws4wasm-replay"]')?.content ?? '';

/** Whether this page came from a server that replays. */
export const canReplay = path !== '';

export const targets = signal<string[]>([]);
export const running = signal(false);
export const progress = signal({ sent: 0, steps: 0, answers: 0 });
export const skipped = signal<string[]>([]);
export const problem = signal('');
export const outcome = signal<Outcome | undefined>(undefined);
/** What passed, as pcapng. */
export const recording = signal<Uint8Array | undefined>(undefined);

/** What is chosen, also when the panel was closed meanwhile. */
export const form = {
  connection: signal<number | undefined>(undefined),
  side: signal('client'),
  to: signal<string | undefined>(undefined),
  speed: signal('1'),
  expect: signal('same'),
  filter: signal(''),
  lines: signal(''),
  inTurn: signal(false),
  frames: signal(false),
  withHeaders: signal(false),
};

let socket: WebSocket | undefined;
/** The connection that is replayed. */
let replayed = 0;

/** Connects, when it is not yet. */
export function join() {
  if (socket) return;
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const mine = new WebSocket(url);
  socket = mine;
  mine.binaryType = 'arraybuffer';
  mine.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (mine !== socket) return;
    if (typeof data === 'string') take(JSON.parse(data));
    else void show(new Uint8Array(data));
  });
  mine.addEventListener('close', ({ code }) => {
    if (mine !== socket) return;
    socket = undefined;
    batch(() => {
      targets.value = [];
      if (running.value)
        fail(code === 1009 ? 'The capture is too large.' : 'The server has gone.');
    });
  });
}

function fail(why: string) {
  running.value = false;
  problem.value = why;
}

function take(event: Event) {
  batch(() => {
    if (event.event === 'ready') targets.value = event.targets;
    else if (event.event === 'opened') {
      progress.value = { sent: 0, steps: event.steps, answers: 0 };
      skipped.value = event.skipped;
    } else if (event.event === 'progress') {
      progress.value = { ...progress.value, sent: event.sent, answers: event.answers };
    } else if (event.event === 'failed') fail(event.error);
    else {
      running.value = false;
      outcome.value = event;
      progress.value = { ...progress.value, ...event.result };
    }
  });
}

/** @param connection of the capture that is open */
export async function start(connection: number, options: Options) {
  join();
  const mine = socket;
  batch(() => {
    running.value = true;
    problem.value = '';
    outcome.value = undefined;
    recording.value = undefined;
    skipped.value = [];
    progress.value = { sent: 0, steps: 0, answers: 0 };
  });
  replayed = connection;
  try {
    const capture = await call('captureOf', connection);
    if (mine?.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => {
        mine.addEventListener('open', resolve);
        mine.addEventListener('close', resolve);
      });
    }
    if (mine !== socket || mine?.readyState !== WebSocket.OPEN) {
      throw new Error('The server is not connected.');
    }
    mine.send(capture as BufferSource);
    mine.send(JSON.stringify(options));
  } catch (error) {
    fail((error as Error).message);
  }
}

/** Ends it where it is: the server does so when the channel is closed. */
export function stop() {
  const mine = socket;
  socket = undefined;
  mine?.close();
  fail('Stopped.');
  join();
}

/** The captured connection beside the replayed one, in the tab for it. */
async function show(bytes: Uint8Array) {
  recording.value = bytes;
  await compareReplay(bytes, outcome.peek()?.url ?? '', replayed);
}

/** Both conversations beside each other. A panel that lies over them gives way. */
export function toDifference() {
  if (!panelBeside.peek()) panel.value = undefined;
  store.tab.value = 'difference';
  openDetail();
  requestAnimationFrame(() => document.getElementById('detail-tab-difference')?.focus());
}

/** The replay as the capture that is open, in place of what was replayed. */
export function openRecording() {
  const bytes = recording.peek();
  if (!bytes) return;
  store.notice.value = 'This is the replay.';
  closePanel();
  void openBytes(bytes, `replay to ${outcome.peek()?.url ?? ''}.pcapng`);
}

// The control channel of the proxy that this page came from (js/cli/act/control.js): what it holds,
// and what can be sent into its connections.
import { batch, signal } from '@preact/signals';

export interface Live {
  connection: number;
  client: string;
  path: string;
  open: boolean;
  compressed: boolean;
}

export interface Held {
  held: number;
  connection: number;
  from: 'client' | 'server';
  opcode: number;
  length: number;
  compressed: boolean;
  cut?: boolean;
  text?: string;
  hex?: string;
  until: number;
}

export interface Hold {
  filter: string;
  from?: 'client' | 'server';
  timeout: number;
}

export interface Judged {
  violations: {
    rule: string;
    severity: string;
    message: string;
    rfc: string;
    section: string;
    expectedClose?: number;
  }[];
  missing: number;
  bytes?: string[];
}

export interface Hostile {
  rule: string;
  title: string;
  to: 'client' | 'server' | 'both';
  /** It breaks its rule where permessage-deflate is in use, else another one. */
  deflate?: boolean;
  frames: Record<string, unknown>[];
}

const path =
  document.querySelector<HTMLMetaElement>('meta[name="ws4wasm-control"]')?.content ?? '';

/** Whether this page came from a proxy that can be acted on. */
export const canAct = path !== '';

export const connected = signal(false);
export const connections = signal<Live[]>([]);
export const held = signal<Held[]>([]);
export const hold = signal<Hold | null>(null);
export const hostile = signal<Hostile[]>([]);

let socket: WebSocket | undefined;
let asked = 0;
const waiting = new Map<
  number,
  { resolve: (value: never) => void; reject: (error: Error) => void }
>();

/** @throws Error with what is wrong, in a sentence */
export function ask<T>(command: string, more: object = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (socket?.readyState !== WebSocket.OPEN) {
      reject(new Error('The proxy is not connected any more.'));
      return;
    }
    const id = ++asked;
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ id, do: command, ...more }));
  });
}

/** Connects, when it is not yet: messages are held only as long as somebody is there. */
export function join() {
  if (socket) return;
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  socket = new WebSocket(url);
  socket.addEventListener('open', () => {
    connected.value = true;
    void refresh();
    ask<{ frames: Hostile[] }>('hostile').then(
      ({ frames }) => {
        hostile.value = frames;
      },
      () => {},
    );
  });
  socket.addEventListener('message', ({ data }: MessageEvent<string>) =>
    take(JSON.parse(data)),
  );
  socket.addEventListener('close', () => {
    socket = undefined;
    for (const { reject } of waiting.values()) reject(new Error('The proxy has gone.'));
    waiting.clear();
    batch(() => {
      connected.value = false;
      connections.value = [];
      held.value = [];
      hold.value = null;
    });
  });
}

async function refresh() {
  const list = await ask<{ connections: Live[]; held: Held[]; hold: Hold | null }>('list');
  batch(() => {
    connections.value = list.connections;
    held.value = list.held;
    hold.value = list.hold;
  });
}

type Event =
  | ({ event: 'open' } & Live)
  | { event: 'closed'; connection: number }
  | ({ event: 'held' } & Held)
  | { event: 'settled'; held: number; how: string }
  | { event: 'hold'; hold: Hold | null };

function take(message: Event & { id?: number; ok?: unknown; error?: string }) {
  if (message.event === undefined) {
    const { id = 0, ok, error } = message as { id?: number; ok?: unknown; error?: string };
    const one = waiting.get(id);
    waiting.delete(id);
    if (error !== undefined) one?.reject(new Error(error));
    else one?.resolve(ok as never);
    return;
  }
  if (message.event === 'open') connections.value = [...connections.value, message];
  else if (message.event === 'closed') {
    connections.value = connections.value.filter(
      (one) => one.connection !== message.connection,
    );
  } else if (message.event === 'held') held.value = [...held.value, message];
  else if (message.event === 'settled') {
    held.value = held.value.filter((one) => one.held !== message.held);
  } else if (message.event === 'hold') hold.value = message.hold;
}

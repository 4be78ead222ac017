// A connection as a conversation: what each side said when, and what answered what.
import type { Direction, Inspection, Row } from 'ws4wasm/inspect';
import { callsIn } from '../payload/pairing.ts';

/** Messages of a conversation that are shown, and bytes of one that are looked at for ids. */
const MOST_MESSAGES = 1000;
const MOST_BYTES = 64 * 1024;

export interface Said {
  frame: number;
  time: number;
  direction: Direction;
  opcode: Row['opcode'];
  preview: string;
  length: number;
  severity: Row['severity'];
  /** What it asks for. */
  asks?: string;
  /** The frame that it answers, or that answers it first, and milliseconds between them. */
  pair?: { frame: number; latency: number };
}

export interface Conversation {
  said: Said[];
  /** Messages altogether. */
  messages: number;
  /** Milliseconds from the first event to the last. */
  duration: number;
  /** Whose close frame was the first. */
  closedBy: Direction | undefined;
  /** Milliseconds between a request and its reply, a ping and its pong, in order. */
  roundTrips: number[];
  /** Requests, pings left out, that nobody has answered. */
  unanswered: number;
  /** The longest time in which nobody said anything, and the frame that ended it. */
  silence: { length: number; frame: number } | undefined;
}

export function conversationOf(
  inspection: Inspection,
  number: number,
): Conversation | undefined {
  const connection = inspection.connection(number);
  if (!connection) return undefined;
  const view = inspection.view({ kind: 'messages', filter: `conn:${number}` });
  const messages = view.length;
  const rows = view.rows(0, MOST_MESSAGES);
  view.free();
  const said: Said[] = [];
  const open = new Map<string, Said>();
  const roundTrips: number[] = [];
  let silence: Conversation['silence'];
  for (const row of rows) {
    const one: Said = {
      frame: row.frame,
      time: row.time,
      direction: row.direction,
      opcode: row.opcode,
      preview: row.preview,
      length: row.inflated ?? row.length,
      severity: row.severity,
    };
    const before = said.at(-1);
    const length = before ? row.time - before.time : 0;
    if (length > (silence?.length ?? 0)) silence = { length, frame: row.frame };
    said.push(one);
    const pair = (request: Said) => {
      const latency = one.time - request.time;
      roundTrips.push(latency);
      one.pair = { frame: request.frame, latency };
      request.pair = { frame: one.frame, latency };
    };
    if (row.opcode === 'pong') {
      const ping = inspection.frame(row.frame)?.pair?.frame;
      const request = said.find(({ frame }) => frame === ping);
      if (request) pair(request);
    }
    if (row.code >= 8 || !row.complete) continue;
    const bytes = inspection.bytes(row.frame, 'message', 0, MOST_BYTES);
    if (!bytes || bytes.length > bytes.bytes.length) continue;
    const other = row.direction === 'c2s' ? 's2c' : 'c2s';
    for (const { role, key, name } of callsIn(row.payloadKind, bytes.bytes)) {
      if (role === 'request') {
        one.asks ??= name ?? '';
        open.set(`${row.direction} ${key}`, one);
        continue;
      }
      const request = open.get(`${other} ${key}`);
      if (!request) continue;
      open.delete(`${other} ${key}`);
      pair(request);
    }
  }
  const { c2s, s2c } = connection.close;
  const first = Math.min(c2s?.frame ?? Infinity, s2c?.frame ?? Infinity);
  return {
    said,
    messages,
    duration: connection.last - connection.opened,
    closedBy: c2s?.frame === first ? 'c2s' : s2c?.frame === first ? 's2c' : undefined,
    roundTrips,
    unanswered: open.size,
    silence,
  };
}

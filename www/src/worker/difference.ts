// What is compared: the first side, which is kept with its bytes when another file is opened, and
// what is open now.
import { type Connection, Inspection, type Row } from 'ws4wasm/inspect';
import { aligned } from '../difference/align.ts';
import { differenceOf, type Message } from '../difference/messages.ts';
import type { ConnectionDifference, Difference, First } from '../difference/types.ts';
import { count } from '../format.ts';

/** Bytes of a message alone that are compared; of a connection those of each message, of all
 * together, and messages. */
const MOST_ALONE = 1024 * 1024;
const MOST_EACH = 64 * 1024;
const MOST_TOGETHER = 16 * 1024 * 1024;
const MOST_MESSAGES = 2000;

/** A frame's message, or a connection. */
export type Which = { frame: number } | { connection: number };

interface Side {
  connection: Connection;
  messages: Message[];
  /** How many there are altogether. */
  of: number;
}

let first: { about: First; messages: Message[] } | undefined;

export function keepFirst(inspection: Inspection, which: Which, file: string) {
  const side = sideOf(inspection, which);
  if (!side) return undefined;
  const { connection, messages, of } = side;
  const { url, server } = connection;
  const about: First = {
    what: 'frame' in which ? 'message' : 'connection',
    file,
    connection: connection.connection,
    name: url ?? `${server.address}:${server.port}`,
    frame: 'frame' in which ? messages[0].facts.frame : undefined,
    replay: false,
    kept: messages.length,
    of,
  };
  first = { about, messages };
  return about;
}

/** What a replay pings with at its end, beside what was captured (js/cli/replay/player.js). */
const LAST_PING = 'ws4wasm';

/** A replay's packets are of one connection, and are not what is open. */
export function keepReplay(packets: Uint8Array, url: string) {
  const inspection = new Inspection();
  try {
    inspection.push(packets);
    inspection.finish();
    const about = keepFirst(inspection, { connection: 0 }, `the replay to ${url}`);
    if (!about || !first) return undefined;
    const isLast = ({ facts }: Message) =>
      (facts.opcode === 'ping' || facts.opcode === 'pong') && facts.preview === LAST_PING;
    const messages = first.messages.filter((message) => !isLast(message));
    const left = first.messages.length - messages.length;
    first = {
      about: { ...about, replay: true, kept: messages.length, of: about.of - left },
      messages,
    };
    return first.about;
  } finally {
    inspection.free();
  }
}

export function forgetFirst() {
  first = undefined;
}

/** @param index of a message of the first side, where that is a connection */
export function messageDifference(
  inspection: Inspection,
  frame: number,
  index = 0,
): Difference | undefined {
  const one = first?.messages[index];
  const other = sideOf(inspection, { frame })?.messages[0];
  return one && other && differenceOf(one, other);
}

export function connectionDifference(
  inspection: Inspection,
  connection: number,
): ConnectionDifference | undefined {
  const side = sideOf(inspection, { connection });
  if (!first || !side) return undefined;
  const notes = [
    ['first', first.messages.length, first.about.of] as const,
    ['second', side.messages.length, side.of] as const,
  ]
    .filter(([, compared, of]) => compared < of)
    .map(
      ([which, compared, of]) =>
        `Of the ${which} connection only the first ${count(compared)} of ${count(of)} messages are compared.`,
    );
  const { rows, tooFar } = aligned(first.messages, side.messages);
  if (tooFar) notes.push('They have too little in common to align all of it.');
  const counts = { same: 0, changed: 0, first: 0, second: 0 };
  for (const { how } of rows) counts[how]++;
  return { rows, counts, notes };
}

function sideOf(inspection: Inspection, which: Which): Side | undefined {
  return 'frame' in which
    ? messageOf(inspection, which.frame)
    : messagesOf(inspection, which.connection);
}

function messageOf(inspection: Inspection, frame: number): Side | undefined {
  const detail = inspection.frame(frame);
  const connection = detail && inspection.connection(detail.row.connection);
  if (!connection) return undefined;
  const { message, row } = detail;
  const whole = message
    ? { ...row, frame: message.frames[0], opcode: message.opcode, complete: message.complete }
    : row;
  const found = read(inspection, whole, connection, MOST_ALONE);
  return { connection, messages: [found], of: 1 };
}

function messagesOf(inspection: Inspection, number: number): Side | undefined {
  const connection = inspection.connection(number);
  if (!connection) return undefined;
  const view = inspection.view({ kind: 'messages', filter: `conn:${number}` });
  const of = view.length;
  const rows = view.rows(0, MOST_MESSAGES);
  view.free();
  const messages: Message[] = [];
  let room = MOST_TOGETHER;
  for (const row of rows) {
    const one = read(inspection, row, connection, MOST_EACH);
    room -= one.bytes.length;
    if (room < 0) break;
    messages.push(one);
  }
  return { connection, messages, of };
}

function read(inspection: Inspection, row: Row, connection: Connection, most: number): Message {
  const { frame, direction, opcode, payloadKind: kind, preview } = row;
  const found =
    inspection.bytes(frame, row.code >= 8 ? 'unmasked' : 'message', 0, most) ??
    inspection.bytes(frame, 'unmasked', 0, most);
  const bytes = found?.bytes ?? new Uint8Array();
  return {
    // A copy: the bytes outlive the inspection that they are of.
    bytes: bytes.slice(),
    facts: {
      frame,
      direction,
      opcode,
      kind,
      time: row.time - connection.opened,
      length: found?.length ?? row.inflated ?? row.length,
      seen: bytes.length,
      complete: row.complete,
      preview,
    },
  };
}

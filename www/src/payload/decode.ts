// A payload as people read it: text, a tree, the packets of a subprotocol.
import type { Bytes, FrameDetail, PayloadKind } from 'ws4wasm/inspect';
import { cbor } from './cbor.ts';
import { messagePack } from './messagepack.ts';
import {
  graphql,
  mqtt,
  type Split,
  signalRBinary,
  signalRText,
  socketIo,
  stomp,
} from './subprotocols.ts';
import { hexOf, treeOf } from './tree.ts';
import type { Payload, Section } from './types.ts';

const LABELS: Partial<Record<PayloadKind, string>> = {
  empty: 'Empty',
  text: 'Text',
  json: 'JSON',
  messagepack: 'MessagePack',
  cbor: 'CBOR',
  gzip: 'gzip',
  zstd: 'Zstandard',
  binary: 'Binary',
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Values one after the other: one is the usual case. */
function values(name: string, all: unknown[]): Split {
  const sections = all.map(
    (value, i): Section => ({
      title: all.length > 1 ? `${name} ${i + 1} of ${all.length}` : name,
      tree: treeOf(value),
    }),
  );
  return { label: all.length > 1 ? `${name}, ${all.length} values` : name, sections };
}

/** By what a payload is taken to be; those for text are given the text. */
const decoders: Partial<Record<PayloadKind, (bytes: Uint8Array, text: string) => Split>> = {
  json: (_, text) => values('JSON', [JSON.parse(text)]),
  'socket.io': (_, text) => socketIo(text),
  'engine.io': (_, text) => socketIo(text),
  stomp: (_, text) => stomp(text),
  'graphql-ws': (_, text) => graphql(text),
  signalr: (bytes, text) => (text === '' ? signalRBinary(bytes) : signalRText(text)),
  mqtt: (bytes) => mqtt(bytes),
  messagepack: (bytes) => values('MessagePack', messagePack(bytes)),
  cbor: (bytes) => values('CBOR', cbor(bytes)),
};

export function decodePayload(
  detail: FrameDetail,
  { bytes, length, badByte }: Bytes,
  subprotocol: string | undefined,
): Payload {
  const { row, close, message } = detail;
  const isText = (message?.opcode ?? row.opcode) === 'text';
  const kind = row.payloadKind;
  const payload: Payload = {
    kind,
    label: LABELS[kind] ?? kind,
    length,
    seen: bytes.length,
    sections: [],
  };
  if (close) {
    payload.label = 'Close';
    payload.sections.push({
      title: 'Close frame',
      fields: [
        ['code', close.code === 1005 ? 'none (1005)' : `${close.code} ${close.name}`],
        ['reason', close.reason || 'none'],
        [
          'allowed in a frame',
          close.sendable ? 'yes (RFC 6455 section 7.4)' : 'no: reserved (RFC 6455 section 7.4)',
        ],
      ],
    });
    return payload;
  }
  const bad = badByte ?? (isText ? undefined : -1);
  if (isText || badByte !== undefined)
    payload.text = textOf(bytes, bad === -1 ? undefined : bad, length);
  else if (bytes.length) payload.text = printable(bytes, length);
  if (length > bytes.length) {
    payload.problem = `Only the first ${bytes.length} bytes are decoded here.`;
    return payload;
  }
  const decoder = decoders[kind];
  if (decoder && payload.text?.bad === undefined) {
    try {
      const { label, sections } = decoder(bytes, isText ? (payload.text?.good ?? '') : '');
      payload.label = label;
      payload.sections = sections;
    } catch (error) {
      payload.problem = `It looks like ${LABELS[kind] ?? kind}, but: ${error instanceof Error ? error.message : error}`;
    }
  }
  if (subprotocol) payload.label += ` · ${subprotocol}`;
  return payload;
}

/** Text up to the first byte that cannot be right, that byte, and what follows as far as it goes. */
function textOf(
  bytes: Uint8Array,
  badByte: number | undefined,
  length: number,
): Payload['text'] {
  if (badByte === undefined || badByte >= bytes.length) {
    // What was cut off here may end inside of a character, and is no fault.
    if (length > bytes.length || badByte !== undefined)
      return { good: lenient.decode(bytes), rest: '' };
    try {
      return { good: strict.decode(bytes), rest: '' };
    } catch {
      return { good: lenient.decode(bytes), rest: '' };
    }
  }
  const start = characterStart(bytes, badByte);
  return {
    good: lenient.decode(bytes.subarray(0, start)),
    bad: {
      index: badByte,
      byte: bytes[badByte],
      why:
        start < badByte
          ? `the character that begins with ${hexOf(bytes.subarray(start, badByte))} cannot go on with it`
          : 'no character begins with it',
    },
    rest: lenient.decode(bytes.subarray(badByte + 1)),
  };
}

/** Where the character begins that the bad byte breaks off. */
function characterStart(bytes: Uint8Array, badByte: number) {
  for (let back = 1; back <= 3 && badByte - back >= 0; back++) {
    const byte = bytes[badByte - back];
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needs > back ? badByte - back : badByte;
    }
    if (byte < 0x80) break;
  }
  return badByte;
}

/** Binary that happens to be text is shown as such. */
function printable(bytes: Uint8Array, length: number): Payload['text'] {
  if (length > bytes.length) return undefined;
  try {
    const text = strict.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (/[\x00-\x08\x0e-\x1f\x7f]/.test(text)) return undefined;
    return { good: text, rest: '' };
  } catch {
    return undefined;
  }
}

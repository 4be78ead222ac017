// What is inside messages of well-known subprotocols: named and split, not judged.
import { messagePack } from './messagepack.ts';
import { hexOf, treeOf } from './tree.ts';
import type { Section } from './types.ts';

export interface Split {
  label: string;
  sections: Section[];
}

const json = (text: string) => treeOf(JSON.parse(text));

// --- Engine.IO and Socket.IO: digits, then JSON -----------------------------------------------

const ENGINE = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];
const SOCKET = [
  'connect',
  'disconnect',
  'event',
  'ack',
  'connect error',
  'binary event',
  'binary ack',
];

export function socketIo(text: string): Split {
  const engine = ENGINE[Number(text[0])] ?? 'unknown';
  const packet: Section = {
    title: 'Engine.IO packet',
    fields: [['type', `${text[0]} ${engine}`]],
  };
  if (engine !== 'message' || text.length === 1) {
    const rest = text.slice(1);
    if (rest.startsWith('{')) packet.tree = json(rest);
    else if (rest) packet.fields?.push(['data', rest]);
    return { label: `Engine.IO ${engine}`, sections: [packet] };
  }
  const match = /^(\d)(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?/.exec(text.slice(1));
  if (!match) return { label: 'Engine.IO message', sections: [packet] };
  const [head, type, attachments, namespace, id] = match;
  const name = SOCKET[Number(type)] ?? 'unknown';
  const fields: [string, string][] = [
    ['type', `${type} ${name}`],
    ['namespace', namespace ?? '/'],
  ];
  if (attachments) fields.push(['binary attachments', attachments]);
  if (id) fields.push(['acknowledgement id', id]);
  const data = text.slice(1 + head.length);
  const section: Section = { title: 'Socket.IO packet', fields };
  if (data) section.tree = json(data);
  const event = /event/.test(name) && data ? JSON.parse(data)[0] : undefined;
  const label = `Socket.IO ${name}${typeof event === 'string' ? ` “${event}”` : ''}`;
  return { label, sections: [packet, section] };
}

// --- STOMP: a command, headers, an empty line, a body up to NUL -------------------------------

export function stomp(text: string): Split {
  const sections: Section[] = [];
  for (const frame of text.split('\0')) {
    const trimmed = frame.replace(/^[\r\n]+/, '');
    if (!trimmed) continue;
    const end = /\r?\n\r?\n/.exec(trimmed);
    const head = end ? trimmed.slice(0, end.index) : trimmed;
    const body = end ? trimmed.slice(end.index + end[0].length) : '';
    const [command, ...lines] = head.split(/\r?\n/);
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    });
    const section: Section = { title: `STOMP ${command}`, fields };
    if (/^\s*[[{]/.test(body)) {
      try {
        section.tree = json(body);
      } catch {
        section.text = body;
      }
    } else if (body) section.text = body;
    sections.push(section);
  }
  if (sections.length === 0) return { label: 'STOMP heart-beat', sections };
  return { label: sections.map(({ title }) => title).join(', '), sections };
}

// --- GraphQL over WebSocket: JSON with a type -------------------------------------------------

export function graphql(text: string): Split {
  const { type, id, payload } = JSON.parse(text);
  const fields: [string, string][] = [['type', String(type)]];
  if (id !== undefined) fields.push(['id', String(id)]);
  const sections: Section[] = [{ title: 'GraphQL over WebSocket', fields }];
  if (typeof payload?.query === 'string') {
    sections.push({ title: 'Query', text: payload.query });
  }
  if (payload !== undefined) sections.push({ title: 'Payload', tree: treeOf(payload) });
  return { label: `GraphQL ${type}${id === undefined ? '' : ` ${id}`}`, sections };
}

// --- SignalR: JSON records that end with 0x1e, or MessagePack with lengths before -------------

const SIGNALR = [
  'handshake',
  'Invocation',
  'StreamItem',
  'Completion',
  'StreamInvocation',
  'CancelInvocation',
  'Ping',
  'Close',
  'Ack',
  'Sequence',
];

export function signalRText(text: string): Split {
  const sections = text
    .split('\x1e')
    .filter(Boolean)
    .map((record): Section => {
      const value = JSON.parse(record);
      const name = SIGNALR[value.type ?? 0] ?? `type ${value.type}`;
      const target = value.target ? ` ${value.target}` : '';
      return { title: `SignalR ${name}${target}`, tree: treeOf(value) };
    });
  return { label: sections.map(({ title }) => title).join(', ') || 'SignalR', sections };
}

export function signalRBinary(bytes: Uint8Array): Split {
  const sections: Section[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value: length, next } = variableLength(bytes, at, 5);
    const [value] = messagePack(bytes.subarray(next, next + length));
    const type = Array.isArray(value) ? Number(value[0]) : -1;
    sections.push({ title: `SignalR ${SIGNALR[type] ?? 'message'}`, tree: treeOf(value) });
    at = next + length;
  }
  return { label: sections.map(({ title }) => title).join(', '), sections };
}

/** Seven bits a byte, the lowest first; the top bit says that there are more. */
function variableLength(bytes: Uint8Array, from: number, most: number) {
  let value = 0;
  for (let i = 0; i < most; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new Error('a length is cut off');
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return { value, next: from + i + 1 };
  }
  throw new Error(`a length has more than ${most} bytes`);
}

// --- MQTT: packets with a type, flags and a length --------------------------------------------

const MQTT = [
  'reserved',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
];

const utf8 = new TextDecoder();

// mqtt-packet, the kept library for this, needs Node's Buffer and would outweigh the page's
// other decoders together; naming and splitting takes this much.
export function mqtt(bytes: Uint8Array): Split {
  const sections: Section[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] >> 4;
    const flags = bytes[at] & 15;
    const { value: length, next } = variableLength(bytes, at + 1, 4);
    const body = bytes.subarray(next, next + length);
    const name = MQTT[type];
    const fields: [string, string][] = [
      ['type', `${type} ${name}`],
      ['flags', flags.toString(2).padStart(4, '0')],
      ['remaining length', String(length)],
    ];
    if (body.length < length)
      fields.push(['present', `${body.length}: goes on in the next message`]);
    const section: Section = { title: `MQTT ${name}`, fields };
    if (type === 1) fields.push(...mqttConnect(body));
    if (type === 3) mqttPublish(body, flags, section);
    if (type !== 1 && type !== 3 && body.length) fields.push(['rest', hexOf(body)]);
    sections.push(section);
    at = next + length;
  }
  return { label: sections.map(({ title }) => title).join(', '), sections };
}

/** A length in two bytes, then text. */
function mqttText(bytes: Uint8Array, at: number) {
  const length = (bytes[at] << 8) | bytes[at + 1];
  return { text: utf8.decode(bytes.subarray(at + 2, at + 2 + length)), next: at + 2 + length };
}

function mqttConnect(body: Uint8Array): [string, string][] {
  const { text: protocol, next } = mqttText(body, 0);
  const level = body[next];
  const fields: [string, string][] = [
    ['protocol', `${protocol} level ${level}`],
    ['connect flags', (body[next + 1] ?? 0).toString(2).padStart(8, '0')],
    ['keep alive', `${(body[next + 2] << 8) | body[next + 3]} s`],
  ];
  // Version 5 has properties here, with a length before them.
  let at = next + 4;
  if (level === 5) {
    const properties = variableLength(body, at, 4);
    at = properties.next + properties.value;
  }
  fields.push(['client id', mqttText(body, at).text]);
  return fields;
}

function mqttPublish(body: Uint8Array, flags: number, section: Section) {
  const { text: topic, next } = mqttText(body, 0);
  const quality = (flags >> 1) & 3;
  section.title += ` ${topic}`;
  section.fields?.push(['topic', topic], ['quality of service', String(quality)]);
  if (quality) section.fields?.push(['packet id', String((body[next] << 8) | body[next + 1])]);
  const content = body.subarray(next + (quality ? 2 : 0));
  section.text = /[^\x20-\x7e\s]/.test(utf8.decode(content))
    ? hexOf(content, 512)
    : utf8.decode(content);
}

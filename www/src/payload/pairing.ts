// Which messages ask and which answer, by the ids that protocols give them.
import type { PayloadKind } from 'ws4wasm/inspect';

export interface Call {
  role: 'request' | 'reply';
  /** Calls of another protocol or side may have the same id. */
  key: string;
  /** Such as 'get', where it has a name. */
  name?: string;
}

const utf8 = new TextDecoder();

/** What of a message asks or answers; nothing where there are no ids, or it cannot be read. */
export function callsIn(kind: PayloadKind, bytes: Uint8Array): Call[] {
  try {
    if (kind === 'json' || kind === 'graphql-ws') {
      const value = JSON.parse(utf8.decode(bytes));
      // Without its handshake GraphQL is JSON like any other.
      return kind === 'json' && typeof value?.type !== 'string'
        ? jsonRpc(value)
        : graphql(value);
    }
    if (kind === 'socket.io') return socketIo(utf8.decode(bytes));
    if (kind === 'stomp') return stomp(utf8.decode(bytes));
    if (kind === 'mqtt') return mqtt(bytes);
  } catch {
    // What is broken is told of elsewhere.
  }
  return [];
}

/** JSON-RPC 2.0 sections 4 and 5, in batches too (section 6); protocols like it leave out its version. */
function jsonRpc(value: unknown): Call[] {
  return (Array.isArray(value) ? value : [value]).flatMap((one): Call[] => {
    const { id, method, result, error } = Object(one);
    if (typeof id !== 'string' && typeof id !== 'number') return [];
    const key = `json ${JSON.stringify(id)}`;
    if (typeof method === 'string') return [{ role: 'request', key, name: method }];
    return result !== undefined || error !== undefined ? [{ role: 'reply', key }] : [];
  });
}

/** graphql-transport-ws, and subscriptions-transport-ws before it: the first answer counts. */
function graphql({ type, id }: { type?: string; id?: string }): Call[] {
  if (id === undefined) return [];
  const key = `graphql ${id}`;
  if (type === 'subscribe' || type === 'start') return [{ role: 'request', key, name: type }];
  return /^(next|data|error|complete)$/.test(type ?? '') ? [{ role: 'reply', key }] : [];
}

/** An event or an acknowledgement with an id (Socket.IO protocol 5). */
function socketIo(text: string): Call[] {
  const match = /^4([2356])(?:\d+-)?(?:(\/[^,]*),)?(\d+)(?=\[)/.exec(text);
  if (!match) return [];
  const [, type, namespace = '/', id] = match;
  const key = `socket.io ${namespace} ${id}`;
  return [
    type === '2' || type === '5'
      ? { role: 'request', key, name: 'event' }
      : { role: 'reply', key },
  ];
}

/** STOMP 1.2: any frame may ask for a receipt. */
function stomp(text: string): Call[] {
  return text.split('\0').flatMap((frame): Call[] => {
    const [head = ''] = frame.replace(/^[\r\n]+/, '').split(/\r?\n\r?\n/);
    const [command = ''] = head.split(/\r?\n/);
    const asked = /^receipt:(.*?)\r?$/m.exec(head)?.[1];
    const answered = /^receipt-id:(.*?)\r?$/m.exec(head)?.[1];
    if (asked !== undefined) return [{ role: 'request', key: `stomp ${asked}`, name: command }];
    return answered !== undefined ? [{ role: 'reply', key: `stomp ${answered}` }] : [];
  });
}

/** MQTT 5.0 section 2.2.1: packets with an id, and what answers each. */
const MQTT: Record<number, [role: Call['role'], of: string]> = {
  4: ['reply', 'PUBLISH'],
  5: ['reply', 'PUBLISH'],
  6: ['request', 'PUBREL'],
  7: ['reply', 'PUBREL'],
  8: ['request', 'SUBSCRIBE'],
  9: ['reply', 'SUBSCRIBE'],
  10: ['request', 'UNSUBSCRIBE'],
  11: ['reply', 'UNSUBSCRIBE'],
};

function mqtt(bytes: Uint8Array): Call[] {
  const calls: Call[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] >> 4;
    const quality = (bytes[at] >> 1) & 3;
    let length = 0;
    let next = at + 1;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[next++];
      if (byte === undefined) return calls;
      length += (byte & 127) << shift;
      if (byte < 128) break;
    }
    let [role, of] = MQTT[type] ?? [undefined, ''];
    let id = next;
    if (type === 3 && quality > 0) {
      [role, of] = ['request', 'PUBLISH'];
      id = next + 2 + ((bytes[next] << 8) | bytes[next + 1]);
    }
    if (role && id + 1 < bytes.length) {
      const key = `mqtt ${of} ${(bytes[id] << 8) | bytes[id + 1]}`;
      calls.push(role === 'request' ? { role, key, name: of } : { role, key });
    }
    at = next + length;
  }
  return calls;
}

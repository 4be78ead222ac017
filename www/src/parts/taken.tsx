// What a connection is taken for, why and how surely; and the buttons that say otherwise.
import type { Connection } from 'ws4wasm/inspect';
import { treat } from '../state/actions.ts';
import * as store from '../state/store.ts';

export const EVIDENCE = {
  handshake: {
    short: '',
    text: 'Certain: its opening handshake was seen.',
  },
  part: {
    short: 'probably',
    text: 'Nearly certain: a part of its opening handshake was seen, and the rest is missing.',
  },
  source: {
    short: '',
    text: 'Set by the source of the bytes, or by you.',
  },
  frames: {
    short: 'likely',
    text: 'Likely: no handshake was seen, and the bytes of both directions are frames by all rules: roles, masks, opcodes, lengths that meet the segments, valid text.',
  },
} as const;

const OTHERS: Record<string, string> = {
  http: 'HTTP, and nothing in it asks for a WebSocket.',
  http2: 'HTTP/2. Each WebSocket in it is a connection of its own.',
  tls: 'TLS.',
  unknown: 'No WebSocket: no handshake, and no frames in both directions.',
};

/** In a sentence. */
export function takenFor(c: Connection) {
  if (c.transport !== 'websocket') return c.explanation ?? OTHERS[c.transport];
  return c.evidence && EVIDENCE[c.evidence].text;
}

/** TLS around it, in a line. */
export function around({ tls }: Connection) {
  if (!tls) return undefined;
  const { version, cipher, serverName, alpn, decrypted, earlyData } = tls;
  const facts = [
    version ?? 'TLS',
    cipher,
    serverName && `to ${serverName}`,
    alpn,
    earlyData && 'early data',
    decrypted ? 'decrypted' : 'not decrypted',
  ];
  return facts.filter(Boolean).join(', ');
}

export function Treat({ connection: c }: { connection: Connection }) {
  const said = store.treated.value.get(c.connection);
  // What passed live is not there to be read again, and streams are what their frames say.
  if (store.live.value || c.http2) return null;
  const choices = [
    ...(said !== 'websocket' && c.transport !== 'websocket'
      ? [['websocket', 'Treat as WebSocket'] as const]
      : []),
    ...(said !== 'other' && c.transport === 'websocket'
      ? [['other', 'Do not treat as WebSocket'] as const]
      : []),
    ...(said ? [[undefined, 'Detect automatically'] as const] : []),
  ];
  return (
    <p class="treat">
      {choices.map(([as, title]) => (
        <button
          type="button"
          key={title}
          class="small"
          disabled={store.reading.value}
          onClick={() => treat(c.connection, as)}
        >
          {title}
        </button>
      ))}
    </p>
  );
}

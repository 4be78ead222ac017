// Names of connections by which a person tells them apart.
import { computed } from '@preact/signals';
import type { Connection, Endpoint, FrameDetail } from 'ws4wasm/inspect';
import { connection, connections, detail } from './store.ts';

const LONGEST = 14;

/** The connection that is meant: the chosen one, the selected frame's, or the first. */
export function connectionAt(selected: FrameDetail | undefined): Connection | undefined {
  const all = connections.value;
  const number = connection.value ?? selected?.row.connection ?? all[0]?.connection;
  return all.find((one) => one.connection === number);
}

export const shownConnection = computed(() => connectionAt(detail.value));

export const endOf = ({ address, port }: Endpoint) =>
  port ? `${address.includes(':') ? `[${address}]` : address}:${port}` : address;

const shorten = (text: string) =>
  text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;

/** The first segment of the path; what there is instead where there is no path. */
function placeOf({ url, tls, server }: Connection) {
  const path = url && /^\w+:\/\/[^/]*(\/[^/?#]*)/.exec(url)?.[1];
  if (path) return shorten(path);
  return shorten(tls?.serverName ?? (server.port ? `:${server.port}` : server.address));
}

export interface PeerName {
  /** The path's first segment, else the server. */
  place: string;
  /** The subprotocol where others of the same place speak another one. */
  subprotocol: string | undefined;
  /** The client's port, else its address; empty where there is neither. */
  client: string;
  title: string;
}

export const peerNames = computed(() => {
  const all = connections.value;
  const spoken = new Map<string, Set<string | undefined>>();
  for (const c of all) {
    const place = placeOf(c);
    spoken.set(place, (spoken.get(place) ?? new Set()).add(c.subprotocol));
  }
  return new Map(
    all.map((c): [number, PeerName] => {
      const place = placeOf(c);
      const several = (spoken.get(place)?.size ?? 0) > 1;
      return [
        c.connection,
        {
          place,
          subprotocol: several ? c.subprotocol : undefined,
          client: c.client.port ? `:${c.client.port}` : '',
          title: [
            `Connection ${c.connection}`,
            `${endOf(c.client)} → ${endOf(c.server)}`,
            c.url,
            c.subprotocol && `subprotocol ${c.subprotocol}`,
          ]
            .filter(Boolean)
            .join('\n'),
        },
      ];
    }),
  );
});

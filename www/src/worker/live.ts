// Live traffic: the records of js/cli/page/live.js, over a WebSocket, into an inspection.
import type { Direction, Endpoint, Inspection } from 'ws4wasm/inspect';

const HEADER = 13;
const KINDS = ['open', 'data', 'data', 'end', 'end', 'close', 'gap', 'gap', 'now'] as const;

const text = new TextDecoder();

/** 'address:port', an IPv6 address in brackets. */
function endpoint(written: string): Endpoint {
  const colon = written.lastIndexOf(':');
  const address = written.slice(0, colon).replace(/^\[|\]$/g, '');
  return { address, port: Number(written.slice(colon + 1)) };
}

/**
 * @param changed is called after each record
 */
export function watch(url: string, inspection: Inspection, changed: () => void) {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  /** The server's numbers of connections to ours. */
  const numbers = new Map<number, number>();

  const take = (buffer: ArrayBuffer) => {
    const view = new DataView(buffer);
    const code = view.getUint8(0);
    const kind = KINDS[code];
    const theirs = view.getUint32(1);
    const time = view.getFloat64(5);
    const body = new Uint8Array(buffer, HEADER);
    const direction: Direction = code % 2 ? 'c2s' : 's2c';
    if (kind === 'open') {
      const { client, server } = JSON.parse(text.decode(body));
      const ends = { client: endpoint(client), server: endpoint(server) };
      numbers.set(theirs, inspection.openConnection({ ...ends, time }));
      return;
    }
    const ours = numbers.get(theirs);
    if (ours === undefined) return;
    if (kind === 'data') inspection.data(ours, direction, body, time);
    else if (kind === 'end') inspection.end(ours, direction, 'fin', time);
    else if (kind === 'gap') {
      const side = code === 6 ? 'c2s' : 's2c';
      inspection.gap(ours, side, view.getFloat64(HEADER), time);
    } else if (kind === 'close') {
      const how = body.length ? 'reset' : 'fin';
      inspection.end(ours, 'c2s', how, time);
      inspection.end(ours, 's2c', how, time);
      numbers.delete(theirs);
    }
  };

  const ended = new Promise<void>((resolve, reject) => {
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
    });
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      try {
        take(data);
        changed();
      } catch (error) {
        reject(error);
        socket.close();
      }
    });
    socket.addEventListener('close', () => {
      if (opened) resolve();
      else reject(new Error(`There is no live traffic at ${url}.`));
    });
  });
  return {
    ended,
    stop: () => {
      // Browsers log it as a failure when a socket is closed before it was open.
      if (socket.readyState === WebSocket.CONNECTING) {
        socket.addEventListener('open', () => socket.close());
      } else socket.close();
    },
  };
}

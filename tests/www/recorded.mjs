// Captures for tests of the page, made as they are needed.
import { Recorder } from 'ws4wasm/inspect';

const utf8 = new TextEncoder();
const START = Date.UTC(2026, 10, 29, 9);
/** So that no masking key is used twice. */
let masked = 0;
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/**
 * A frame of at most 65535 bytes, masked when the client sends it.
 * @param {'c2s' | 's2c'} side
 * @param {string | number[] | Uint8Array} payload
 * @param {number} [first] its first byte
 */
function frameOf(side, payload, first = 0x81) {
  const bytes = typeof payload === 'string' ? utf8.encode(payload) : Uint8Array.from(payload);
  const { length } = bytes;
  const lengths = length < 126 ? [length] : [126, length >> 8, length & 255];
  if (side === 's2c') return Uint8Array.of(first, ...lengths, ...bytes);
  const key = [7, 13, masked >> 8, masked++ & 255];
  lengths[0] |= 0x80;
  return Uint8Array.of(first, ...lengths, ...key, ...bytes.map((b, n) => b ^ key[n % 4]));
}

/**
 * One connection with what passes on it: when in milliseconds after its beginning, from which side,
 * and what: text, its bytes as numbers, a binary message, or a close code.
 * @typedef {[at: number, side: 'c2s' | 's2c', payload: string | number[] | Uint8Array | number]} Said
 * @param {{ path?: string, subprotocol?: string, port?: number, at?: number, said: Said[] }[]} all
 * @returns {Uint8Array} a pcapng file
 */
export function recorded(all) {
  const recorder = new Recorder();
  const parts = [recorder.head()];
  for (const [
    i,
    { path = '/', subprotocol, port = 50_000 + i, at = i * 731, said },
  ] of all.entries()) {
    const client = { address: '192.0.2.1', port };
    const server = { address: '198.51.100.7', port: 80 };
    const time = START + at;
    const { connection, bytes } = recorder.openConnection({ client, server, time });
    const say = (
      /** @type {'c2s' | 's2c'} */ side,
      /** @type {Uint8Array} */ what,
      /** @type {number} */ then,
    ) => parts.push(recorder.data(connection, side, what, time + then));
    const agreed = subprotocol ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n` : '';
    const upgrade = `Upgrade: websocket\r\nConnection: Upgrade\r\n${agreed}`;
    parts.push(bytes);
    say(
      'c2s',
      utf8.encode(
        `GET ${path} HTTP/1.1\r\nHost: example.com\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      ),
      1,
    );
    say(
      's2c',
      utf8.encode(
        `HTTP/1.1 101 Switching Protocols\r\n${upgrade}Sec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
      ),
      2,
    );
    for (const [then, side, payload] of said) {
      const frame =
        typeof payload === 'number'
          ? frameOf(side, [payload >> 8, payload & 255], 0x88)
          : frameOf(side, payload, payload instanceof Uint8Array ? 0x82 : 0x81);
      say(side, frame, then);
    }
    const last = Math.max(2, ...said.map(([then]) => then));
    parts.push(recorder.end(connection, 'c2s', 'fin', time + last + 1));
    parts.push(recorder.end(connection, 's2c', 'fin', time + last + 2));
  }
  recorder.free();
  return Buffer.concat(parts);
}

const PATHS = ['/chat', '/feed/prices', '/socket.io/?EIO=4', '/graphql'];

/** 94 connections, all to one server, with one error, in the 34th. */
export const many = () =>
  recorded(
    Array.from({ length: 94 }, (_, i) => ({
      path: PATHS[i % 4],
      ...(i % 4 === 3 ? { subprotocol: 'graphql-transport-ws' } : {}),
      said: /** @type {Said[]} */ ([
        [
          13,
          'c2s',
          JSON.stringify({ jsonrpc: '2.0', id: i, method: 'get', params: { of: `EUR${i}` } }),
        ],
        [20 + i, 's2c', JSON.stringify({ jsonrpc: '2.0', id: i, result: 'x'.repeat(i % 50) })],
        ...(i === 33 ? [[150, 's2c', [0xc3, 0x28]]] : []),
        [300, 'c2s', 1000],
        [301, 's2c', 1000],
      ]),
    })),
  );

// The inputs that fuzzing begins with: those kept in corpus/, one a line in hex, so that a
// change of them can be read; and seeds, made of the vectors that the tests share.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, deflateRawSync } from 'node:zlib';
import { loadVectors } from '../tests/support/vectors.mjs';

const folder = fileURLToPath(new URL('corpus/', import.meta.url));

const captures = fileURLToPath(new URL('../tests/capture/files/', import.meta.url));

/** What is kept of a target's corpus, in bytes of input; the shortest go first. */
const BUDGET = 24_000;

/** The longest vector that makes a seed. */
const LONGEST = 2048;

/** @param {string} name of a target */
const fileOf = (name) => join(folder, `${name}.hex`);

/** @param {string} name */
function kept(name) {
  if (!existsSync(fileOf(name))) return [];
  const lines = readFileSync(fileOf(name), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => Buffer.from(line, 'hex'));
}

/**
 * Writes the inputs of a target into a folder, as libFuzzer wants them.
 * @param {string} name
 * @param {string} to
 */
export function unpack(name, to) {
  for (const input of [...kept(name), ...(seeds[name]?.() ?? [])]) {
    writeFileSync(join(to, createHash('sha1').update(input).digest('hex')), input);
  }
}

/**
 * Keeps what is in a folder.
 * @param {string} name
 * @param {string} from
 */
export function keep(name, from) {
  const inputs = readdirSync(from).map((file) => readFileSync(join(from, file)));
  inputs.sort((a, b) => a.length - b.length || Buffer.compare(a, b));
  let bytes = 0;
  const chosen = inputs.filter(({ length }) => {
    bytes += length;
    return length > 0 && bytes <= BUDGET;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(name), chosen.map((input) => `${input.toString('hex')}\n`).join(''));
  return { count: chosen.length, bytes: Math.min(bytes, BUDGET) };
}

/** @type {Record<string, () => Uint8Array[]>} */
const seeds = {
  // The first byte says who reads, the second how the bytes are cut.
  stream: () =>
    vectors().map(({ role, bytes }, i) =>
      withHead([role === 'client' ? 1 : 0, i % 256], bytes),
    ),
  compressed: () =>
    vectors().map(({ role, bytes }, i) =>
      withHead([role === 'client' ? 1 : 0, 7, 7, i % 256], bytes),
    ),
  inflate: () =>
    ['', 'Hello', 'Hello, Hello, Hello! '.repeat(40)].map((text, i) =>
      withHead([i, i], deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH })),
    ),
  utf8: () => vectors().map(({ bytes }, i) => withHead([i % 256], bytes)),
  request: () => [withHead([0], Buffer.from(REQUEST)), withHead([2], Buffer.from(REQUEST))],
  response: () => [withHead([0], Buffer.from(RESPONSE)), withHead([2], Buffer.from(RESPONSE))],
  // The first byte says how the bytes are cut, the second whether a capture's start is put in
  // front.
  capture: () =>
    readdirSync(captures).map((file, i) =>
      withHead([i, 255], readFileSync(join(captures, file))),
    ),
  // The first byte says how the bytes are cut.
  inspect: () => vectors().map(({ bytes }, i) => withHead([i % 256], bytes)),
  extensions: () => [Buffer.from('permessage-deflate; client_max_window_bits="10", x; y=z')],
};

const vectors = () =>
  [...loadVectors().values()].flat().filter(({ bytes }) => bytes.length <= LONGEST);

/** @param {number[]} head @param {Uint8Array} bytes */
const withHead = (head, bytes) => Buffer.concat([Buffer.from(head), bytes]);

const REQUEST = [
  'GET /chat HTTP/1.1',
  'Host: server.example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: chat, superchat',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

const RESPONSE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  'Sec-WebSocket-Protocol: chat',
  'Sec-WebSocket-Extensions: permessage-deflate',
  '\r\n',
].join('\r\n');

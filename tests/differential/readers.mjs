// Three readers of the same bytes, and what they make of them in the same words.
import { createRequire } from 'node:module';
import * as wsModule from 'ws';
import { Stream } from 'ws4wasm';
import { parse, plain } from '../support/wire.mjs';

// Neither is in the types of its package.
const { PerMessageDeflate, Receiver } = /** @type {any} */ (wsModule);
const require = createRequire(import.meta.url);
const { ByteParser } = require(`undici/${'lib/web/websocket/receiver.js'}`);

const LIMIT = 16 * 1024 * 1024;

/**
 * What a reader tells, as `plain` has it; of an error the code, and of ours the rule.
 * @typedef {{ type: string, code?: number, rule?: string, data?: string, hex?: string, reason?: string }} Told
 * @typedef {(pieces: Buffer[], role: 'server' | 'client') => Told[]} Reader
 */

/** Each reader gets bytes of its own: some unmask where the bytes are. @param {Buffer[]} pieces */
const copies = (pieces) => pieces.map((piece) => Buffer.from(piece));

/**
 * @param {Buffer[]} pieces
 * @param {'server' | 'client'} role
 * @param {import('ws4wasm').DeflateOptions} [deflate]
 */
export function ours(pieces, role, deflate) {
  const stream = new Stream({ role, maxMessageSize: LIMIT, deflate });
  /** @type {Told[]} */
  const told = [];
  for (const piece of copies(pieces)) {
    for (const event of stream.receive(piece)) {
      told.push(
        event.type === 'error'
          ? { type: 'error', code: event.error.code, rule: event.error.message }
          : /** @type {Told} */ (plain(event)),
      );
    }
  }
  stream.free();
  return told;
}

/** @param {Buffer} bytes */
const hex = (bytes) => bytes.toString('hex');

/** @type {Reader} */
export function ws(pieces, role) {
  const { receiver, told } = wsReceiver(role);
  for (const piece of copies(pieces)) {
    if (told.at(-1)?.type === 'error' || told.at(-1)?.type === 'close') break;
    receiver.write(piece);
  }
  return told;
}

/**
 * With permessage-deflate, which ws inflates elsewhere, a piece after the other.
 * @param {Buffer[]} pieces
 * @param {'server' | 'client'} role
 * @param {{ serverNoContextTakeover: boolean, clientNoContextTakeover: boolean }} agreed
 */
export async function wsDeflate(pieces, role, agreed) {
  const isServer = role === 'server';
  const extension = new PerMessageDeflate({ isServer, maxPayload: LIMIT });
  const params = {
    ...(agreed.serverNoContextTakeover && { server_no_context_takeover: [true] }),
    ...(agreed.clientNoContextTakeover && { client_no_context_takeover: [true] }),
  };
  extension.accept([params]);
  const { receiver, told } = wsReceiver(role, { 'permessage-deflate': extension });
  for (const piece of copies(pieces)) {
    if (told.at(-1)?.type === 'error' || told.at(-1)?.type === 'close') break;
    await new Promise((resolve) => receiver.write(piece, resolve));
  }
  extension.cleanup();
  return told;
}

/**
 * @param {'server' | 'client'} role
 * @param {object} [extensions]
 */
function wsReceiver(role, extensions) {
  const receiver = new Receiver({
    isServer: role === 'server',
    maxPayload: LIMIT,
    extensions,
  });
  /** @type {Told[]} */
  const told = [];
  receiver.on('message', (/** @type {Buffer} */ data, /** @type {boolean} */ binary) => {
    told.push(
      binary ? { type: 'binary', hex: hex(data) } : { type: 'text', data: data.toString() },
    );
  });
  for (const type of ['ping', 'pong']) {
    receiver.on(type, (/** @type {Buffer} */ data) => told.push({ type, hex: hex(data) }));
  }
  receiver.on('conclude', (/** @type {number} */ code, /** @type {Buffer} */ reason) => {
    told.push({ type: 'close', code, reason: reason.toString() });
  });
  // Its error event comes a turn later; what it is given comes at once.
  const [status] = Object.getOwnPropertySymbols(receiver.createError(Error, '', false, 1, ''));
  receiver._errored = false;
  const { createError } = receiver;
  receiver.createError = (/** @type {unknown[]} */ ...args) => {
    const error = createError.apply(receiver, args);
    told.push({ type: 'error', code: error[status] });
    return error;
  };
  // Those of zlib come from elsewhere, with the same mark.
  receiver.on('error', (/** @type {any} */ error) => {
    if (told.at(-1)?.type !== 'error') told.push({ type: 'error', code: error[status] });
  });
  return { receiver, told };
}

/** A client only. @type {Reader} */
export function undici(pieces) {
  /** @type {Told[]} */
  const told = [];
  let failed = false;
  /** @type {Uint8Array} */
  let written = Buffer.alloc(0);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  // The parser goes on to the end of its input; the WebSocket above it drops what then comes.
  const tell = (/** @type {Told} */ event) => {
    if (!failed) told.push(event);
    failed ||= event.type === 'error';
  };
  const fail = (/** @type {number} */ code) => tell({ type: 'error', code });
  const handler = {
    readyState: 1,
    closeState: new Set(),
    socket: {
      destroyed: true,
      writableNeedDrain: false,
      write: (/** @type {Uint8Array} */ bytes) => {
        written = bytes;
      },
    },
    controller: { abort: () => fail(parse(written)[0].payload.readUInt16BE(0)) },
    onPing: (/** @type {Buffer} */ body) => tell({ type: 'ping', hex: hex(body) }),
    onPong: (/** @type {Buffer} */ body) => tell({ type: 'pong', hex: hex(body) }),
    onMessage: (/** @type {number} */ opcode, /** @type {Buffer} */ data) => {
      if (opcode === 2) tell({ type: 'binary', hex: hex(data) });
      else decode(data);
    },
  };
  /** As its WebSocket does with a text. @param {Buffer} data */
  function decode(data) {
    try {
      tell({ type: 'text', data: decoder.decode(data) });
    } catch {
      fail(1007);
    }
  }
  const parser = new ByteParser(handler, null, { maxPayloadSize: LIMIT });
  for (const piece of copies(pieces)) {
    parser.write(piece);
    if (failed || parser.closingInfo) break;
  }
  const { closingInfo } = parser;
  if (closingInfo && !failed) {
    told.push({ type: 'close', code: closingInfo.code ?? 1005, reason: closingInfo.reason });
  }
  return told;
}

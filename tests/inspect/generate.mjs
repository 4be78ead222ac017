// Makes large captures for benchmarks of the inspector, the same ones each time:
//
//   node tests/inspect/generate.mjs mixed FILE [bytes = 100000000]   pcapng, connections of all sorts
//   node tests/inspect/generate.mjs frames FILE [count = 1000000]    pcap, small frames of one chat
//   node tests/inspect/generate.mjs tls FILE [bytes = 100000000]     pcapng, TLS 1.3 with its keys inside
//
// `mixed` has 64 connections at a time, with frames from 2 bytes to 64 KiB in segments of 1,460,
// of which one in 200 comes late and one in 300 twice. `frames` has one frame a segment. `tls` is
// like `mixed`, its connections all through, each frame in records of its own
// (TLS_AES_128_GCM_SHA256).
import { createCipheriv, createHmac } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const CLIENT = 0;
const SEGMENT = 1460;
const REQUEST = Buffer.from(
  [
    'GET /chat HTTP/1.1',
    'Host: example.test',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n'),
);
const RESPONSE = Buffer.from(
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    '\r\n',
  ].join('\r\n'),
);

/** Numbers below 2^32 that are the same in each run (mulberry32). */
let state = 20261122;
function random(/** @type {number} */ below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

/** A file that is written in large pieces. */
class Output {
  /** @param {string} path @param {boolean} ng */
  constructor(path, ng) {
    this.file = openSync(path, 'w');
    this.buffer = Buffer.alloc(1 << 22);
    this.used = 0;
    this.written = 0;
    this.ng = ng;
    this.time = 1_700_000_000_000_000;
    const header = ng
      ? '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000' +
        '0100000014000000010000000000000014000000'
      : 'd4c3b2a1020004000000000000000000000004000100' + '0000';
    this.put(Buffer.from(header, 'hex'));
  }

  /** @param {Buffer} bytes */
  put(bytes) {
    if (this.used + bytes.length > this.buffer.length) this.flush();
    bytes.copy(this.buffer, this.used);
    this.used += bytes.length;
    this.written += bytes.length;
  }

  flush() {
    writeSync(this.file, this.buffer, 0, this.used);
    this.used = 0;
  }

  /** @param {Buffer} keyLog */
  secrets(keyLog) {
    const length = (20 + keyLog.length + 3) & ~3;
    const block = Buffer.alloc(length);
    block.writeUInt32LE(10, 0);
    block.writeUInt32LE(length, 4);
    block.write('KSLT', 8);
    block.writeUInt32LE(keyLog.length, 12);
    keyLog.copy(block, 16);
    block.writeUInt32LE(length, length - 4);
    this.put(block);
  }

  /** @param {Buffer} packet */
  packet(packet) {
    this.time += 10 + random(20);
    const padded = this.ng ? (packet.length + 3) & ~3 : packet.length;
    const head = Buffer.alloc(this.ng ? 28 : 16);
    if (this.ng) {
      head.writeUInt32LE(6, 0);
      head.writeUInt32LE(32 + padded, 4);
      head.writeUInt32LE(Math.floor(this.time / 2 ** 32), 12);
      head.writeUInt32LE(this.time % 2 ** 32, 16);
      head.writeUInt32LE(packet.length, 20);
      head.writeUInt32LE(packet.length, 24);
    } else {
      head.writeUInt32LE(Math.floor(this.time / 1e6), 0);
      head.writeUInt32LE(this.time % 1e6, 4);
      head.writeUInt32LE(packet.length, 8);
      head.writeUInt32LE(packet.length, 12);
    }
    this.put(head);
    this.put(packet);
    if (this.ng) {
      const tail = Buffer.alloc(padded - packet.length + 4);
      tail.writeUInt32LE(32 + padded, tail.length - 4);
      this.put(tail);
    }
  }

  close() {
    this.flush();
    closeSync(this.file);
  }
}

/** One side's records of TLS 1.3 (RFC 8446 sections 5.2 and 7.3). */
class Sealer {
  /** @param {Buffer} secret */
  constructor(secret) {
    const expand = (/** @type {string} */ label, /** @type {number} */ length) => {
      const name = `tls13 ${label}`;
      const info = Buffer.from(`\0${String.fromCharCode(length, name.length)}${name}\0\x01`);
      return createHmac('sha256', secret).update(info).digest().subarray(0, length);
    };
    this.key = expand('key', 16);
    this.iv = expand('iv', 12);
    this.next = 0;
  }

  /** @param {Buffer} content */
  record(content) {
    const head = Buffer.from([23, 3, 3, 0, 0]);
    head.writeUInt16BE(content.length + 17, 3);
    const nonce = Buffer.from(this.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.next++) >>> 0, 8);
    const cipher = createCipheriv('aes-128-gcm', this.key, nonce).setAAD(head);
    const sealed = [cipher.update(content), cipher.update(Buffer.of(23)), cipher.final()];
    return Buffer.concat([head, ...sealed, cipher.getAuthTag()]);
  }

  /** @param {Buffer} bytes */
  records(bytes) {
    const all = [];
    for (let at = 0; at < bytes.length; at += 1 << 14) {
      all.push(this.record(bytes.subarray(at, at + (1 << 14))));
    }
    return Buffer.concat(all);
  }
}

const SECRETS = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

/** What names a connection in a key log. @param {number} number */
function randomOf(number) {
  const random = Buffer.alloc(32, 3);
  random.writeUInt32BE(number, 28);
  return random;
}

/** A hello with no more in it than what is read. @param {number} kind @param {Buffer[]} rest */
function hello(kind, ...rest) {
  const body = Buffer.concat([Buffer.of(3, 3), ...rest]);
  const head = Buffer.from([22, 3, 3, 0, 0, kind, 0, 0, 0]);
  head.writeUInt16BE(body.length + 4, 3);
  head.writeUInt16BE(body.length, 7);
  return Buffer.concat([head, body]);
}

/** A TCP connection over Ethernet and IPv4. */
class Connection {
  /** @param {Output} output @param {number} number @param {boolean} [secure] in TLS */
  constructor(output, number, secure = false) {
    this.output = output;
    this.serverPort = secure ? 443 : 80;
    /** @type {Sealer[] | undefined} */
    this.sealers = undefined;
    this.sequence = [random(2 ** 32), random(2 ** 32)];
    this.header = Buffer.from(
      '020000000002020000000001080045000000000000004006000000000000000000000000000000000000000000005000ffff00000000',
      'hex',
    );
    this.header.writeUInt32BE(0x0a000001 + (number >>> 14), 26);
    this.header.writeUInt32BE(0x0a800001, 30);
    this.port = 20_000 + (number % 16_384);
    /** Segments that wait for the next one to go first. @type {Buffer[]} */
    this.late = [];
    this.send(CLIENT, 0x02, Buffer.alloc(0));
    this.send(1, 0x12, Buffer.alloc(0));
    this.send(CLIENT, 0x10, Buffer.alloc(0));
    if (secure) {
      const suite = Buffer.from('1301', 'hex');
      const offered = [Buffer.of(0, 0, 2), suite, Buffer.of(1, 0)];
      this.send(CLIENT, 0x18, hello(1, randomOf(number), ...offered));
      const chosen = Buffer.from('000006002b00020304', 'hex');
      this.send(1, 0x18, hello(2, randomOf(number), Buffer.of(0), suite, chosen));
      this.sealers = SECRETS.map((secret) => new Sealer(secret));
    }
    this.stream(CLIENT, REQUEST);
    this.stream(1, RESPONSE);
  }

  /** @param {number} side @param {number} flags @param {Buffer} payload */
  send(side, flags, payload) {
    const packet = Buffer.concat([this.header, payload]);
    packet.writeUInt16BE(40 + payload.length, 16);
    if (side !== CLIENT) {
      packet.writeUInt32BE(this.header.readUInt32BE(30), 26);
      packet.writeUInt32BE(this.header.readUInt32BE(26), 30);
    }
    packet.writeUInt16BE(side === CLIENT ? this.port : this.serverPort, 34);
    packet.writeUInt16BE(side === CLIENT ? this.serverPort : this.port, 36);
    packet.writeUInt32BE(this.sequence[side], 38);
    packet.writeUInt32BE(flags & 0x10 ? this.sequence[1 - side] : 0, 42);
    packet[47] = flags;
    const step = payload.length + (flags & 2 ? 1 : 0) + (flags & 1 ? 1 : 0);
    this.sequence[side] = (this.sequence[side] + step) % 2 ** 32;
    const trouble = this.output.ng && payload.length > 0;
    if (trouble && random(200) === 0) {
      this.late.push(packet);
      return;
    }
    this.output.packet(packet);
    if (trouble && random(300) === 0) this.output.packet(packet);
    for (const packet of this.late.splice(0)) this.output.packet(packet);
  }

  /** @param {number} side @param {Buffer} plain */
  stream(side, plain) {
    const bytes = this.sealers?.[side].records(plain) ?? plain;
    for (let at = 0; at < bytes.length; at += SEGMENT) {
      this.send(side, 0x18, bytes.subarray(at, at + SEGMENT));
    }
  }

  close() {
    this.stream(CLIENT, frame(8, CLIENT, Buffer.from([3, 232])));
    this.stream(1, frame(8, 1, Buffer.from([3, 232])));
    this.send(1, 0x11, Buffer.alloc(0));
    this.send(CLIENT, 0x11, Buffer.alloc(0));
    this.send(1, 0x10, Buffer.alloc(0));
  }
}

/** @param {number} opcode @param {number} side @param {Buffer} payload */
function frame(opcode, side, payload) {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const mask = side === CLIENT ? 4 : 0;
  const bytes = Buffer.alloc(2 + extended + mask + length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = (mask ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  payload.copy(bytes, 2 + extended + mask);
  if (mask) {
    const key = bytes.subarray(2 + extended, 2 + extended + 4);
    key.writeUInt32BE(random(2 ** 32), 0);
    for (let i = 0; i < length; i++) bytes[2 + extended + 4 + i] ^= key[i & 3];
  }
  return bytes;
}

const WORDS = 'the quick brown fox jumps over a lazy dog and says grüße, 你好 '.repeat(1200);
const TEXT = Buffer.from(WORDS);

/** @param {number} side */
function someFrame(side) {
  const kind = random(100);
  if (kind < 3) return frame(9, side, Buffer.from('ping'));
  if (kind < 6) return frame(10, side, Buffer.from('ping'));
  const size = [random(120), random(120), 126 + random(3000), random(66_000)][random(4)];
  if (kind < 40) {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i += 64) bytes.fill(random(256), i, Math.min(i + 64, size));
    return frame(2, side, bytes);
  }
  // Whole characters: the text is cut in front of one.
  let end = Math.min(size, TEXT.length);
  while ((TEXT[end] & 0xc0) === 0x80) end--;
  return frame(1, side, TEXT.subarray(0, end));
}

/** @param {string} path @param {number} bytes */
function mixed(path, bytes) {
  const output = new Output(path, true);
  let number = 0;
  const open = Array.from({ length: 64 }, () => new Connection(output, number++));
  while (output.written < bytes) {
    const which = random(open.length);
    const side = random(3) === 0 ? 0 : 1;
    open[which].stream(side, someFrame(side));
    if (random(100) === 0) {
      open[which].close();
      open[which] = new Connection(output, number++);
    }
  }
  for (const connection of open) connection.close();
  output.close();
}

/** @param {string} path @param {number} bytes */
function tls(path, bytes) {
  const output = new Output(path, true);
  const count = 64;
  const lines = Array.from({ length: count }, (_, number) =>
    ['CLIENT', 'SERVER'].map((who, side) => {
      const random = randomOf(number).toString('hex');
      return `${who}_TRAFFIC_SECRET_0 ${random} ${SECRETS[side].toString('hex')}\n`;
    }),
  );
  output.secrets(Buffer.from(lines.flat().join('')));
  const open = Array.from(
    { length: count },
    (_, number) => new Connection(output, number, true),
  );
  while (output.written < bytes) {
    const side = random(3) === 0 ? 0 : 1;
    open[random(count)].stream(side, someFrame(side));
  }
  for (const connection of open) connection.close();
  output.close();
}

/** @param {string} path @param {number} count */
function frames(path, count) {
  const output = new Output(path, false);
  const connection = new Connection(output, 0);
  for (let i = 0; i < count - 2; i++) {
    const side = i & 1;
    connection.stream(side, frame(1, side, Buffer.from(`{"n":${i},"text":"hello"}`)));
  }
  connection.close();
  output.close();
}

const [kind, path, size] = process.argv.slice(2);
const kinds = {
  mixed: () => mixed(path, Number(size ?? 1e8)),
  frames: () => frames(path, Number(size ?? 1e6)),
  tls: () => tls(path, Number(size ?? 1e8)),
};
const make = Object.hasOwn(kinds, kind ?? '')
  ? kinds[/** @type {keyof typeof kinds} */ (kind)]
  : undefined;
if (!make || !path) {
  console.error('usage: node tests/inspect/generate.mjs mixed|frames|tls FILE [bytes|count]');
  process.exitCode = 1;
} else {
  make();
}

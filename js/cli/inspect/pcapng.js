// A pcapng file of TCP connections, written as they happen: the bytes that passed, in packets
// that are made up around them. Each packet is on its way to the disk when the call returns;
// what is there at any time is a whole file (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3).
import { createWriteStream, openSync } from 'node:fs';
import { isIPv6 } from 'node:net';

/** LINKTYPE_RAW: packets begin with IP. */
const RAW = 101;
/** Bytes of payload in a packet, so that the packet is below the 65,535 of IP. */
const SEGMENT = 32_768;
/** So much may wait for the disk; whoever writes more is told to wait. */
const MAX_WAITING = 8 * 1024 * 1024;

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];
const nothing = new Uint8Array(0);

/** @typedef {import('../../node/live.js').Direction} Direction */

/** @type {Record<Direction, Direction>} */
const OTHER = { c2s: 's2c', s2c: 'c2s' };

/**
 * A block of the file: its type, its length, what is in it, its length again.
 * @param {number} type
 * @param {Buffer} body
 */
function block(type, body) {
  const padded = (body.length + 3) & ~3;
  const bytes = Buffer.alloc(12 + padded);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.set(body, 8);
  bytes.writeUInt32LE(bytes.length, 8 + padded);
  return bytes;
}

function header() {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt16LE(1, 4);
  section.writeBigInt64LE(-1n, 8); // of unknown length
  const description = Buffer.alloc(8);
  description.writeUInt16LE(RAW, 0);
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, description)]);
}

/**
 * @param {number} time in milliseconds since 1970
 * @param {Buffer} packet
 */
function packetBlock(time, packet) {
  const body = Buffer.alloc(20 + packet.length);
  const microseconds = BigInt(Math.round(time * 1000));
  body.writeUInt32LE(Number(microseconds >> 32n), 4);
  body.writeUInt32LE(Number(microseconds & 0xffff_ffffn), 8);
  body.writeUInt32LE(packet.length, 12);
  body.writeUInt32LE(packet.length, 16);
  body.set(packet, 20);
  return block(6, body);
}

/** @param {string} address */
function ipv4(address) {
  return Uint8Array.from(address.split('.'), Number);
}

/** @param {string} address IPv6 as URLs write it, or IPv4 */
function ipv6(address) {
  if (!isIPv6(address)) return Uint8Array.of(...Array(10).fill(0), 255, 255, ...ipv4(address));
  const { hostname } = new URL(`http://[${address.replace(/%.*/, '')}]`);
  const [before, after] = hostname.slice(1, -1).split('::');
  const groups = (/** @type {string} */ text = '') =>
    text.split(':').flatMap((group) => (group ? [Number.parseInt(group, 16)] : []));
  const [first, last] = [groups(before), groups(after)];
  const all = [...first, ...Array(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** The sum of RFC 1071, of an even number of bytes. @param {Buffer} bytes */
function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * @typedef {object} End
 * @property {string} address
 * @property {number} port
 */

/** One connection of made-up TCP. */
class Tap {
  #write;
  #ends;
  #six;
  /** The next sequence number of each side. @type {Record<Direction, number>} */
  #next = { c2s: 0, s2c: 0 };
  /** @type {Record<Direction, boolean>} */
  #ended = { c2s: false, s2c: false };

  /**
   * @param {(block: Buffer) => unknown} write
   * @param {{ client: End, server: End }} ends
   */
  constructor(write, { client, server }) {
    this.#write = write;
    this.#ends = { c2s: client, s2c: server };
    this.#six = isIPv6(client.address) || isIPv6(server.address);
    this.#packet('c2s', SYN);
    this.#packet('s2c', SYN | ACK);
    this.#packet('c2s', ACK);
  }

  /**
   * @param {Direction} direction
   * @param {Uint8Array} bytes
   */
  data(direction, bytes) {
    for (let at = 0; at < bytes.length; at += SEGMENT) {
      this.#packet(direction, PSH | ACK, bytes.subarray(at, at + SEGMENT));
    }
  }

  /** @param {Direction} direction that ends */
  end(direction) {
    if (this.#ended[direction]) return;
    this.#ended[direction] = true;
    this.#packet(direction, FIN | ACK);
    this.#packet(OTHER[direction], ACK);
  }

  /**
   * @param {string} [reason] empty for an orderly end
   * @param {Direction} [from] the side that broke it off
   */
  close(reason = '', from = 'c2s') {
    if (reason) this.#packet(from, RST | ACK);
  }

  /**
   * @param {Direction} direction
   * @param {number} flags
   * @param {Uint8Array} [payload]
   */
  #packet(direction, flags, payload = nothing) {
    const [from, to] = [this.#ends[direction], this.#ends[OTHER[direction]]];
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(from.port, 0);
    tcp.writeUInt16BE(to.port, 2);
    tcp.writeUInt32BE(this.#next[direction], 4);
    if (flags & ACK) tcp.writeUInt32BE(this.#next[OTHER[direction]], 8);
    tcp.set([0x50, flags, 0xff, 0xff], 12);
    const ip = this.#six
      ? ipv6Header(from.address, to.address, 20 + payload.length)
      : ipv4Header(from.address, to.address, 20 + payload.length);
    this.#write(
      packetBlock(
        performance.timeOrigin + performance.now(),
        Buffer.concat([ip, tcp, payload]),
      ),
    );
    // SYN and FIN count like a byte (RFC 9293 section 3.4).
    const length = payload.length + (flags & (SYN | FIN) ? 1 : 0);
    this.#next[direction] = (this.#next[direction] + length) >>> 0;
  }
}

/**
 * @param {string} from
 * @param {string} to
 * @param {number} length of what follows
 */
function ipv4Header(from, to, length) {
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + length, 2);
  ip.set([64, 6], 8); // hops, TCP
  ip.set(ipv4(from), 12);
  ip.set(ipv4(to), 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return ip;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {number} length of what follows
 */
function ipv6Header(from, to, length) {
  const ip = Buffer.alloc(40);
  ip[0] = 0x60;
  ip.writeUInt16BE(length, 4);
  ip.set([6, 64], 6); // TCP, hops
  ip.set(ipv6(from), 8);
  ip.set(ipv6(to), 24);
  return ip;
}

export class PcapngFile {
  #stream;
  /** Bytes in it. */
  size = 0;

  /**
   * @param {string} path of a file that is not there yet; throws where it cannot be
   * @param {(error: Error) => void} onError when it cannot be written, the disk is full; what
   *   was written is left, and nothing more comes
   */
  constructor(path, onError) {
    this.#stream = createWriteStream(path, { fd: openSync(path, 'wx') });
    this.#stream.on('error', onError);
    this.#write(header());
  }

  /** @param {{ client: End, server: End }} ends */
  open(ends) {
    return new Tap((bytes) => this.#write(bytes), ends);
  }

  /** Resolves when what waits for the disk is no longer too much, or the file is given up. */
  async ready() {
    const stream = this.#stream;
    if (stream.writableLength < MAX_WAITING || stream.destroyed) return;
    await new Promise((resolve) => {
      const go = () => {
        stream.off('drain', go).off('close', go);
        resolve(undefined);
      };
      stream.on('drain', go).on('close', go);
    });
  }

  /** Resolves when all of it is on its disk. */
  async close() {
    if (this.#stream.destroyed) return;
    await new Promise((resolve) => {
      this.#stream.on('close', () => resolve(undefined)).end();
    });
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    if (this.#stream.destroyed) return;
    this.size += bytes.length;
    this.#stream.write(bytes);
  }
}

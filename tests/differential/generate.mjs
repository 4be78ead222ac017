// Streams of frames, lawful and not, made from a seed.
import { frame, random } from '../support/wire.mjs';

/** Characters of all lengths, and a mark that some take for something else than text. */
const characters = ['a', 'Z', ' ', 'é', '€', '😀', '\ufeff', '\u0000'];

/** Bytes around which decoders of UTF-8 differ, when they do. */
const dubious = [0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];

/** Brings a frame that is broken off to its end, or to its fault. */
export const TAIL = Buffer.alloc(32);

/** @typedef {ReturnType<typeof random>} Random */

/**
 * @param {number} seed
 * @param {'server' | 'client'} role of who reads
 */
export function generate(seed, role) {
  const chance = random(seed);
  const { below, bytes } = chance;
  const frames = [];
  for (let i = below(6); i >= 0; i--) frames.push(...conversation(chance, role));
  let wire = below(12) === 0 ? bytes(below(300)) : Buffer.concat(frames);
  for (let i = below(3) === 0 ? 1 + below(3) : 0; i > 0; i--) wire = mutate(chance, wire);
  return { wire, pieces: split(chance, wire) };
}

/** @param {Random} chance */
function text({ below, pick, bytes }) {
  const parts = [];
  for (let i = below(12); i > 0; i--) parts.push(Buffer.from(pick(characters)));
  if (below(12) === 0) parts.splice(below(parts.length + 1), 0, Buffer.of(pick(dubious)));
  if (below(20) === 0) parts.push(bytes(below(8)));
  return Buffer.concat(parts);
}

/** @param {Random} chance */
function length({ below }) {
  const kind = below(30);
  if (kind === 0) return 65_530 + below(12);
  return kind < 5 ? 120 + below(12) : below(40);
}

/**
 * A message in some fragments with control frames between them, or a close.
 * @param {Random} chance
 * @param {'server' | 'client'} role
 */
function conversation(chance, role) {
  const { below, bytes, key } = chance;
  const mask = () => ((role === 'server') !== (below(150) === 0) ? key() : undefined);
  const frames = [];
  if (below(8) === 0) {
    const code = Buffer.of(below(20), below(256));
    if (below(3)) code.writeUInt16BE([1000, 1001, 1007, 1011, 3000, 4999][below(6)]);
    const body = [Buffer.alloc(0), code, Buffer.concat([code, text(chance)]), bytes(1)];
    const payload = body[below(20) === 0 ? 3 : below(3)];
    frames.push(odd(chance, { opcode: 8, payload, key: mask() }));
    return frames;
  }
  const isText = below(2) === 0;
  const whole = isText ? text(chance) : bytes(length(chance));
  const count = below(3) === 0 ? 1 + below(4) : 1;
  for (let i = 0; i < count; i++) {
    const share = whole.subarray(
      Math.floor((i * whole.length) / count),
      Math.floor(((i + 1) * whole.length) / count),
    );
    const opcode = i ? 0 : isText ? 1 : 2;
    frames.push(odd(chance, { opcode, payload: share, fin: i === count - 1, key: mask() }));
    if (below(4) === 0) {
      frames.push(
        odd(chance, { opcode: 9 + below(2), payload: bytes(below(20)), key: mask() }),
      );
    }
  }
  return frames;
}

/**
 * A frame, now and then with something wrong in its header.
 * @param {Random} chance
 * @param {import('../support/wire.mjs').WireFrame} given
 */
function odd({ below }, given) {
  switch (below(150)) {
    case 0:
      return frame({ ...given, opcode: below(16) });
    case 1:
      return frame({ ...given, rsv: below(8) });
    case 2:
      return frame({ ...given, fin: false });
    case 3:
    case 4:
      return longer(frame(given), below(2) === 0);
    case 5:
      // A length with its top bit set, or one that no limit allows.
      return Buffer.concat([
        Buffer.of(0x82, given.key ? 0xff : 0x7f, below(2) << 7, 0, 0, 1, 0, 0, 0, 5),
        Buffer.alloc(20),
      ]);
    default:
      return frame(given);
  }
}

/**
 * The frame with its length in a longer form than it needs.
 * @param {Buffer} bytes
 * @param {boolean} most
 */
function longer(bytes, most) {
  const length = bytes[1] & 127;
  if (length > 125) return bytes;
  const extra = Buffer.alloc(most ? 8 : 2);
  extra[extra.length - 1] = length;
  const head = Buffer.of(bytes[0], (bytes[1] & 128) | (most ? 127 : 126));
  return Buffer.concat([head, extra, bytes.subarray(2)]);
}

/** @param {Random} chance @param {Buffer} wire */
export function mutate({ below, bytes }, wire) {
  const at = below(wire.length + 1);
  const [before, after] = [wire.subarray(0, at), wire.subarray(at)];
  switch (below(4)) {
    case 0:
      return Buffer.concat([before, bytes(1 + below(3)), after]);
    case 1:
      return Buffer.concat([before, after.subarray(1 + below(3))]);
    case 2:
      return Buffer.concat([before, wire.subarray(below(wire.length + 1))]);
    default: {
      const changed = Buffer.from(wire);
      if (at < changed.length) changed[at] ^= 1 << below(8);
      return changed;
    }
  }
}

/** @param {Random} chance @param {Buffer} wire */
export function split({ below }, wire) {
  if (below(8) === 0) return [wire];
  const most = [2, 9, 40, 3000][wire.length > 4000 ? 3 : below(4)];
  const pieces = [];
  for (let at = 0; at < wire.length; ) {
    const end = at + 1 + below(most);
    pieces.push(wire.subarray(at, end));
    at = end;
  }
  return pieces;
}

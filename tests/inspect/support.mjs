// What the tests of the inspector share.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inspection } from 'ws4wasm/inspect';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = process.env.WS4WASM_CAPTURES || join(root, '../shared/captures');

/** Captures of other projects, where they are. */
export const captures = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.pcap'))
      .map((name) => ({ name, path: join(folder, name) }))
  : [];

export const skipCaptures = captures.length === 0 && `no captures in ${folder}`;

/** @param {string} name */
export const capture = (name) => join(folder, name);

export const tshark = process.env.WS4WASM_TSHARK || 'tshark';
const answer = spawnSync(tshark, ['--version'], { encoding: 'utf8' });
export const skipTshark = answer.status === 0 ? false : 'no tshark here';

/**
 * @param {string | Uint8Array} file a path, or bytes
 * @param {import('ws4wasm/inspect').InspectionOptions} [options]
 */
export function inspect(file, options) {
  const inspection = new Inspection(options);
  inspection.push(typeof file === 'string' ? readFileSync(file) : file);
  inspection.finish();
  return inspection;
}

/** @param {Inspection} inspection */
export function allRows(inspection, options = {}) {
  const view = inspection.view(options);
  return view.rows(0, view.length);
}

/** @param {...(number | string | Uint8Array)} parts bytes, text, or hex after 'x:' */
export function bytes(...parts) {
  const pieces = parts.map((part) => {
    if (typeof part === 'number') return Buffer.of(part);
    if (typeof part !== 'string') return Buffer.from(part);
    return part.startsWith('x:')
      ? Buffer.from(part.slice(2).replaceAll(' ', ''), 'hex')
      : Buffer.from(part);
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/**
 * A frame, masked when there is a key.
 * @param {number} b0
 * @param {string | Uint8Array} payload up to 65535 bytes
 * @param {number[]} [key]
 */
export function frame(b0, payload, key) {
  const body = Buffer.from(payload);
  const mask = key ? 0x80 : 0;
  const length =
    body.length < 126
      ? [mask | body.length]
      : [mask | 126, body.length >> 8, body.length & 255];
  const plain = key ? body.map((byte, i) => byte ^ key[i % 4]) : body;
  return new Uint8Array([b0, ...length, ...(key ?? []), ...plain]);
}

/**
 * What tshark finds: its fields of each frame, by stream and sender's port, in order.
 * @param {string} path
 */
export function tsharkFrames(path) {
  const args = ['-r', path, '-Y', 'websocket', '-T', 'pdml'];
  const { status, stdout, stderr } = spawnSync(tshark, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const frames = [];
  for (const packet of stdout.split('<packet>').slice(1)) {
    const field = (/** @type {string} */ text, /** @type {string} */ name, what = 'show') =>
      text.match(new RegExp(`<field name="${name}"[^>]* ${what}="([^"]*)"`))?.[1];
    const number = Number(field(packet, 'num'));
    const stream = Number(field(packet, 'tcp.stream'));
    const port = Number(field(packet, 'tcp.srcport'));
    const parts = packet.split('<proto name="websocket"').slice(1);
    for (const text of parts) {
      const length = ['_ext_64', '_ext_16', ''].map((end) =>
        field(text, `websocket.payload_length${end}`),
      );
      frames.push({
        packet: number,
        stream,
        port,
        fin: field(text, 'websocket.fin'),
        rsv: Number(field(text, 'websocket.rsv')),
        opcode: Number(field(text, 'websocket.opcode')),
        mask: field(text, 'websocket.mask'),
        length: Number(length.find((value) => value !== undefined)),
        key: field(text, 'websocket.masking_key', 'value'),
        text: field(text, 'websocket.payload.text', 'value'),
        control:
          field(text, 'websocket.payload.ping', 'value') ??
          field(text, 'websocket.payload.pong', 'value'),
        code: field(text, 'websocket.payload.close.status_code'),
        reason: field(text, 'websocket.payload.close.reason', 'value'),
        data: field(text, 'data.data', 'value'),
      });
    }
  }
  return frames;
}

const hex = (/** @type {Uint8Array | undefined} */ bytes) =>
  bytes && Buffer.from(bytes).toString('hex');

/**
 * What is shown is what tshark has printed, field by field.
 * @param {Inspection} inspection
 * @param {ReturnType<typeof tsharkFrames>} theirs
 */
export function compareWithTshark(inspection, theirs) {
  const connections = inspection.connections();
  // What comes in one packet with the server's answer, tshark takes in TLS for a body of HTTP.
  const packetOf = (/** @type {import('ws4wasm/inspect').Row} */ { frame }) =>
    inspection.frame(frame)?.packets;
  const answers = connections.map(({ tls, connection }) => {
    const time = tls && inspection.handshake(connection)?.response?.time;
    const [first] = allRows(inspection, { filter: `conn:${connection} and dir:s2c` });
    return first && first.time === time ? packetOf(first)?.first : undefined;
  });
  const shown = allRows(inspection).filter(
    (row) => packetOf(row)?.last !== (answers[row.connection] ?? 0),
  );
  assert.equal(shown.length, theirs.length);
  /** @type {Map<number, typeof shown>} rows by the sender's port */
  const lanes = new Map();
  for (const row of shown) {
    const { client, server } = connections[row.connection];
    const { port } = row.direction === 'c2s' ? client : server;
    lanes.set(port, [...(lanes.get(port) ?? []), row]);
  }
  const taken = new Map();
  for (const their of theirs) {
    const index = taken.get(their.port) ?? 0;
    taken.set(their.port, index + 1);
    const row = lanes.get(their.port)?.[index];
    assert.ok(row, `no frame ${index} from port ${their.port}`);
    const detail = inspection.frame(row.frame);
    assert.ok(detail);
    assert.equal(row.fin, their.fin === '1');
    const rsv = (row.rsv1 ? 4 : 0) + (row.rsv2 ? 2 : 0) + (row.rsv3 ? 1 : 0);
    assert.equal(rsv, their.rsv);
    assert.equal(row.code, their.opcode);
    assert.equal(row.masked, their.mask === '1');
    assert.equal(row.length, their.length);
    assert.equal(hex(detail.maskingKey), their.key);
    assert.equal(detail.packets?.last, their.packet);
    const content = Buffer.from(inspection.bytes(row.frame, 'unmasked')?.bytes ?? []);
    if (their.control !== undefined) assert.equal(hex(content), their.control);
    if (their.code !== undefined) {
      assert.equal(String(detail.close?.code), their.code);
      assert.equal(hex(content.subarray(2)), their.reason ?? '');
    }
    // tshark does not inflate fragments, nor put them together before.
    if (detail.message?.compressed && detail.message.frameCount > 1) continue;
    // It shows the payload of a message in its last fragment.
    const whole = inspection.bytes(row.frame, 'message')?.bytes;
    if (their.text !== undefined) assert.equal(hex(whole), their.text.toLowerCase());
    if (their.data !== undefined) assert.equal(hex(whole), their.data.toLowerCase());
  }
}

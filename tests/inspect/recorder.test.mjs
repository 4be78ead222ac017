// What a Recorder writes while things happen: tshark finds no fault in it, and an Inspection of it
// sees what one of the live traffic sees.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Inspection, Recorder } from 'ws4wasm/inspect';
import {
  allRows,
  bytes,
  frame,
  inspect,
  skipTshark,
  tshark,
  tsharkFrames,
} from './support.mjs';

/** @typedef {import('ws4wasm/inspect').Direction} Direction */
/** @typedef {import('ws4wasm/inspect').Endpoint} Endpoint */

const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-recorder-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const START = 1_700_000_000_000.25;
const server = { address: '192.0.2.2', port: 80 };
const client = (port = 51_000) => ({ address: '192.0.2.1', port });

/** A recorder, what it has given, and a clock that goes on by 1.5 ms with each event. */
class Tape {
  recorder = new Recorder();
  #pieces = [this.recorder.head()];
  time = START;

  /** @param {Endpoint} from @param {Endpoint} [to] */
  open(from, to = server) {
    this.time += 1.5;
    const ends = { client: from, server: to, time: this.time };
    const { connection, bytes } = this.recorder.openConnection(ends);
    this.#pieces.push(bytes);
    return connection;
  }

  /** @param {number} of @param {Direction} way @param {Uint8Array} bytes */
  data(of, way, bytes) {
    this.time += 1.5;
    this.#pieces.push(this.recorder.data(of, way, bytes, this.time));
  }

  /** @param {number} of @param {Direction} way @param {number} length */
  gap(of, way, length) {
    this.time += 1.5;
    this.#pieces.push(this.recorder.gap(of, way, length, this.time));
  }

  /** @param {number} of @param {Direction} way @param {'fin' | 'reset' | 'cut'} how */
  end(of, way, how) {
    this.time += 1.5;
    this.#pieces.push(this.recorder.end(of, way, how, this.time));
  }

  get file() {
    return new Uint8Array(Buffer.concat(this.#pieces));
  }

  get path() {
    const path = join(folder, `${++files}.pcapng`);
    writeFileSync(path, this.file);
    return path;
  }
}

/**
 * What tshark says of each packet, checksums checked.
 * @param {string} path
 * @param {string[]} names of fields
 */
function packets(path, ...names) {
  const preferences = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE'];
  const { status, stdout, stderr } = spawnSync(
    tshark,
    [
      ...['-2', '-r', path, '-T', 'fields', '-E', 'occurrence=f'],
      ...preferences.flatMap((each) => ['-o', each]),
      ...names.flatMap((name) => ['-e', name]),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  assert.equal(status, 0, stderr);
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  });
}

const junk = (/** @type {number} */ length, seed = 1) =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) ^ seed);

const request = bytes(
  'GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
);
const answer = bytes(
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
);
const key = [1, 2, 3, 4];

/** Connections of the same two ports, one after the other. */
function reused() {
  const tape = new Tape();
  for (const how of /** @type {const} */ (['fin', 'reset', 'fin'])) {
    const one = tape.open(client());
    tape.data(one, 'c2s', request);
    tape.data(one, 's2c', answer);
    tape.data(one, 's2c', frame(0x82, junk(60_000)));
    tape.end(one, 's2c', how);
    if (how === 'fin') tape.end(one, 'c2s', 'fin');
  }
  return tape;
}

test('ports that are used again are those of another connection', () => {
  const { totals } = inspect(reused().file);
  assert.deepEqual([totals.connections, totals.frames], [3, 3]);
});

describe('as tshark sees it', { skip: skipTshark }, () => {
  test('ports that are used again are those of another connection', () => {
    const found = packets(reused().path, 'tcp.stream', 'tcp.analysis.retransmission');
    assert.deepEqual(
      [...new Set(found.map((packet) => packet['tcp.stream']))],
      ['0', '1', '2'],
    );
    for (const packet of found) assert.equal(packet['tcp.analysis.retransmission'], '');
  });

  test('many connections at a time, of IPv4 and IPv6: no packet with a fault', () => {
    const tape = new Tape();
    const ends = [
      [client(1001), server],
      [
        { address: '2001:db8::1', port: 1002 },
        { address: '2001:db8::2', port: 80 },
      ],
      [{ address: '2001:db8::1', port: 1003 }, server],
      [
        { address: 'fe80::1%eth0', port: 1004 },
        { address: '::1', port: 80 },
      ],
      [client(1005), { address: '::ffff:192.0.2.9', port: 80 }],
      [client(1006), server],
    ];
    const told = ends.map(([from, to]) => ({
      connection: tape.open(from, to),
      sent: /** @type {Record<Direction, Buffer>} */ ({
        c2s: Buffer.alloc(0),
        s2c: Buffer.alloc(0),
      }),
    }));
    for (const length of [1, 1459, 1460, 1461, 40_000, 0, 1_500_000]) {
      for (const [index, { connection, sent }] of told.entries()) {
        for (const way of /** @type {const} */ (['c2s', 's2c'])) {
          const more = junk(length, index);
          tape.data(connection, way, more);
          sent[way] = Buffer.concat([sent[way], more]);
        }
      }
    }
    const found = packets(
      tape.path,
      ...['tcp.stream', 'tcp.srcport', 'ip.checksum.status', 'tcp.checksum.status'],
      ...['tcp.analysis.flags', '_ws.malformed', 'frame.len', 'ip.src', 'ipv6.src'],
      ...['tcp.payload'],
    );
    for (const packet of found) {
      assert.equal(packet['tcp.checksum.status'], '1', JSON.stringify(packet));
      assert.equal(packet['ip.checksum.status'], packet['ip.src'] ? '1' : '');
      assert.equal(packet['tcp.analysis.flags'], '');
      assert.equal(packet['_ws.malformed'], '');
      assert.ok(Number(packet['frame.len']) <= 1520);
    }
    for (const [index, { sent }] of told.entries()) {
      const own = found.filter((packet) => packet['tcp.stream'] === `${index}`);
      for (const [way, part] of /** @type {[Direction, typeof own][]} */ ([
        ['c2s', own.filter((packet) => packet['tcp.srcport'] !== '80')],
        ['s2c', own.filter((packet) => packet['tcp.srcport'] === '80')],
      ])) {
        const payload = part.map((packet) => packet['tcp.payload']).join('');
        assert.ok(Buffer.from(payload, 'hex').equals(sent[way]), `${index} ${way}`);
      }
    }
    const sources = told.map((_, index) => {
      const [{ 'ip.src': four, 'ipv6.src': six }] = found.filter(
        (packet) => packet['tcp.stream'] === `${index}`,
      );
      return four || six;
    });
    assert.deepEqual(sources, [
      '192.0.2.1',
      '2001:db8::1',
      '2001:db8::1',
      'fe80::1',
      '::ffff:192.0.2.1',
      '192.0.2.1',
    ]);
  });

  test('each way to end', () => {
    const tape = new Tape();
    // tcp.completeness: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST.
    /** @type {[[Direction, 'fin' | 'reset' | 'cut'][], number, string[]][]} */
    const cases = [
      [[], 15, []],
      [
        [
          ['c2s', 'cut'],
          ['s2c', 'cut'],
        ],
        15,
        [],
      ],
      [
        [
          ['c2s', 'fin'],
          ['s2c', 'fin'],
        ],
        31,
        ['client 0x0011', 'server 0x0011'],
      ],
      [
        [
          ['s2c', 'fin'],
          ['c2s', 'fin'],
        ],
        31,
        ['server 0x0011', 'client 0x0011'],
      ],
      [[['s2c', 'fin']], 31, ['server 0x0011']],
      [[['c2s', 'reset']], 47, ['client 0x0014']],
      [[['s2c', 'reset']], 47, ['server 0x0014']],
      [
        [
          ['c2s', 'fin'],
          ['s2c', 'reset'],
        ],
        63,
        ['client 0x0011', 'server 0x0014'],
      ],
    ];
    for (const [index, [ends]] of cases.entries()) {
      const connection = tape.open(client(2000 + index));
      tape.data(connection, 'c2s', junk(10));
      for (const [way, how] of ends) tape.end(connection, way, how);
    }
    const found = packets(
      tape.path,
      ...['tcp.stream', 'tcp.srcport', 'tcp.flags', 'tcp.completeness', 'tcp.analysis.flags'],
    );
    assert.ok(found.every((packet) => packet['tcp.analysis.flags'] === ''));
    for (const [index, [, completeness, ended]] of cases.entries()) {
      const own = found.filter((packet) => packet['tcp.stream'] === `${index}`);
      assert.equal(own.at(-1)?.['tcp.completeness'], `${completeness}`, `${index}`);
      const ends = own.filter((packet) => Number(packet['tcp.flags']) & 5);
      const names = ends.map(
        (packet) =>
          `${packet['tcp.srcport'] === '80' ? 'server' : 'client'} ${packet['tcp.flags']}`,
      );
      assert.deepEqual(names, ended);
    }
  });

  test('sequence numbers go over their edge', () => {
    const tape = new Tape();
    const connection = tape.open(client());
    // Holes lead there: from 1001 on, to 10,000 before 2^32.
    for (let left = 2 ** 32 - 1001 - 10_000; left > 0; ) {
      const hole = Math.min(left, 2 ** 29);
      tape.gap(connection, 'c2s', hole);
      left -= hole;
    }
    tape.data(connection, 'c2s', junk(20_000));
    tape.end(connection, 'c2s', 'fin');
    const all = packets(
      tape.path,
      ...['tcp.srcport', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len', 'tcp.flags'],
    );
    const sent = all.filter((packet) => packet['tcp.len'] !== '0');
    assert.equal(sent[0]['tcp.seq_raw'], `${2 ** 32 - 10_000}`);
    for (const [index, packet] of sent.entries()) {
      assert.equal(packet['tcp.seq_raw'], `${(2 ** 32 - 10_000 + index * 1460) % 2 ** 32}`);
    }
    const [fin, ack] = all.slice(-2);
    assert.deepEqual([fin['tcp.flags'], fin['tcp.seq_raw']], ['0x0011', '10000']);
    assert.deepEqual([ack['tcp.srcport'], ack['tcp.ack_raw']], ['80', '10001']);
  });

  test('times, to the microsecond', () => {
    const tape = new Tape();
    const connection = tape.open(client());
    tape.data(connection, 's2c', junk(1));
    const times = packets(tape.path, 'frame.time_epoch').map(
      (packet) => packet['frame.time_epoch'],
    );
    const [opened, passed] = ['1700000000.001750', '1700000000.003250'];
    assert.deepEqual(
      times.map((time) => time.slice(0, opened.length)),
      [opened, opened, opened, passed],
    );
  });

  test('frames', () => {
    const tape = new Tape();
    const long = 'x'.repeat(70_000);
    const all = [1, 2, 3].map((port) => tape.open(client(port)));
    for (const of of all) tape.data(of, 'c2s', request);
    for (const of of all) tape.data(of, 's2c', answer);
    for (const of of all)
      tape.data(of, 's2c', bytes(0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70, long));
    for (const of of all) tape.data(of, 'c2s', frame(0x81, 'hello', key));
    const found = tsharkFrames(tape.path);
    const told = found.map(({ stream, opcode, length, mask }) => [
      stream,
      opcode,
      length,
      mask,
    ]);
    assert.deepEqual(told, [
      ...[0, 1, 2].map((stream) => [stream, 2, 70_000, '0']),
      ...[0, 1, 2].map((stream) => [stream, 1, 5, '1']),
    ]);
  });
});

describe('as an Inspection sees it', () => {
  test('it is what one of the live traffic sees', () => {
    const live = new Inspection();
    const tape = new Tape();
    const both = [0, 1, 2, 3].map((port) => {
      const number = tape.open(client(1000 + port));
      return [
        number,
        live.openConnection({ client: client(1000 + port), server, time: tape.time }),
      ];
    });
    /** @type {[Direction, Uint8Array][]} */
    const passes = [
      ['c2s', request],
      ['s2c', answer],
      ['c2s', frame(0x01, 'hel', key)],
      ['s2c', frame(0x89, 'ping')],
      ['c2s', bytes(frame(0x8a, 'ping', key), frame(0x80, 'lo', key))],
      ['s2c', bytes(0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 0, junk(0x20_0000))],
      ['s2c', bytes('x:8302abcd')],
    ];
    for (const [way, piece] of passes) {
      for (const [recorded, shown] of both) {
        tape.data(recorded, way, piece);
        live.data(shown, way, piece, tape.time);
      }
    }
    for (const [index, how] of /** @type {const} */ ([
      [0, 'fin'],
      [1, 'reset'],
    ])) {
      const [recorded, shown] = both[index];
      tape.end(recorded, 's2c', how);
      live.end(shown, 's2c', how, tape.time);
    }
    // Of the last one: a reader waits for a while for what is missing.
    tape.gap(both[3][0], 'c2s', 100);
    live.gap(both[3][1], 'c2s', 100, tape.time);
    for (const [recorded, shown] of both.slice(2)) {
      tape.data(recorded, 'c2s', frame(0x88, bytes('x:03e8'), key));
      live.data(shown, 'c2s', frame(0x88, bytes('x:03e8'), key), tape.time);
    }
    live.finish();
    const again = inspect(tape.file);
    assert.equal(again.totals.format, 'pcapng');
    assert.deepEqual(again.totals.notes, []);
    const told = (/** @type {Inspection} */ of) => ({
      connections: of.connections().map((connection) => ({
        ...connection,
        close: Object.values(connection.close).map((close) => ({ ...close, frame: 0 })),
        last: 0,
      })),
      // A frame's number tells when it was found, which for a hole is later in a file.
      rows: allRows(of).map(({ connection, opcode, length, preview, time, severity }) => ({
        ...{ connection, opcode, length, preview, severity },
        time: Math.round(time * 1e4),
      })),
      violations: of.violations().map((violation) => ({ ...violation, frame: 0 })),
    });
    assert.deepEqual(told(again), told(live));
    assert.ok(told(again).rows.length >= 4 * 6);
  });

  test('connections go on in the next file', () => {
    const tape = new Tape();
    const connection = tape.open(client());
    tape.data(connection, 'c2s', request);
    const second = Buffer.concat([
      tape.recorder.head(),
      tape.recorder.data(connection, 's2c', frame(0x81, 'one'), START),
      // Where no handshake is, it takes both sides to tell that it is a WebSocket.
      tape.recorder.data(connection, 'c2s', frame(0x81, 'yes', key), START),
      tape.recorder.data(connection, 's2c', frame(0x81, 'two'), START),
      tape.recorder.data(connection, 'c2s', frame(0x81, 'and', key), START),
    ]);
    assert.deepEqual(
      allRows(inspect(second)).map(({ preview }) => preview),
      ['one', 'yes', 'two', 'and'],
    );
  });
});

describe('what is wrong with a call', () => {
  const time = START;

  test('addresses and ports', () => {
    const { recorder } = new Tape();
    for (const address of [
      'localhost',
      '',
      '[::1]',
      '1.2.3',
      '192.0.2.1%eth0',
      '::1::',
      '1.2.3.4:5',
    ]) {
      assert.throws(
        () => recorder.openConnection({ client: { address, port: 1 }, server, time }),
        {
          name: 'RangeError',
          message: `client.address is ${JSON.stringify(address)}; it must be an IPv4 address, or an IPv6 address without brackets`,
        },
      );
    }
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      assert.throws(
        () => recorder.openConnection({ client: client(), server: { ...server, port }, time }),
        {
          name: 'RangeError',
          message: /^server\.port is .*; it must be an integer from 0 to 65535/,
        },
      );
    }
    assert.equal(recorder.openConnections, 0);
    assert.equal(recorder.openConnection({ client: client(), server, time }).connection, 0);
  });

  test('types', () => {
    const { recorder } = new Tape();
    const any = /** @type {any} */ (recorder);
    const { connection } = recorder.openConnection({ client: client(), server, time });
    const none = new Uint8Array(0);
    for (const call of [
      () => any.openConnection(),
      () => any.openConnection({ client: client(), time }),
      () => any.openConnection({ client: client(), server }),
      () => any.openConnection({ client: client(), server: 'localhost:80', time }),
      () => any.data(connection, 'up', none, time),
      () => any.data(connection, 'c2s', 'text', time),
      () => any.data(connection, 'c2s', none),
      () => any.data(connection, 'c2s', none, Number.NaN),
      () => any.data(`${connection}`, 'c2s', none, time),
      () => any.gap(connection, 'c2s', '1', time),
      () => any.end(connection, 'c2s', 'rst', time),
    ]) {
      assert.throws(call, TypeError);
    }
    assert.throws(() => any.gap(connection, 'c2s', -1, time), RangeError);
    assert.throws(() => any.data(-1, 'c2s', none, time), RangeError);
  });

  test('connections that there are not, and ends', () => {
    const { recorder } = new Tape();
    const one = Uint8Array.of(1);
    assert.throws(() => recorder.data(3, 'c2s', one, time), {
      name: 'RangeError',
      message: 'there is no connection 3; open it first',
    });
    assert.throws(() => recorder.gap(0, 'c2s', 1, time), RangeError);
    assert.throws(() => recorder.end(0, 'c2s', 'fin', time), RangeError);
    const { connection } = recorder.openConnection({ client: client(), server, time });
    assert.equal(recorder.data(connection, 'c2s', new Uint8Array(0), time).length, 0);
    assert.ok(recorder.end(connection, 'c2s', 'fin', time).length > 0);
    for (const bytes of [one, new Uint8Array(0)]) {
      assert.throws(() => recorder.data(connection, 'c2s', bytes, time), {
        name: 'RangeError',
        message: /^connection 0 has ended in the direction c2s/,
      });
    }
    assert.equal(recorder.end(connection, 'c2s', 'fin', time).length, 0);
    assert.ok(recorder.data(connection, 's2c', one, time).length > 0);
    assert.equal(recorder.openConnections, 1);
    assert.ok(recorder.end(connection, 's2c', 'reset', time).length > 0);
    assert.equal(recorder.openConnections, 0);
    assert.equal(recorder.end(connection, 's2c', 'reset', time).length, 0);
  });

  test('times beyond what can be written', () => {
    const { recorder } = new Tape();
    const ends = { client: client(), server };
    for (const time of [0, 1e-9, 2 ** 53, 1e300]) {
      const { bytes } = recorder.openConnection({ ...ends, time });
      assert.ok(inspect(new Uint8Array(Buffer.concat([recorder.head(), bytes]))));
    }
  });

  test('freed', () => {
    const recorder = new Recorder();
    recorder.free();
    recorder[Symbol.dispose]();
    assert.throws(() => recorder.head(), { name: 'TypeError', message: /freed/ });
  });
});

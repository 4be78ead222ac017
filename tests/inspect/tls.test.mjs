// TLS made here and now by Node (OpenSSL), recorded between its two ends: what the inspector
// decrypts are the frames that went in, whatever the suite, and however the capture is cut.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import { InputError, Inspection, isKeyLog, withKeys } from 'ws4wasm/inspect';
import { main } from '../cli/support.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { captured } from './recorded.mjs';
import { allRows, frame, inspect } from './support.mjs';

const { key, cert } = makeCertificate();

const request = `GET /chat HTTP/1.1\r
Host: example.test\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Version: 13\r
\r
`;
const response = `HTTP/1.1 101 Switching Protocols\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
\r
`;

let used = 0;
/** A masking key that was not there before. */
const mask = () => [1, 2, 3, used++];
const big = new Uint8Array(40_000).map((_, index) => index * 7);

/** What each side sends: texts and a binary message of several records. */
const script = [
  { way: 'c2s', bytes: request },
  { way: 's2c', bytes: response },
  { way: 'c2s', bytes: frame(0x81, 'hello', mask()) },
  { way: 's2c', bytes: frame(0x81, 'world') },
  { way: 's2c', bytes: frame(0x82, big) },
  { way: 'c2s', bytes: frame(0x82, big, mask()) },
  { way: 's2c', bytes: frame(0x89, 'ping') },
  { way: 'c2s', bytes: frame(0x8a, 'ping', mask()) },
  { way: 'c2s', bytes: frame(0x88, Uint8Array.of(3, 0xe8), mask()) },
  { way: 's2c', bytes: frame(0x88, Uint8Array.of(3, 0xe8)) },
];

/** @typedef {import('./recorded.mjs').Piece} Piece */

const ticketKeys = Buffer.alloc(48, 7);
const host = '127.0.0.1';

/** @param {net.Server} server */
async function listening(server) {
  server.listen(0, host);
  await once(server, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** Reads so many bytes. @param {tls.TLSSocket} socket @param {number} count */
async function take(socket, count) {
  for (let left = count; left > 0; ) {
    const chunk = socket.read();
    if (chunk === null) await once(socket, 'readable');
    else left -= chunk.length;
  }
}

/**
 * Lets the script run through TLS, past a proxy that keeps what it sees.
 * @param {tls.TlsOptions & tls.ConnectionOptions} options of both ends
 * @param {tls.TlsOptions} [serverOptions]
 * @param {Buffer} [session]
 */
async function talk(options, serverOptions = {}, session) {
  /** @type {Piece[]} */
  const seen = [];
  const server = tls.createServer({ ...options, ...serverOptions, key, cert, ticketKeys });
  const target = await listening(server);
  const proxy = net.createServer((near) => {
    const far = net.connect(target, host);
    for (const [way, from, to] of /** @type {const} */ ([
      ['c2s', near, far],
      ['s2c', far, near],
    ])) {
      from.on('data', (chunk) => {
        seen.push({ way, bytes: new Uint8Array(chunk) });
        to.write(chunk);
      });
      from.on('close', () => to.destroy());
      from.on('error', () => {});
    }
  });
  const port = await listening(proxy);
  const accepted = once(server, 'secureConnection');
  const client = tls.connect({
    ...options,
    host,
    port,
    servername: 'example.test',
    rejectUnauthorized: false,
    session,
  });
  /** @type {Buffer[]} */
  const keys = [];
  client.on('keylog', (line) => keys.push(line));
  /** @type {Buffer | undefined} */
  let ticket;
  client.on('session', (given) => {
    ticket = given;
  });
  await once(client, 'secureConnect');
  const [peer] = await accepted;
  for (const { way, bytes } of script) {
    const [from, to] = way === 'c2s' ? [client, peer] : [peer, client];
    from.write(bytes);
    await take(to, Buffer.byteLength(bytes));
  }
  const reused = client.isSessionReused();
  client.destroy();
  peer.destroy();
  proxy.close();
  server.close();
  return { seen, keys: Buffer.concat(keys), ticket, reused };
}

const row = (
  /** @type {import('ws4wasm/inspect').Row} */ { direction, code, length, preview },
) => `${direction} ${code} ${length} ${preview.slice(0, 20)}`;

const expected = ['c2s 1 5 hello', 's2c 1 5 world'];

/** What is in the big messages, as far as it is there. @param {Inspection} inspection */
function checkBig(inspection) {
  for (const { frame, code } of allRows(inspection)) {
    if (code !== 2) continue;
    const found = inspection.bytes(frame, 'unmasked');
    assert.deepEqual(found?.bytes, big);
    const records = inspection.frame(frame)?.records;
    assert.ok(records && records.last - records.first >= 2, 'it came in three records or more');
  }
}

/**
 * @param {Uint8Array} file
 * @param {Uint8Array} keys
 * @param {{ after?: boolean, chunk?: number }} [how]
 */
function opened(file, keys, { after = false, chunk = file.length } = {}) {
  const inspection = new Inspection();
  if (!after) inspection.keys(keys);
  for (let at = 0; at < file.length; at += chunk)
    inspection.push(file.subarray(at, at + chunk));
  inspection.finish();
  if (after) inspection.keys(keys);
  return inspection;
}

/** @type {tls.SecureContextOptions} */
const thirteen = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' };
/** @type {tls.SecureContextOptions} */
const twelve = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
const noEtm = { secureOptions: constants.SSL_OP_NO_ENCRYPT_THEN_MAC };
/** @type {[string, object, object?][]} */
const kinds = [
  ['TLS_AES_128_GCM_SHA256', { ...thirteen, ciphers: 'TLS_AES_128_GCM_SHA256' }],
  ['TLS_AES_256_GCM_SHA384', { ...thirteen, ciphers: 'TLS_AES_256_GCM_SHA384' }],
  ['TLS_CHACHA20_POLY1305_SHA256', { ...thirteen, ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ['a HelloRetryRequest', { ...thirteen, ecdhCurve: 'X25519:P-384' }, { ecdhCurve: 'P-384' }],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', { ...twelve, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', { ...twelve, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', { ...twelve, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }],
  ['AES-CBC, encrypt then MAC', { ...twelve, ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
  ['AES-CBC, MAC then encrypt', { ...twelve, ...noEtm, ciphers: 'ECDHE-ECDSA-AES256-SHA' }],
  ['CBC with SHA-256', { ...twelve, ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
  ['CBC with SHA-384', { ...twelve, ...noEtm, ciphers: 'ECDHE-ECDSA-AES256-SHA384' }],
];

for (const [name, options, serverOptions] of kinds) {
  test(`${name}: keys before and after, whole and in pieces`, async () => {
    const { seen, keys } = await talk(options, serverOptions);
    const file = captured(seen);
    for (const how of [{}, { after: true }, { chunk: 7 }, { chunk: 1000, after: true }]) {
      const inspection = opened(file, keys, how);
      const rows = allRows(inspection);
      assert.deepEqual(rows.slice(0, 2).map(row), expected);
      assert.deepEqual(
        rows.map(({ code }) => code).sort((a, b) => a - b),
        [1, 1, 2, 2, 8, 8, 9, 10],
      );
      checkBig(inspection);
      const [connection] = inspection.connections();
      assert.equal(connection.url, 'wss://example.test/chat');
      assert.equal(connection.verdict, 'ok');
      assert.equal(connection.tls?.decrypted, true);
      assert.equal(connection.tls?.serverName, 'example.test');
      assert.equal(connection.explanation, undefined);
      inspection.free();
    }
  });
}

for (const [name, options] of /** @type {[string, object][]} */ ([
  ['TLS 1.3 with a ticket', thirteen],
  ['TLS 1.2 with a ticket', twelve],
])) {
  test(`resumption: ${name}`, async () => {
    const first = await talk(options);
    const second = await talk(options, {}, first.ticket);
    assert.ok(second.reused, 'the session was resumed');
    const inspection = opened(captured(second.seen), second.keys);
    assert.deepEqual(allRows(inspection).slice(0, 2).map(row), expected);
    inspection.free();
  });
}

test('without keys there is one sentence, and the keys of another connection open nothing', async () => {
  const mine = await talk(thirteen);
  const other = await talk(thirteen);
  const file = captured(mine.seen);
  for (const keys of [undefined, other.keys]) {
    const inspection = new Inspection();
    if (keys) inspection.keys(keys);
    inspection.push(file);
    inspection.finish();
    assert.equal(inspection.totals.frames, 0);
    const [{ transport, tls: found, explanation = '' }] = inspection.connections();
    assert.equal(transport, 'tls');
    assert.equal(found?.version, 'TLS 1.3');
    assert.equal(found?.decrypted, false);
    for (const word of [
      'TLS 1.3',
      'example.test',
      'SSLKEYLOGFILE',
      '--tls-keylog',
      'ws4wasm inspect',
      'chrome://net-export',
    ]) {
      assert.ok(explanation.includes(word), `${word} in ${explanation}`);
    }
    inspection.keys(mine.keys);
    assert.equal(inspection.totals.frames, 8, 'the keys come late and open all of it');
    inspection.free();
  }
});

test('a capture that begins behind the hello says why nothing is shown', async () => {
  const { seen, keys } = await talk(thirteen);
  const data = seen.findLastIndex(({ bytes }) => bytes.length < 200);
  const inspection = opened(captured(seen.slice(data)), keys);
  assert.equal(inspection.totals.frames, 0);
  assert.match(
    inspection.connections()[0].explanation ?? '',
    /handshake is not in the capture/,
  );
  inspection.free();
});

for (const [name, options] of /** @type {[string, object][]} */ ([
  ['TLS 1.3', thirteen],
  ['TLS 1.2 with AES-GCM', twelve],
  ['TLS 1.2 with AES-CBC', { ...twelve, ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
])) {
  test(`${name}: what is lost is a hole, and no frame is wrong`, async () => {
    const { seen, keys } = await talk(options);
    const whole = opened(captured(seen), keys);
    const right = new Set(allRows(whole).map(row));
    whole.free();
    let again = 0;
    // A place in each piece that carries data: its start, its middle, more than all of it.
    for (let index = 5; index < seen.length; index++) {
      const { way, bytes } = seen[index];
      const half = bytes.length >> 1;
      /** @type {(Piece | { way: 'c2s' | 's2c', gap: number })[][]} */
      const losses = [
        [{ way, gap: bytes.length }],
        [
          { way, gap: half },
          { way, bytes: bytes.subarray(half) },
        ],
        [
          { way, bytes: bytes.subarray(0, half) },
          { way, gap: bytes.length - half },
        ],
        [
          { way, bytes: bytes.subarray(0, 3) },
          { way, gap: 2 },
          { way, bytes: bytes.subarray(5) },
        ],
      ];
      for (const loss of losses) {
        const inspection = opened(
          captured([...seen.slice(0, index), ...loss, ...seen.slice(index + 1)]),
          keys,
        );
        const rows = allRows(inspection).filter(({ complete }) => complete);
        for (const found of rows)
          assert.ok(right.has(row(found)), `${row(found)} after ${index}`);
        again += rows.length > 2 ? 1 : 0;
        assert.equal(inspection.totals.errors, 0, `piece ${index}`);
        inspection.free();
      }
    }
    assert.ok(again > 0, 'frames were found behind holes');
  });
}

test('what is no key log is refused by name', () => {
  const inspection = new Inspection();
  assert.throws(() => inspection.keys(Buffer.from('GET / HTTP/1.1')), InputError);
  assert.throws(() => inspection.keys(new Uint8Array()), /no key log of TLS/);
  assert.throws(() => inspection.keys(/** @type {any} */ ('text')), TypeError);
  const line = `CLIENT_RANDOM ${'01'.repeat(32)} ${'02'.repeat(48)}`;
  assert.equal(inspection.keys(Buffer.from(`# comment\r\n${line}\r\n\r\n${line}`)), 2);
  assert.equal(isKeyLog(Buffer.from(line)), true);
  assert.equal(isKeyLog(Buffer.from('818bbe04e66a')), false);
  inspection.free();
});

test('keys are in no export', async () => {
  const { seen, keys } = await talk(thirteen);
  const inspection = opened(captured(seen), keys);
  const secrets = keys
    .toString()
    .split(/\s+/)
    .filter((word) => word.length >= 64);
  for (const format of /** @type {const} */ (['json', 'har', 'pcapng', 'vector'])) {
    const file = Buffer.from(inspection.export(format));
    for (const secret of secrets) {
      assert.ok(!file.includes(secret) && !file.includes(Buffer.from(secret, 'hex')), format);
    }
  }
  const again = inspect(inspection.export('pcapng'));
  assert.deepEqual(allRows(again).map(row), allRows(inspection).map(row), 'it is decrypted');
  again.free();
  inspection.free();
});

test('a key log is exported by that name, and a capture holds it inside where it is asked to', async () => {
  const [one, two] = [await talk(thirteen), await talk(twelve)];
  const file = captured(one.seen);
  const inspection = opened(file, Buffer.concat([one.keys, two.keys]));
  const keyLog = inspection.export('keylog');
  const randomOf = (/** @type {Buffer} */ keys) => keys.toString().split(' ')[1];
  assert.ok(Buffer.from(keyLog).includes(randomOf(one.keys)));
  assert.ok(!Buffer.from(keyLog).includes(randomOf(two.keys)), 'no key but its own');
  assert.deepEqual(inspection.export('keylog', [0]), keyLog);
  assert.equal(inspection.export('keylog', []).length, 0);

  const both = withKeys(file, keyLog);
  const again = inspect(both);
  assert.deepEqual(allRows(again).map(row), allRows(inspection).map(row));
  assert.equal(again.connections()[0].tls?.decrypted, true);
  assert.equal(again.holdsSecrets(), true, 'a link does not take these bytes');
  assert.equal(inspection.holdsSecrets(), false);
  again.free();
  inspection.free();
  assert.deepEqual(withKeys(both, keyLog).subarray(-1000), both.subarray(-1000), 'pcapng, too');
  assert.throws(() => withKeys(Buffer.from('818bbe'), keyLog), /neither pcap nor pcapng/);
  assert.throws(() => withKeys(file, Buffer.from('x')), InputError);
  assert.throws(() => withKeys(file.subarray(0, file.length - 3), keyLog), /ends inside/);
});

test('dump hands on what is encrypted, with the keys that open it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { seen, keys } = await talk(thirteen);
  const [file, keyLog] = [join(folder, 'session.pcapng.gz'), join(folder, 'keys.log')];
  writeFileSync(file, gzipSync(captured(seen)));
  writeFileSync(keyLog, keys);
  const dump = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, [main, 'dump', ...args, file], { maxBuffer: 2 ** 26 });
  const { stdout, status } = dump('--keylog', keyLog, '--export', 'pcapng', '--with-keys');
  assert.equal(status, 0);
  const again = inspect(stdout);
  assert.deepEqual(allRows(again).slice(0, 2).map(row), expected);
  again.free();
  const { stdout: log } = dump('--keylog', keyLog, '--export', 'keylog');
  assert.ok(isKeyLog(log));
  // What was not asked for is not there.
  const { stdout: shown, stderr } = dump('--keylog', keyLog, '--json');
  const secret = log.toString().split(' ').at(-1)?.trim() ?? '';
  assert.ok(secret.length >= 64);
  assert.ok(!`${shown}${stderr}`.includes(secret));
  assert.match(
    String(dump('--export', 'pcapng', '--with-keys').stderr),
    /there are no keys for what is in it/,
  );
});

test('dump takes keys that come while it reads, and says how to come by those that do not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { seen, keys } = await talk(thirteen);
  const file = captured(seen);
  const keyLog = join(folder, 'keys.log');
  writeFileSync(keyLog, '');
  const child = spawn(process.execPath, [main, 'dump', '--keylog', keyLog]);
  t.after(() => child.kill());
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (more) => {
    said += more;
  });
  child.stdin.write(file.subarray(0, -500));
  // The last line is still being written.
  writeFileSync(keyLog, keys.subarray(0, -1));
  child.stdin.end(file.subarray(-500));
  await once(child, 'close');
  assert.match(said, /text +FIN MASKED +5 B {2}hello\n/);

  const { stderr } = spawnSync(process.execPath, [main, 'dump'], { input: file });
  assert.match(String(stderr), /connection 0: This is TLS 1\.3 to example\.test.*--tls-keylog/);

  // A key log may appear while a pipe is read; a file that is whole will get no more.
  const nowhere = ['dump', '--keylog', join(folder, 'nowhere.log')];
  const piped = spawnSync(process.execPath, [main, ...nowhere], { input: file });
  assert.equal(piped.status, 0, String(piped.stderr));
  assert.match(String(piped.stdout), /^connection 0 .*TLS without keys/m);
  assert.match(String(piped.stderr), /nowhere\.log: there is no such file, and so no keys/);
  const whole = join(folder, 'whole.pcapng');
  writeFileSync(whole, file);
  const refused = spawnSync(process.execPath, [main, ...nowhere, whole]);
  assert.equal(refused.status, 1);
  assert.match(String(refused.stderr), /^There is no file .*nowhere\.log\./);
});

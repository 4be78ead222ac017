// `ws4wasm dump`: the real program on captures.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';

/**
 * @param {string[]} args
 * @param {string | Buffer} [input]
 */
function dump(args, input = '') {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'js/cli/main.js'), 'dump', ...args],
    { input, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  return { status, stdout, stderr, lines: stdout.trim().split('\n') };
}

// RFC 6455 section 5.7: a masked text message; ws4py's example; a reserved bit.
const hello = '818537fa213d7f9f4d5158';
const ws4py = '818bbe04e66ad6618a06d1249105cc6882';
const reserved = 'c18bbe04e66ad6618a06d1249105cc6882';

test('text that spells bytes, from stdin', () => {
  const { status, stdout, stderr } = dump([], hello + ws4py);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /#0 → text +FIN MASKED +5 B {2}Hello\n.*#1 → text.* 11 B {2}hello world\n/,
  );
  assert.match(stderr, /2 frames, 2 messages, 0 errors/);
});

test('raw bytes, as lines of JSON', () => {
  const { status, lines } = dump(['--json', '-'], Buffer.from(hello, 'hex'));
  assert.equal(status, 0);
  const [row] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    [row.kind, row.opcode, row.fin, row.masked, row.length, row.preview],
    ['frame', 'text', true, true, 5, 'Hello'],
  );
});

test('what is wrong is shown, with its section, and is code 3', () => {
  const { status, lines } = dump(['--json', '--violations'], reserved);
  assert.equal(status, 3);
  const [violation] = lines.map((line) => JSON.parse(line));
  assert.equal(violation.kind, 'violation');
  assert.deepEqual([violation.severity, violation.section], ['error', '5.2']);
  assert.match(dump(['--violations'], reserved).stdout, /^error \S+ \(RFC 6455 section 5\.2\)/);
});

test('a capture, whole, filtered and by messages', () => {
  const file = join(root, 'tests/capture/files/simple-le.pcapng');
  const of = (/** @type {string[]} */ ...options) =>
    dump(['--json', ...options, file]).lines.map((line) => JSON.parse(line));
  const frames = of().filter(({ kind }) => kind === 'frame');
  assert.ok(frames.length >= 4);
  const texts = frames.filter(({ opcode }) => opcode === 'text');
  assert.ok(texts.length > 0 && texts.length < frames.length);
  assert.deepEqual(
    of('--filter', 'op:text').filter(({ kind }) => kind === 'frame'),
    texts,
  );
  // Control frames stand between the messages as what they are.
  const messages = of('--messages').filter(({ opcode }) => ['text', 'binary'].includes(opcode));
  assert.ok(messages.length > 0 && messages.every(({ kind }) => kind === 'message'));
  assert.match(dump([file]).stdout, /^connection 0 192\.0\.2\.1:\d+ → /);
});

test('the rules', () => {
  const rules = dump(['--rules', '--json']).lines.map((line) => JSON.parse(line));
  assert.ok(rules.length > 20 && rules.every(({ rule, section }) => rule && section));
});

test('what cannot be read is said', () => {
  for (const [args, status, said] of /** @type {[string[], number, RegExp][]} */ ([
    [['nowhere.pcap'], 1, /^There is no file nowhere\.pcap\./],
    [[root], 1, /is a folder/],
    [['a', 'b'], 2, /^One file is expected, not 2/],
    [['--filter', 'op:'], 2, /^--filter: .*\n {2}op:\n +\^/],
    [['--nonsense'], 2, /^Unknown option/],
  ])) {
    const { status: found, stderr } = dump(args);
    assert.match(stderr, said);
    assert.equal(found, status, args.join(' '));
  }
});

const chat = readFileSync(join(root, 'tests/capture/files/simple-le.pcapng'));

/**
 * `dump`, which goes on while it is looked at.
 * @param {string[]} args
 */
function running(args) {
  const child = spawn(process.execPath, [join(root, 'js/cli/main.js'), 'dump', ...args]);
  let out = '';
  let told = () => {};
  child.stdout.on('data', (chunk) => {
    out += chunk;
    told();
  });
  return {
    child,
    /** Waits until it has said something. @param {RegExp} what */
    async said(what) {
      while (!what.test(out)) await new Promise((resolve) => (told = () => resolve(undefined)));
      return out;
    },
    ended: new Promise((resolve) => child.on('close', resolve)),
  };
}

test('rows appear while a pipe is open, and Ctrl-C ends it in order', async () => {
  const { child, said, ended } = running([]);
  child.stdin.write(chat);
  assert.match(await said(/#1 →/), /#0 ←/);
  child.kill('SIGINT');
  assert.equal(await ended, 3, 'a rule is broken in it');
  assert.match(await said(/connection 0 .* 101 /), /^connection 0/);
});

test('so does what is wrong', async () => {
  const { child, said, ended } = running(['--violations']);
  child.stdin.write(chat);
  const first = await said(/^(error|warning) /);
  child.kill('SIGINT');
  assert.equal(await ended, 3);
  assert.equal((await said(/./)).split(first).length, 2, 'once');
});

test('--follow shows what a file grows by', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'dump-')), 'growing.pcapng');
  const half = chat.indexOf(Buffer.from('HTTP/1.1 101'));
  writeFileSync(file, chat.subarray(0, half));
  const { child, said, ended } = running(['--follow', file]);
  appendFileSync(file, chat.subarray(half));
  assert.match(await said(/#1 →/), /#0 ←/);
  child.kill('SIGINT');
  assert.equal(await ended, 3);
});

test('a cut file shows what it holds, and then that it is cut', () => {
  const { status, stdout, stderr } = dump([], chat.subarray(0, chat.length - 10));
  assert.equal(status, 1);
  assert.match(stdout, /#0 ← text/);
  assert.match(stderr, /1 connection, \d+ frames?, .*\n.*the file ends inside a record/s);
});

test('lines of JSON have addresses, and payloads as they are asked for', () => {
  const payloads = (/** @type {string[]} */ ...options) =>
    dump(['--json', ...options], chat)
      .lines.map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'frame')
      .map(({ encoding, payload, client, url }) => [encoding, payload, client, url]);
  const ends = ['192.0.2.1:49152', 'ws://x/chat'];
  assert.deepEqual(payloads()[0], ['text', 'Hello', ...ends]);
  assert.deepEqual(payloads('--payload', 'hex')[1], ['hex', '48656c6c6f', ...ends]);
  assert.deepEqual(payloads('--payload', 'base64')[1], ['base64', 'SGVsbG8=', ...ends]);
  const connection = dump(['--json'], chat)
    .lines.map((line) => JSON.parse(line))
    .at(-1);
  assert.deepEqual([connection.kind, connection.status], ['connection', 101]);
});

test('exports, of all or of what a filter lets through', () => {
  const har = JSON.parse(dump(['--export', 'har', '--filter', 'op:text'], chat).stdout);
  assert.equal(har.log.entries[0]._webSocketMessages.length, 2);
  assert.match(dump(['--export', 'csv']).stderr, /^--export is "csv"/);
});

test('secrets and keys are exported where they are asked for', () => {
  const asked = Buffer.from(
    'GET /chat?token=abc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n',
  );
  assert.doesNotMatch(dump(['--export', 'pcapng'], asked).stdout, /token=abc/);
  assert.match(dump(['--export', 'pcapng', '--with-secrets'], asked).stdout, /token=abc/);
  assert.equal(dump(['--export', 'keylog'], chat).stdout, '');
  for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
    [['--with-secrets'], /^--with-secrets belongs to --export/],
    [['--export', 'json', '--with-keys'], /^--with-keys belongs to --export pcapng/],
    [['--export', 'pcapng', '--with-keys'], /there are no keys/],
  ])) {
    assert.match(dump(args, chat).stderr, said);
  }
});

test('--as says what a connection is', () => {
  const frames = (/** @type {string[]} */ ...args) =>
    dump(args, chat).lines.filter((l) => l.includes('#'));
  assert.ok(frames().length > 0);
  assert.equal(frames('--as', 'port=8080:other').length, 0);
  assert.match(dump(['--as', '8080']).stderr, /write port=8080/);
});

// `ws4wasm dump`: the real program on captures.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

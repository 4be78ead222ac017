// What peers and files say, where a terminal gets it: nothing that it obeys, and no line that
// they made up.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { withoutSecrets } from '../../js/base/secrets.js';
import { jsonLine, printable } from '../../js/cli/base/printable.js';
import { root } from '../../scripts/lib.mjs';
import { listen } from '../support/connections.mjs';
import { python } from '../support/tools.mjs';
import { serveWs } from '../support/ws.mjs';
import { main } from './support.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-printable-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Whether a terminal may obey this, or show what follows in another order: ECMA-48's C0, C1 and
 * DEL, Unicode's separators and bidirectional controls (UAX 9), what is invisible, surrogates.
 * Written down by ranges, apart from the regular expression that is tested.
 * @param {number} c
 */
const dangerous = (c) =>
  c < 0x20 ||
  (c >= 0x7f && c <= 0x9f) ||
  c === 0xad ||
  c === 0x61c ||
  (c >= 0x200b && c <= 0x200f) ||
  (c >= 0x2028 && c <= 0x202e) ||
  (c >= 0x2060 && c <= 0x206f) ||
  (c >= 0xd800 && c <= 0xdfff) ||
  c === 0xfeff ||
  (c >= 0xfff9 && c <= 0xfffb) ||
  (c >= 0xe0000 && c <= 0xe007f);

/** @param {string} text */
const dangers = (text) => [...text].filter((c) => dangerous(c.codePointAt(0) ?? 0));

/** A generator with a seed, so that a failure can be had again (mulberry32). @param {number} a */
function random(a) {
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Text of all kinds: controls, letters, halves of pairs, what is far out. @param {() => number} next */
function anyText(next) {
  const pools = [
    () => Math.floor(next() * 0x20),
    () => 0x20 + Math.floor(next() * 0x60),
    () => 0x7f + Math.floor(next() * 0x30),
    () => 0x2000 + Math.floor(next() * 0x70),
    () => 0xd800 + Math.floor(next() * 0x800),
    () => Math.floor(next() * 0x110000),
    () => 0xe0000 + Math.floor(next() * 0x80),
  ];
  const length = Math.floor(next() * 12);
  const one = () => String.fromCodePoint(pools[Math.floor(next() * pools.length)]());
  return Array.from({ length }, one).join('');
}

describe('printable', () => {
  test('leaves nothing that a terminal obeys, and all that it shows', () => {
    const next = random(6455);
    for (let i = 0; i < 20_000; i++) {
      const text = anyText(next);
      const shown = printable(text);
      assert.deepEqual(dangers(shown), [], JSON.stringify(text));
      assert.equal(printable(shown), shown, 'twice is once');
      // What is spelled out can be read back: nothing is lost.
      const back = shown.replace(/\\u\{([\da-f]+)\}/g, (_, hex) =>
        String.fromCodePoint(Number.parseInt(hex, 16)),
      );
      assert.equal(back, text.isWellFormed?.() === false ? back : text);
    }
    for (const text of ['Grüße, 世界 😀', '\\u and {', '', 'a  b', '«»—…']) {
      assert.equal(printable(text), text);
    }
    for (let c = 0; c < 0x110000; c++) {
      if (dangerous(c)) {
        assert.equal(printable(String.fromCodePoint(c)), `\\u{${c.toString(16)}}`);
      }
    }
  });

  test('as JSON: the same value, on one line', () => {
    const next = random(7692);
    for (let i = 0; i < 20_000; i++) {
      const value = { [anyText(next)]: [anyText(next), i] };
      const line = jsonLine(value);
      assert.deepEqual(dangers(line), [], line);
      assert.deepEqual(JSON.parse(line), value);
    }
  });
});

test('an address without its secrets', () => {
  for (const [text, shown] of [
    ['ws://host/path', 'ws://host/path'],
    ['ws://user:pw@host/path?token=abc&x=1', 'ws://…@host/path?token=…&x=…'],
    ['/a?b', '/a?…'],
    ['/a?secret-alone-%20&=x&a?b=c', '/a?…&…&…'],
    ['/a?one=1?two=2', '/a?one=…'],
    ['*', '*'],
  ]) {
    assert.equal(withoutSecrets(text), shown);
  }
});

/** The colours that we write ourselves. */
const ESC = '\x1b';
const OURS = new RegExp(`${ESC}\\[(0|1|2|31|32|33|36)m`, 'g');

/** What a hostile peer says: cleans the screen, moves up, begins a line that looks like ours. */
const HOSTILE =
  'x\x1b[2J\x1b[1A\r\x9b31m\x07\nClosed with 1000.\r\n← text 2 B ok\u202egnp\u2028\x00\x7f';

/**
 * Runs a line of the shell at a terminal and gives what the terminal got.
 * @param {import('node:test').TestContext} t
 * @param {string} program Python
 * @param {string} line $CLI stands for the command
 * @param {Record<string, string>} [env]
 */
async function atTerminal(t, program, line, env = {}) {
  const script = join(root, 'tests/e2e/terminal.py');
  const child = spawn(program, [script, 'sh', '-c', line], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (more) => {
    shown += more;
  });
  await once(child, 'close');
  // The terminal's own line ends.
  return shown.replaceAll('\r\n', '\n');
}

/** @param {string} shown */
function harmless(shown) {
  const lines = shown.replace(OURS, '').split('\n');
  for (const line of lines) assert.deepEqual(dangers(line), [], JSON.stringify(line));
  return lines.filter(Boolean);
}

const CLI = `'${process.execPath}' '${main}'`;

describe('at a terminal', () => {
  test('connect with its input from a pipe: messages and the close reason', async (t) => {
    const program = python(t);
    if (!program) return;
    const at = await serveWs(t, (ws) => {
      ws.on('message', () => {
        ws.send(HOSTILE);
        ws.close(4000, HOSTILE.slice(0, 60));
      });
    });
    for (const options of ['', '--json', '--frames']) {
      const shown = await atTerminal(t, program, `echo hi | ${CLI} connect ${options} ${at}`);
      const lines = harmless(shown);
      assert.ok(lines.at(-1)?.startsWith('Closed with 4000 x\\u{1b}[2J'), shown);
      // Frames of text and close, with --frames; the message; the close.
      assert.equal(lines.length, options === '--frames' ? 4 : 2, shown);
    }
    const empty = { HOME: folder, XDG_STATE_HOME: folder };
    const asked = `${CLI} connect -x hi ${at} < /dev/null`;
    assert.equal(harmless(await atTerminal(t, program, asked, empty)).length, 2);
  });

  test('connect, in a pipe: programs get the text as it is, people the reason', async (t) => {
    const at = await serveWs(t, (ws) => {
      ws.send(HOSTILE);
      ws.close(4000, HOSTILE.slice(0, 60));
    });
    const child = spawn(process.execPath, [main, 'connect', '--wait', '5', at]);
    child.stdin.end();
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (more) => {
      out += more;
    });
    child.stderr.setEncoding('utf8').on('data', (more) => {
      err += more;
    });
    await once(child, 'close');
    assert.equal(out, `${HOSTILE}\n`);
    assert.equal(harmless(err).length, 1);
  });

  test('a refusal: its body, and where it leads', async (t) => {
    const program = python(t);
    if (!program) return;
    const server = createHttp((_, response) => {
      response.writeHead(302, { Location: '/\x9b31m\xadx' }).end(HOSTILE);
    });
    const shown = await atTerminal(
      t,
      program,
      `${CLI} connect 127.0.0.1:${await listen(server, t)}`,
    );
    const lines = harmless(shown);
    assert.equal(lines.length, 2, shown);
    assert.match(lines[0], /^The server refused with status 302\. It leads to /);
    assert.match(lines[1], /^It says: x\\u\{1b\}\[2J/);
  });

  test('dump of a HAR: addresses, names, messages, as text and as JSON', async (t) => {
    const program = python(t);
    if (!program) return;
    const headers = [{ name: 'Host', value: HOSTILE }];
    const entry = {
      startedDateTime: '2026-01-01T00:00:00.000Z',
      serverIPAddress: HOSTILE,
      connection: HOSTILE,
      request: { method: 'GET', url: `ws://h/${HOSTILE}`, httpVersion: HOSTILE, headers },
      response: { status: 101, statusText: HOSTILE, httpVersion: HOSTILE, headers },
      _webSocketMessages: [
        { type: 'send', time: 1, opcode: 1, data: HOSTILE },
        { type: 'receive', time: 2, opcode: 1, data: HOSTILE },
      ],
    };
    writeFileSync(join(folder, 'h.har'), jsonLine({ log: { entries: [entry] } }));
    const text = harmless(await atTerminal(t, program, `${CLI} dump h.har`));
    assert.match(text[0], /^connection 0 .*\\u\{1b\}/);
    // Where its rows begin, and at the end what became of it.
    assert.equal(text.filter((line) => /^connection /.test(line)).length, 2);
    assert.equal(
      text.filter((line) => /^ +\d+\.\d{3} ms +#\d+ [→←] text /.test(line)).length,
      2,
    );
    const json = harmless(await atTerminal(t, program, `${CLI} dump --json h.har`));
    const [row] = json.map((line) => JSON.parse(line));
    assert.ok(row.preview.startsWith('x'));
  });

  test('a name or an option of ours that has such characters', async (t) => {
    const program = python(t);
    if (!program) return;
    for (const args of [
      `'no\x1b[31mcommand'`,
      `dump 'no\x1b[31m\nfile'`,
      `dump -f 'o\x1b[1A:'`,
    ]) {
      const line = `echo 8100 | ${CLI} ${args}`;
      harmless(await atTerminal(t, program, line));
    }
  });
});

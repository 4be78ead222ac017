// `ws4wasm` as users run it: the real program, in pipes and at a terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../../scripts/lib.mjs';
import { freePort } from '../../scripts/tools/serve.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { listen } from '../support/connections.mjs';
import { python } from '../support/tools.mjs';
import { echo, serveWs } from '../support/ws.mjs';

const main = join(root, 'js/cli/main.js');
const state = mkdtempSync(join(tmpdir(), 'ws4wasm-cli-'));
after(() => rmSync(state, { recursive: true, force: true }));
const env = { ...process.env, XDG_STATE_HOME: state, NO_COLOR: '', TERM: 'xterm' };

/**
 * Runs a command to its end.
 * @param {string[]} args
 * @param {string} [input]
 */
async function run(args, input = '') {
  const child = spawn(process.execPath, [main, ...args], { cwd: state, env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (more) => {
    out += more;
  });
  child.stderr.setEncoding('utf8').on('data', (more) => {
    err += more;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

describe('help', () => {
  test('of all, and of each command', async () => {
    const { out, code } = await run(['--help']);
    assert.equal(code, 0);
    const commands = [...out.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
    assert.deepEqual(commands.slice(0, 3), ['serve', 'connect', 'dump']);
    for (const name of commands) {
      for (const args of [
        [name, '--help'],
        ['help', name],
      ]) {
        const help = await run(args);
        assert.equal(help.code, 0);
        assert.match(help.out, new RegExp(`^Usage: ws4wasm ${name} `));
        assert.match(help.out, /^Examples:$/m);
        assert.ok(help.out.split('\n').every((line) => line.length <= 96));
      }
    }
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.deepEqual(await run(['--version']), { code: 0, out: `${version}\n`, err: '' });
  });

  test('what is wrong with a command line is said, with code 2', async () => {
    for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
      [['nonsense'], /^There is no command "nonsense"\.\nCommands: serve, connect, dump/],
      [['connect'], /^Where to connect to\? Give a URL/],
      [['connect', 'a', 'b'], /^One URL is expected, not 2/],
      [['connect', '--nonsense', 'a'], /^Unknown option '--nonsense'\nws4wasm connect --help/],
      [['connect', 'ws://a b'], /is no URL\. Write it like/],
      [['connect', 'ftp://a'], /url .*ws:/],
      [['connect', '--timeout', 'soon', 'a'], /^--timeout is "soon"; it must be a number/],
      [['connect', '-H', 'nothing', 'a'], /write it as 'Name: value'/],
      [['connect', '-b', '-x', 'xyz', 'a'], /two hex digits/],
      [['connect', '--auth', 'me', 'a'], /USER:PASSWORD/],
      [['serve', '--port', '70000'], /^--port is "70000"; it must be a number from 0 to 65535/],
    ])) {
      const { code, out, err } = await run(args);
      assert.match(err, said);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
    }
    assert.equal((await run([])).code, 2);
  });
});

describe('connect in a pipe', () => {
  test('each line is a message; the output is what came', async (t) => {
    const at = await serveWs(t, echo);
    const lines = ['Hello', 'Grüße 😀', '', '/ping is a message', '\x1b[31mred'];
    const done = await run(['connect', at], lines.join('\n'));
    assert.deepEqual(done, { code: 0, out: `${lines.join('\n')}\n`, err: '' });
  });

  test('ten thousand lines, with a server that is slow', async (t) => {
    const at = await serveWs(t, (ws, { socket }) => {
      socket.pause();
      setTimeout(() => socket.resume(), 300);
      echo(ws);
    });
    const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 500)}`);
    const { code, out } = await run(['connect', at], lines.join('\n'));
    assert.equal(code, 0);
    assert.equal(out, `${lines.join('\n')}\n`);
  });

  test('--binary: bytes in hex, both ways', async (t) => {
    const at = await serveWs(t, echo);
    const { code, out } = await run(['connect', '-b', '-x', 'ff', at], '48 69\n00\n');
    assert.deepEqual([code, out], [0, 'ff\n48 69\n00\n']);
  });

  test('--json tells the kinds apart; --frames shows headers', async (t) => {
    const at = await serveWs(t, (ws) => {
      ws.send('a "text"');
      ws.send(Buffer.from([1, 255]));
    });
    const { out } = await run(['connect', '--json', '--frames', '--no-compress', at]);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const text = { type: 'text', data: 'a "text"' };
    const frame = { type: 'frame', opcode: 1, fin: true, rsv1: false, payloadLength: 8 };
    assert.deepEqual(events.slice(0, 2), [frame, text]);
    assert.deepEqual(events[3], { type: 'binary', data: 'Af8=' });
  });

  test('subprotocols, headers, origin, authorization, compression', async (t) => {
    /** @type {import('node:http').IncomingHttpHeaders[]} */
    const seen = [];
    const at = await serveWs(
      t,
      (ws, { headers }) => {
        seen.push(headers);
        ws.send(ws.protocol);
      },
      { handleProtocols: () => 'b' },
    );
    const options = ['-s', 'a', '-s', 'b', '-H', 'X-Test: 1: 2', '-o', 'https://o.example'];
    const { out } = await run(['connect', ...options, '--auth', 'me:secret', at]);
    assert.equal(out, 'b\n');
    const [headers] = seen;
    assert.equal(headers['sec-websocket-protocol'], 'a, b');
    assert.equal(headers['x-test'], '1: 2');
    assert.equal(headers.origin, 'https://o.example');
    assert.equal(headers.authorization, `Basic ${btoa('me:secret')}`);
    assert.match(headers['sec-websocket-extensions'] ?? '', /^permessage-deflate/);
    await run(['connect', '--no-compress', '-s', 'b', at]);
    assert.equal(seen[1]['sec-websocket-extensions'], undefined);
  });

  test('--wait stays after the end of the input', async (t) => {
    const at = await serveWs(t, (ws) => {
      ws.on('message', () => setTimeout(() => ws.send('late'), 200));
    });
    assert.equal((await run(['connect', at], 'x\n')).out, '');
    assert.equal((await run(['connect', '--wait', '2', at], 'x\n')).out, 'late\n');
  });

  test('a close out of order is code 3, with what happened', async (t) => {
    const at = await serveWs(t, (ws, { url }) => {
      if (url === '/close') ws.close(4001, 'go away');
      else if (url === '/break') ws.terminate();
      else ws.close(1000, 'bye');
    });
    const waits = ['connect', '--wait', '5'];
    assert.deepEqual(await run([...waits, `${at}/close`]), {
      code: 3,
      out: '',
      err: 'Closed with 4001 go away.\n',
    });
    const broken = await run([...waits, `${at}/break`]);
    assert.equal(broken.code, 3);
    assert.match(broken.err, /^The connection broke off without a close/);
    assert.equal((await run([...waits, `${at}/`])).code, 0);
  });

  test('a message over --max-size is refused with 1009', async (t) => {
    const at = await serveWs(t, (ws) => ws.send('x'.repeat(100)));
    const { code, err } = await run(['connect', '--max-size', '99', '--wait', '5', at]);
    assert.equal(code, 3);
    assert.match(err, /^Closed with 1009/);
  });
});

describe('no connection', () => {
  /** @param {import('node:test').TestContext} t @param {import('node:http').RequestListener} f */
  async function http(t, f) {
    return `127.0.0.1:${await listen(createHttpServer(f), t)}`;
  }

  test('nothing listens, no such host, no TLS', async (t) => {
    const refused = await run(['connect', `127.0.0.1:${await freePort()}`]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^Nothing listens at 127\.0\.0\.1:\d+\. Is the server running/);

    const plain = await http(t, (_, response) => response.end());
    assert.match(
      (await run(['connect', `wss://${plain}`])).err,
      /does not speak TLS here\. Is it ws:\/\/ perhaps\?/,
    );
  });

  test('the answer is another one', async (t) => {
    const at = await http(t, ({ url }, response) => {
      if (url === '/login') response.writeHead(302, { Location: '/ws' }).end();
      else if (url === '/who') response.writeHead(401).end('who are you\x1b[2J?');
      else response.writeHead(404).end();
    });
    assert.match(
      (await run(['connect', at])).err,
      /status 404\. There is no WebSocket at this/,
    );
    assert.match((await run(['connect', `${at}/login`])).err, /--max-redirects 1 follows/);
    const { err, code } = await run(['connect', `${at}/who`]);
    assert.equal(code, 1);
    assert.match(err, /status 401.*--auth USER:PASSWORD/);
    assert.match(err, /\nIt says: who are you\\u\{1b\}\[2J\?\n/);
  });

  test('--timeout', async (t) => {
    const silent = createNetServer((socket) => t.after(() => socket.destroy()));
    const port = await listen(silent, t);
    const { code, err } = await run(['connect', '--timeout', '0.2', `127.0.0.1:${port}`]);
    assert.equal(code, 1);
    assert.match(err, /^No WebSocket at .*200 ms/);
  });

  test('a certificate that nobody knows: --ca and --insecure', async (t) => {
    const { key, cert } = makeCertificate();
    const { createServer } = await import('ws4wasm/node');
    const { EchoWebSocket } = await import('ws4wasm');
    const port = await listen(createServer({ key, cert, WebSocket: EchoWebSocket }), t);
    const url = `wss://localhost:${port}`;
    const { code, err } = await run(['connect', url]);
    assert.equal(code, 1);
    assert.match(err, /is not trusted .*--ca FILE; --insecure/);
    const file = join(state, 'ca.pem');
    writeFileSync(file, cert);
    assert.equal((await run(['connect', '--insecure', url], 'hi\n')).out, 'hi\n');
    assert.equal((await run(['connect', '--ca', file, url], 'hi\n')).out, 'hi\n');
    assert.match((await run(['connect', '--ca', 'nowhere', url])).err, /^--ca: ENOENT/);
  });
});

describe('connect at a terminal', () => {
  /**
   * @param {string} program Python
   * @param {string[]} args
   */
  function atTerminal(program, args) {
    const script = join(root, 'tests/e2e/terminal.py');
    const child = spawn(program, [script, process.execPath, main, ...args], {
      cwd: state,
      env,
    });
    let raw = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      raw += more;
    });
    const ended = once(child, 'close').then(([code]) => code);
    let from = 0;
    return {
      raw: () => raw,
      type: (/** @type {string} */ text) => child.stdin.write(text),
      /** Waits until this is shown, after what was waited for before. */
      async shows(/** @type {RegExp} */ pattern) {
        for (;;) {
          const text = stripVTControlCharacters(raw).slice(from);
          const match = pattern.exec(text);
          if (match) {
            from += match.index + match[0].length;
            return match;
          }
          const more = await Promise.race([once(child.stdout, 'data'), ended]);
          if (!Array.isArray(more)) throw new Error(`no ${pattern} in:\n${text}`);
        }
      },
      ended,
      kill: () => child.kill(),
    };
  }

  test('messages, commands, history, close', async (t) => {
    const program = python(t);
    if (!program) return;
    const at = await serveWs(t, (ws) => {
      echo(ws);
      ws.send('tab\tand \x1b[31mescape');
    });
    const session = atTerminal(program, ['connect', at]);
    t.after(session.kill);
    await session.shows(/Connected to ws:\/\/127\.0\.0\.1:\d+/);
    await session.shows(/← text \d+ B tab\\u\{9\}and \\u\{1b\}\[31mescape/);
    assert.ok(session.raw().includes('\x1b[36m←'), 'in colours');
    session.type('hello\r');
    await session.shows(/← text 5 B hello/);
    session.type('//not a command\r');
    await session.shows(/← text 14 B \/not a command/);
    session.type('/binary 01 ff\r');
    await session.shows(/← binary 2 B 01 ff/);
    session.type('/ping are you there\r');
    await session.shows(/← pong 13 B, [\d.]+ ms are you there/);
    session.type('/nonsense\r');
    await session.shows(/There is no command \/nonsense/);
    session.type('/binary xyz\r');
    await session.shows(/write each byte as two hex digits/);
    session.type(`/ping ${'x'.repeat(200)}\r`);
    await session.shows(/125 bytes/);
    session.type('/help\r');
    await session.shows(/\/close \[CODE \[REASON\]\]/);
    // The arrow up, six times: what was typed before all those commands.
    session.type(`${'\x1b[A'.repeat(7)}\r`);
    await session.shows(/← text 14 B \/not a command/);
    session.type('/close 4002 done\r');
    await session.shows(/Closed with 4002 done/);
    assert.equal(await session.ended, 3);

    const history = join(state, 'ws4wasm/history');
    assert.match(readFileSync(history, 'utf8'), /^hello$/m);
    assert.equal(statSync(history).mode & 0o777, 0o600);
    const again = atTerminal(program, ['connect', at]);
    t.after(again.kill);
    await again.shows(/Ctrl-D closes/);
    again.type('\x1b[A');
    await again.shows(/\/close 4002 done/);
    again.type('\x15\x04');
    await again.shows(/Closed with 1000/);
    assert.equal(await again.ended, 0);
  });

  test('Ctrl-C closes; the second time without waiting', async (t) => {
    const program = python(t);
    if (!program) return;
    const at = await serveWs(t, (_, { socket, url }) => {
      if (url === '/deaf') socket.pause();
    });
    const session = atTerminal(program, ['connect', at]);
    t.after(session.kill);
    await session.shows(/Ctrl-D closes/);
    session.type('\x03');
    assert.equal(await session.ended, 0);

    const deaf = atTerminal(program, ['connect', `${at}/deaf`]);
    t.after(deaf.kill);
    await deaf.shows(/Ctrl-D closes/);
    deaf.type('\x03');
    deaf.type('\x03');
    await deaf.shows(/broke off/);
    assert.equal(await deaf.ended, 3);
  });
});

test('serve and connect, with each other', async (t) => {
  const server = spawn(process.execPath, [main, 'serve', '--port', '0'], { env });
  t.after(() => server.kill());
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  const [url] = /ws:\/\/\S+/.exec(line) ?? [''];
  assert.equal((await run(['connect', url], 'hello\n')).out, 'hello\n');
  server.kill('SIGTERM');
  const [code] = await once(server, 'close');
  assert.equal(code, 0);
});

// `ws4wasm replay`: the real program, captures that were recorded, and servers that know nothing
// of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parsePath, places } from '../../js/cli/base/json-path.js';
import { compare, Ignored } from '../../js/cli/replay/compare.js';
import { Variables } from '../../js/cli/replay/variables.js';
import { outputOf } from '../support/output.mjs';
import { frame } from '../support/wire.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { capture, closeFrame, folder } from './captures.mjs';
import { main } from './support.mjs';

/** @typedef {import('./captures.mjs').Line} Line */

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 */
async function replay(t, ...args) {
  const child = spawn(process.execPath, [main, 'replay', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  child.stdin.end();
  t.after(() => child.kill('SIGKILL'));
  const output = outputOf(child);
  return { code: await output.ended, said: output.text };
}

/**
 * A server that notes what it hears, and what it says is `answer`'s.
 * @param {import('node:test').TestContext} t
 * @param {(text: string) => string | undefined} answer
 */
async function serve(t, answer) {
  /** @type {string[]} */
  const heard = [];
  /** @type {import('node:http').IncomingMessage[]} */
  const requests = [];
  const at = await serveWs(t, (ws, request) => {
    requests.push(request);
    ws.on('message', (data) => {
      heard.push(`${data}`);
      const said = answer(`${data}`);
      if (said !== undefined) ws.send(said);
    });
  });
  return { url: `ws://${at}`, heard, requests };
}

describe('ws4wasm replay', () => {
  test('the same answers: 0, at the captured path, with what was asked for', async (t) => {
    const file = capture([['> one', '< one', '> Grüße', '< Grüße']], {
      fields: 'Cookie: secret=1\r\nX-Mine: yes\r\n',
    });
    const server = await serve(t, (text) => text);
    const { code, said } = await replay(t, file, '--to', server.url, '-H', 'X-Now: 1');
    assert.equal(code, 0, said);
    assert.match(said, /2 of 2 sent, 2 answers, 2 of 2 as captured/);
    assert.deepEqual(server.heard, ['one', 'Grüße']);
    const [{ url, headers }] = server.requests;
    assert.equal(url, '/room?x=1');
    assert.equal(headers['x-now'], '1');
    assert.equal(headers.cookie, undefined, 'captured headers are secrets');

    const again = await replay(t, file, '--to', `${server.url}/other`, '--with-headers');
    assert.equal(again.code, 0, again.said);
    assert.equal(server.requests[1].url, '/other');
    assert.equal(server.requests[1].headers.cookie, 'secret=1');
  });

  test('other answers: 3, and what is different, by JSON path', async (t) => {
    const file = capture([
      [
        '> {"id":1}',
        '< {"id":1,"name":"Ada","at":5}',
        '> {"id":2}',
        '< {"id":2,"name":"Bob","at":6}',
      ],
    ]);
    const server = await serve(t, (text) => {
      const { id } = JSON.parse(text);
      return JSON.stringify({ at: 99, name: id === 2 ? 'Eve' : 'Ada', id });
    });
    const { code, said } = await replay(t, file, '--to', server.url, '--ignore', '$.at');
    assert.equal(code, 3, said);
    assert.match(said, /~ answer 2 differs from the captured 2\n {4}\$\.name: "Bob" → "Eve"\n/);
    assert.match(said, /Not as expected: 1 difference\./);
    const json = await replay(t, file, '--to', server.url, '--json', '--ignore', '/"at":\\d+/');
    const lines = json.said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ kind }) => kind),
      ['changed', 'result'],
    );
    assert.deepEqual([lines[1].same, lines[1].asExpected], [1, false]);
    const count = await replay(t, file, '--to', server.url, '--expect', 'count');
    assert.equal(count.code, 0, count.said);
  });

  test('an answer that does not come, and one too many', async (t) => {
    const file = capture([['> a', '< 1', '> b', '< 2']]);
    const few = await serve(t, (text) => (text === 'a' ? '1' : undefined));
    const less = await replay(t, file, '--to', few.url, '--wait', '0.2');
    assert.equal(less.code, 3);
    assert.match(less.said, /- the captured answer 2 did not come\n {4}"2"/);
    const at = await serveWs(t, (ws) =>
      ws.on('message', (data) => {
        ws.send(`${data}` === 'a' ? '1' : '2');
        ws.send('and more');
      }),
    );
    const more = await replay(t, file, '--to', `ws://${at}`);
    assert.equal(more.code, 3);
    assert.match(more.said, /\+ answer \d is not in the capture\n {4}"and more"/);
    const any = await replay(t, file, '--to', `ws://${at}`, '--expect', 'any');
    assert.equal(any.code, 0);
  });

  test('variables: set, what the capture had, and taken from an answer', async (t) => {
    const file = capture([
      [
        '> {"login":"ada"}',
        '< {"session":"S-old","for":"ada"}',
        '> {"session":"S-old","do":"x","by":"{{by}}"}',
        '< done S-old',
      ],
    ]);
    const server = await serve(t, (text) => {
      const asked = JSON.parse(text);
      if (asked.login) return JSON.stringify({ session: 'S-new', for: asked.login });
      return asked.session === 'S-new' ? `done ${asked.session}` : 'who are you?';
    });
    const given = ['--was', 'user=ada', '--set', 'user=bob', '--set', 'by=me'];
    const take = ['--take', 'id=/"session":"([^"]+)"/'];
    const { code, said } = await replay(
      t,
      file,
      '--to',
      server.url,
      '--in-turn',
      ...given,
      ...take,
    );
    assert.equal(code, 0, said);
    assert.deepEqual(server.heard, [
      '{"login":"bob"}',
      '{"session":"S-new","do":"x","by":"me"}',
    ]);
    const missing = await replay(t, file, '--to', server.url);
    assert.equal(missing.code, 2);
    assert.match(missing.said, /\{\{by\}\} has no value: give --set by=…/);
  });

  test('its time: the original, and faster', async (t) => {
    const file = capture([['> a', '< a', { pause: 900 }, '> b', '< b']]);
    const server = await serve(t, (text) => text);
    /** @param {string[]} more */
    const took = async (...more) => {
      const heard = server.heard.length;
      /** @type {number[]} */
      const times = [];
      const watch = setInterval(() => {
        while (times.length < server.heard.length - heard) times.push(performance.now());
      }, 1);
      const { code, said } = await replay(t, file, '--to', server.url, ...more);
      clearInterval(watch);
      assert.equal(code, 0, said);
      assert.equal(server.heard.length - heard, 2);
      return times[1] - times[0];
    };
    assert.ok((await took()) > 800);
    const slow = await took('--speed', '0.5');
    const fast = await took('--speed', 'max', '--in-turn');
    assert.ok(slow > 1600 && fast < slow / 2, `${slow} ${fast}`);
  });

  test('frames as they were: a server closes with the code that is due', async (t) => {
    /** @type {Line} */
    const unmasked = { from: 'c2s', bytes: frame({ payload: 'not masked' }) };
    const file = capture([['> fine', '< fine', unmasked, closeFrame(1002, 's2c')]]);
    const at = await serveWs(t, (ws) => {
      ws.on('error', () => {});
      echo(ws);
    });
    const url = `ws://${at}`;
    const same = await replay(t, file, '--to', url, '--frames', '--in-turn');
    assert.equal(same.code, 0, same.said);
    assert.match(same.said, /closed with 1002/);
    const code = await replay(t, file, '--to', url, '--frames', '--expect', '1002');
    assert.equal(code.code, 0, code.said);
    const other = await replay(t, file, '--to', url, '--frames', '--expect', '1007');
    assert.equal(other.code, 3);
    assert.match(other.said, /The server closed with 1002, not with 1007/);
    // As messages there is nothing wrong with them: the server answers, and does not close.
    const messages = await replay(t, file, '--to', url, '--wait', '0.2');
    assert.equal(messages.code, 3);
    assert.match(messages.said, /\+ answer 2 is not in the capture\n {4}"not masked"/);
    const closed = capture([['> a', '< a', closeFrame(1008, 's2c')]]);
    const open = await replay(t, closed, '--to', url, '--wait', '0.2');
    assert.equal(open.code, 3);
    assert.match(open.said, /did not close; in the capture it did, with 1008/);
  });

  test('a server that closes before all was said', async (t) => {
    const file = capture([['> a', '< a', '> b', '< b']]);
    const at = await serveWs(t, (ws) => ws.on('message', () => ws.close(1008, 'no more')));
    const { code, said } = await replay(t, file, '--to', `ws://${at}`, '--in-turn');
    assert.equal(code, 3);
    assert.match(said, /The server closed with 1008 \(no more\) after 1 of 2 messages/);
  });

  test('several connections: which one is asked; a filter; the other side', async (t) => {
    const file = capture([
      ['> first', '< 1'],
      ['> x', '< tell', '> y', '< 2'],
    ]);
    const server = await serve(t, (text) => text);
    const { url } = server;
    const which = await replay(t, file, '--to', url);
    assert.equal(which.code, 2);
    assert.match(
      which.said,
      /The file has 2 WebSockets\. Which one\?\n {2}--connection 0 .*\n {2}--connection 1 /,
    );
    const none = await replay(t, file, '--to', url, '-c', '7');
    assert.match(none.said, /There is no connection 7/);
    const any = ['--expect', 'any', '--wait', '0.2'];
    const one = await replay(t, file, '--to', url, '-c', '1', '-f', '"y"', ...any);
    assert.equal(one.code, 0, one.said);
    assert.deepEqual(server.heard, ['y']);
    const back = ['-c', '1', '--side', 'server', ...any];
    await replay(t, file, '--to', url, ...back);
    assert.deepEqual(server.heard, ['y', 'tell', '2']);
  });

  test('HAR, and what cannot be sent', async (t) => {
    const har = join(folder, 'session.har');
    const message = (/** @type {string} */ type, /** @type {string} */ data, n = 0) => ({
      type,
      time: 1_700_000_000 + n,
      opcode: 1,
      data,
    });
    writeFileSync(
      har,
      JSON.stringify({
        log: {
          version: '1.2',
          creator: { name: 'x', version: '1' },
          entries: [
            {
              startedDateTime: '2023-11-14T22:13:20.000Z',
              request: {
                method: 'GET',
                url: 'ws://example.com/har',
                headers: [],
                httpVersion: 'HTTP/1.1',
              },
              response: { status: 101, statusText: '', headers: [], httpVersion: 'HTTP/1.1' },
              _webSocketMessages: [message('send', 'hi'), message('receive', 'hi', 0.01)],
            },
          ],
        },
      }),
    );
    const server = await serve(t, (text) => text);
    const { code, said } = await replay(t, har, '--to', server.url);
    assert.equal(code, 0, said);
    assert.equal(server.requests[0].url, '/har');
    const frames = await replay(t, har, '--to', server.url, '--frames');
    assert.equal(frames.code, 2);
    assert.match(frames.said, /has messages and no frames: leave --frames out/);
  });

  test('what is wrong is said', async (t) => {
    const file = capture([['> a', '< a']]);
    const empty = join(folder, 'none.pcapng');
    for (const [args, code, said] of /** @type {[string[], number, RegExp][]} */ ([
      [[], 2, /^What to send\? Give a capture/],
      [[file], 2, /^Where to send it\? Give --to URL/],
      [[file, file], 2, /^One file is expected, not 2/],
      [[file, '--to', 'ftp://a'], 2, /^--to is "ftp:\/\/a"; write it like/],
      [[file, '--to', 'a', '--speed', 'x'], 2, /^--speed is "x"/],
      [[file, '--to', 'a', '--side', 'x'], 2, /^--side is "x"; it must be client, server/],
      [[file, '--to', 'a', '--expect', 'x'], 2, /^--expect is "x"; .* or a close code/],
      [[file, '--to', 'a', '--set', 'x'], 2, /^--set is "x"; write name=value/],
      [[file, '--to', 'a', '--was', 'x=1'], 2, /^--was x=… has no value/],
      [[file, '--to', 'a', '--take', 'x=(', '--set', 'y=1'], 2, /^--take x is "\("/],
      [[file, '--to', 'a', '--ignore', 'at'], 2, /^--ignore: a JSON path begins with \$/],
      [[file, '--to', 'a', '--filter', 'op:'], 2, /^--filter: /],
      [[empty, '--to', 'a'], 1, /^There is no file .*none\.pcapng/],
      [[file, '--to', 'ws://127.0.0.1:1'], 1, /^Nothing listens at 127\.0\.0\.1:1/],
      [[file, '--nonsense'], 2, /^Unknown option '--nonsense'/],
    ])) {
      const got = await replay(t, ...args);
      assert.match(got.said, said);
      assert.equal(got.code, code, args.join(' '));
    }
  });
});

describe('the difference of answers', () => {
  const text = (/** @type {string} */ data) => ({ type: /** @type {const} */ ('text'), data });
  const kinds = (/** @type {string[]} */ a, /** @type {string[]} */ b, options = {}) =>
    compare(a.map(text), b.map(text), options).differences.map(({ kind, expected, actual }) => [
      kind,
      expected,
      actual,
    ]);

  test('what is between equal ones belongs together', () => {
    assert.deepEqual(kinds(['a', 'b', 'c'], ['a', 'b', 'c']), []);
    assert.deepEqual(kinds(['a', 'b', 'c'], ['a', 'x', 'c']), [['changed', 1, 1]]);
    assert.deepEqual(kinds(['a', 'b', 'c'], ['b', 'c', 'd']), [
      ['missing', 0, undefined],
      ['new', undefined, 2],
    ]);
    assert.deepEqual(kinds(['a', 'b'], ['b', 'a'], { anyOrder: true }), []);
    assert.deepEqual(kinds(['a', 'a'], ['a', 'b'], { anyOrder: true }), [
      ['missing', 1, undefined],
      ['new', undefined, 1],
    ]);
  });

  test('of thousands in no time, also where all is different', () => {
    const many = (/** @type {string} */ prefix) =>
      Array.from({ length: 5000 }, (_, n) => `${prefix}${n}`);
    assert.equal(kinds(many('a'), many('b')).length, 5000);
    assert.equal(kinds(many('a'), ['x', ...many('a')]).length, 1);
  });

  test('JSON by value, bytes by place, nested deeply without harm', () => {
    assert.deepEqual(kinds(['{"a":1,"b":[2]}'], ['{ "b": [2], "a": 1 }']), []);
    const [{ details }] = compare(
      [text('{"a":[1,{"b c":2}]}')],
      [text('{"a":[1,{}],"d":0}')],
    ).differences;
    assert.deepEqual(details, ['$.a[1]["b c"]: 2 → nothing', '$.d: nothing → 0']);
    const bytes = (/** @type {number[]} */ ...all) => ({
      type: /** @type {const} */ ('binary'),
      data: Buffer.from(all),
    });
    const [{ details: places }] = compare([bytes(1, 2, 3)], [bytes(1, 9)]).differences;
    assert.deepEqual(places, ['at byte 1: 0203 → 09 (3 → 2 B)']);
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    assert.equal(kinds([deep], [`${deep} `]).length, 1);
  });

  test('what is ignored is not compared', () => {
    const ignored = new Ignored(['$..time', '/\\d{4}-\\d\\d/']);
    const a = ['{"x":{"time":1},"day":"2023-01"}', 'on 2023-01'];
    const b = ['{"x":{"time":2},"day":"2024-02"}', 'on 2024-02'];
    assert.deepEqual(kinds(a, b, { ignored }), []);
  });
});

test('variables stand for what they were, and an answer gives them once', () => {
  const variables = new Variables({ set: ['a=1'], take: ['t=/id=(\\w+)/'] });
  variables.learnThen('id=old');
  assert.equal(variables.fill('{{a}} old {{t}} {{u}}'), '1 old {{t}} {{u}}');
  variables.learnNow('id=new');
  variables.learnNow('id=later');
  assert.equal(variables.fill('{{a}} old {{t}}'), '1 new new');
  assert.deepEqual(variables.unknown('{{a}} {{t}} {{u}}'), ['u']);
});

test('JSON paths name places, and say where they are wrong', () => {
  const value = { a: [{ id: 1 }, { id: 2, 'x y': { id: 3 } }], id: 4 };
  const found = (/** @type {string} */ path) =>
    places(value, parsePath(path)).found.map(({ holder, key }) => holder[key]);
  assert.deepEqual(found('$.id'), [4]);
  assert.deepEqual(found('$.a[*].id'), [1, 2]);
  assert.deepEqual(found("$.a[-1]['x y'].id"), [3]);
  assert.deepEqual(found('$..id').sort(), [1, 2, 3, 4]);
  assert.deepEqual(found('$.none.id'), []);
  assert.deepEqual(found('$'), [value]);
  assert.deepEqual(found('$.constructor'), []);
  for (const [path, place] of /** @type {[string, RegExp][]} */ ([
    ['id', /begins with \$/],
    ['$.a.', /at character 4 /],
    ['$.a[', /at character 4 /],
    ['$a', /at character 2 /],
    ['$.[0]', /at character 2 /],
  ])) {
    assert.throws(() => parsePath(path), place, path);
  }
});

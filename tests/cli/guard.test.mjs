// Who may use the ports of `serve` and `inspect`: the pages, the live feed, the echo server, the
// proxy. Foreign pages may not, nor who has not the token that is printed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import WS from 'ws';
import { Guard } from '../../js/cli/page/guard.js';
import { Token } from '../../js/cli/page/token.js';
import { until } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { ask, inspect, serve, UPGRADE } from './support.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-guard-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Hosts and origins of the web, and what leads to us by another's name (DNS rebinding). */
const FOREIGN_HOSTS = [
  'evil.example',
  'evil.example:80',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'notlocalhost',
  'x@127.0.0.1',
  '127.0.0.1, evil.example',
  'evil.example/127.0.0.1',
];

describe('a guard', () => {
  test('lets in addresses, localhost, and the name at which it listens', () => {
    const guard = new Guard({ hosts: ['Box.lan'] });
    for (const host of ['127.0.0.1:1', '[::1]:1', 'localhost', 'a.localhost:9', '10.0.0.7']) {
      assert.equal(guard.refusesHost(host), undefined, host);
    }
    assert.equal(guard.refusesHost('box.lan:8080'), undefined);
    for (const host of FOREIGN_HOSTS) assert.match(guard.refusesHost(host) ?? '', /may not/);
  });

  test('lets in its own origin, none, and what was allowed', () => {
    const guard = new Guard({ allowOrigin: ['http://App.test:80/', 'null', 'https://b.test'] });
    const host = '127.0.0.1:8080';
    const refuses = (/** @type {string} */ origin) => guard.refusesSocket({ host, origin });
    for (const origin of ['', 'http://127.0.0.1:8080', 'http://app.test', 'null']) {
      assert.equal(refuses(origin), undefined, origin);
    }
    for (const origin of [
      'http://127.0.0.1:8081',
      'http://localhost:8080',
      'http://app.test:81',
      'https://app.test',
      'http://b.test',
      'http://127.0.0.1:8080.evil.example',
      'http://evil.example/http://app.test',
    ]) {
      assert.match(refuses(origin) ?? '', /--allow-origin /, origin);
    }
    assert.equal(guard.refusesHost('app.test'), undefined, 'its name may lead here');
  });

  test('* lets everybody in', () => {
    const guard = new Guard({ allowOrigin: ['*'] });
    assert.equal(guard.refusesSocket({ host: 'a.test', origin: 'http://b.test' }), undefined);
  });

  test('an origin that is none is said', () => {
    for (const text of ['app.test', 'http://a.test/path', 'http://u@a.test', 'http://', '']) {
      assert.throws(() => new Guard({ allowOrigin: [text] }), /--allow-origin is /, text);
    }
  });
});

describe('a token', () => {
  const token = new Token();
  const { search } = new URL(token.link('127.0.0.1:8080'));
  const value = search.slice('?token='.length);
  /** @param {string} url @param {Record<string, string>} headers */
  const shown = (url, headers = {}) =>
    token.shown({ url, headers: new Headers({ host: '127.0.0.1:8080', ...headers }) });

  test('has 128 bits, each time others', () => {
    assert.match(value, /^[\w-]{22}$/);
    assert.notEqual(new Token().link('x'), new Token().link('x'));
  });

  test('is taken from the query, the cookie of this port, and Authorization', () => {
    assert.equal(shown(`/${search}`), 'link');
    assert.equal(shown(`/?a=b&token=${value}`), 'link');
    assert.equal(shown('/', { cookie: `a=b; ws4wasm-8080=${value}` }), 'kept');
    assert.equal(shown('/', { authorization: `Bearer ${value}` }), 'kept');
    assert.equal(shown('/?token=wrong', { cookie: `ws4wasm-8080=${value}` }), 'kept');
    for (const [url, headers] of /** @type {[string, Record<string, string>][]} */ ([
      ['/', {}],
      ['/?token=', { cookie: 'ws4wasm-8080=', authorization: 'Bearer ' }],
      [`/?token=${value}x`, {}],
      [`/?token=${value.slice(1)}`, {}],
      [`/?x=${value}`, {}],
      ['/', { cookie: `ws4wasm-8081=${value}` }],
      ['/', { cookie: `xws4wasm-8080=${value}` }],
      ['/', { authorization: value }],
    ])) {
      assert.equal(shown(url, headers), undefined, JSON.stringify([url, headers]));
    }
  });

  test('a browser is led to this server and to no other', () => {
    assert.equal(Token.strip(`/talk?token=${value}&a=b`), '/talk?a=b');
    assert.equal(Token.strip(`/?token=${value}`), '/');
    assert.equal(Token.strip(`//evil.example/?token=${value}`), '/evil.example/');
    assert.equal(Token.strip(`/\\evil.example/?token=${value}`), '/evil.example/');
  });
});

/**
 * Both kinds of pages: that of `serve`, and that beside the proxy.
 * @type {[string, (t: import('node:test').TestContext) => Promise<{ port: number, host: string,
 *   token: string, page: string, talks: boolean, said: () => string }>][]}
 */
const PAGES = [
  ['serve', async (t) => ({ ...(await serve(t)), talks: true })],
  [
    'inspect',
    async (t) => {
      const { pagePort, pageHost, ...rest } = await inspect(t, 'ws://127.0.0.1:9');
      return { ...rest, port: pagePort, host: pageHost, talks: false };
    },
  ],
];

for (const [name, begin] of PAGES) {
  test(`${name}: without the token nothing is to be had; with it, all`, async (t) => {
    const { port, host, token, page, talks } = await begin(t);
    const paths = ['/', '/nothing', '/live', ...(talks ? ['/talk', '/js/index.js'] : [])];
    for (const path of paths) {
      for (const Cookie of ['', `ws4wasm-${port}=wrong`]) {
        const { status, body } = await ask(port, path, { Host: host, Cookie });
        assert.equal(status, 403, path);
        assert.ok(!body.includes(token));
      }
    }
    const { status, headers } = await ask(port, `/?token=${token}`, { Host: host });
    assert.equal(status, 200);
    const cookie = headers.get('set-cookie') ?? '';
    assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Lax$/);
    const kept = { Host: host, Cookie: cookie.split(';')[0] };
    assert.equal((await ask(port, '/', kept)).status, 200);
    if (talks) assert.equal((await ask(port, '/talk', kept)).status, 200);
    assert.equal((await ask(port, '/nothing', kept)).status, 404);
    assert.equal((await fetch(page)).status, 200, 'a program needs the link alone');
  });

  test(`${name}: a person's browser is led on without the token`, async (t) => {
    const { port, host, token } = await begin(t);
    const asked = { Host: host, Accept: 'text/html,application/xhtml+xml' };
    const { status, headers } = await ask(port, `/?token=${token}`, asked);
    assert.equal(status, 303);
    assert.equal(headers.get('location'), '/');
    assert.match(headers.get('set-cookie') ?? '', new RegExp(`^ws4wasm-${port}=${token};`));
  });

  test(`${name}: the token does not help who comes by a foreign name`, async (t) => {
    const { port, token } = await begin(t);
    for (const Host of FOREIGN_HOSTS) {
      for (const path of ['/', '/live']) {
        const { status, body } = await ask(port, `${path}?token=${token}`, { Host });
        // What is no Host at all, Node's http and ServerHandshake refuse themselves.
        assert.ok(status === 403 || status === 400, `${Host}: ${status}`);
        assert.ok(!body.includes('<html'));
      }
    }
  });

  test(`${name}: all answers have a policy, and are in no frame`, async (t) => {
    const { port, host, token, talks } = await begin(t);
    const paths = ['/', '/nothing', ...(talks ? ['/talk', '/js/entry/web.js'] : [])];
    for (const path of paths) {
      for (const query of ['', `?token=${token}`]) {
        const { headers } = await ask(port, path + query, { Host: host });
        const policy = headers.get('content-security-policy') ?? '';
        assert.match(policy, /^default-src 'none';/, path + query);
        assert.match(policy, /; frame-ancestors 'none'$/);
        assert.doesNotMatch(policy, /script-src[^;]*'unsafe-(inline|eval)'/);
        assert.equal(headers.get('referrer-policy'), 'no-referrer');
      }
    }
  });

  test(`${name}: the live feed is for its own pages and programs with the token`, async (t) => {
    const { port, host, token, said } = await begin(t);
    const own = `http://${host}`;
    const cookie = `ws4wasm-${port}=${token}`;
    /** @param {Record<string, string>} fields */
    const watch = async (fields, query = '') =>
      (await ask(port, `/live${query}`, { Host: host, ...UPGRADE, ...fields })).status;
    assert.equal(await watch({ Origin: own, Cookie: cookie }), 101);
    assert.equal(await watch({}, `?token=${token}`), 101);
    assert.equal(await watch({ Authorization: `Bearer ${token}` }), 101);
    for (const fields of /** @type {Record<string, string>[]} */ ([
      {},
      { Origin: own },
      { Origin: own, Cookie: `ws4wasm-${port}=wrong` },
      { Origin: 'http://evil.example', Cookie: cookie },
      { Origin: 'http://127.0.0.1:1', Cookie: cookie },
      { Origin: 'null', Cookie: cookie },
      { Origin: 'http://evil.example', Host: 'evil.example', Cookie: cookie },
    ])) {
      assert.equal(await watch(fields), 403, JSON.stringify(fields));
    }
    // It was printed once for a page, or twice, and never again.
    const links = talksOf(said(), token);
    assert.ok(links === 1 || links === 2, said());
  });
}

/** @param {string} text @param {string} token how often it is there */
const talksOf = (text, token) => text.split(token).length - 1;

/** @param {number} port @param {Record<string, string>} fields */
const opens = async (port, fields, path = '/') =>
  (await ask(port, path, { Host: `127.0.0.1:${port}`, ...UPGRADE, ...fields })).status;

describe('the echo server', () => {
  test('refuses foreign pages and names', async (t) => {
    const { port, printed } = await serve(t);
    assert.equal(await opens(port, {}), 101, 'a program');
    assert.equal(
      await opens(port, { Origin: `http://127.0.0.1:${port}` }),
      101,
      'its own page',
    );
    for (const Origin of ['http://evil.example', 'http://127.0.0.1:1', 'null']) {
      assert.equal(await opens(port, { Origin }), 403, Origin);
    }
    for (const Host of ['evil.example', `evil.example:${port}`]) {
      assert.equal(await opens(port, { Host, Origin: `http://${Host}` }), 403, Host);
      assert.equal(await opens(port, { Host }), 403, Host);
    }
    await printed(/✗ \/ 403 Pages of http:\/\/evil\.example may not .* --allow-origin http:/);
  });

  test('--allow-origin lets them in', async (t) => {
    const { port, token } = await serve(
      t,
      '--allow-origin',
      'http://app.test:3000',
      '--allow-origin',
      'null',
    );
    assert.equal(await opens(port, { Origin: 'http://app.test:3000' }), 101);
    assert.equal(await opens(port, { Origin: 'null' }), 101);
    assert.equal(await opens(port, { Host: `app.test:${port}` }), 101);
    assert.equal(await opens(port, { Origin: 'http://app.test' }), 403);
    const cookie = { Cookie: `ws4wasm-${port}=${token}`, Origin: 'http://app.test:3000' };
    assert.equal(await opens(port, cookie, '/live'), 403, 'but not to watch');
  });

  test('* lets all in', async (t) => {
    const { port } = await serve(t, '--allow-origin', '*');
    assert.equal(await opens(port, { Host: 'a.test', Origin: 'http://b.test' }), 101);
  });
});

describe('the recording proxy', () => {
  const SECRET = 'k3y-of-the-target';
  /** @type {import('node:http').IncomingMessage[]} */
  let reached;
  before(() => {
    reached = [];
  });

  /** @param {import('node:test').TestContext} t @param {string[]} more */
  async function proxy(t, ...more) {
    reached = [];
    const server = createServer((_, response) => response.writeHead(404).end());
    const talk = (
      /** @type {WS} */ ws,
      /** @type {import('node:http').IncomingMessage} */ asked,
    ) => {
      reached.push(asked);
      echo(ws);
    };
    const at = await serveWs(t, talk, { server });
    const target = `ws://${at}/feed?api_key=${SECRET}&x=1`;
    return { at, ...(await inspect(t, target, ...more)) };
  }

  test('lends its target to no foreign page', async (t) => {
    const { port } = await proxy(t);
    for (const Origin of ['http://evil.example', 'http://localhost:3000', 'null']) {
      assert.equal(await opens(port, { Origin }), 403, Origin);
    }
    for (const Host of ['evil.example', `evil.example:${port}`]) {
      assert.equal(await opens(port, { Host }), 403, Host);
      assert.equal(await opens(port, { Host, Origin: `http://${Host}` }), 403, Host);
    }
    assert.equal(reached.length, 0);
    assert.equal(await opens(port, {}), 101);
    await until(() => reached.length === 1);
    assert.equal(reached[0].url, `/feed?api_key=${SECRET}&x=1`);
  });

  test('two Hosts, or two Origins, are none that is allowed', async (t) => {
    const { port } = await proxy(t);
    const twice = { ...UPGRADE, Host: `127.0.0.1:${port}`, host: 'evil.example' };
    assert.equal((await ask(port, '/', twice)).status, 403);
    const origins = { Origin: `http://127.0.0.1:${port}`, origin: 'http://evil.example' };
    assert.equal(await opens(port, origins), 403);
    assert.equal(reached.length, 0);
  });

  test('--allow-origin lets a page in, with its origin as it is', async (t) => {
    const { port } = await proxy(t, '--allow-origin', 'http://app.test');
    assert.equal(await opens(port, { Origin: 'http://app.test' }), 101);
    assert.equal(await opens(port, { Origin: 'http://app.test:81' }), 403);
    await until(() => reached.length === 1);
    assert.equal(reached[0].headers.origin, 'http://app.test');
  });

  test('nothing that it says has a secret: start, log, answers, end', async (t) => {
    const file = join(folder, 'secret.pcapng');
    const { port, page, token, printed, stop } = await proxy(t, '--save', file);
    for (const Host of [`127.0.0.1:${port}`, 'evil.example']) {
      const { status, body } = await ask(port, '/', { Host });
      assert.equal(status, Host.startsWith('evil') ? 403 : 404);
      for (const secret of [SECRET, token, page]) assert.ok(!body.includes(secret), body);
    }
    const client = new WS(`ws://127.0.0.1:${port}/room?access_token=of-the-client&bare`);
    await once(client, 'open');
    client.close();
    await printed(/open \/room\?access_token=…&…\n/);
    const said = await stop();
    assert.match(said, /instead of ws:\/\/127\.0\.0\.1:\d+\/feed\?api_key=…&x=…\n/);
    for (const secret of [SECRET, 'of-the-client', 'bare']) assert.ok(!said.includes(secret));
    assert.ok(readFileSync(file).includes('of-the-client'), 'what passed is in the file');
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('a target that is wrong is not printed with what its query or its user says', async (t) => {
    const { start } = await import('./support.mjs');
    const child = start(t, 'inspect', '--target', `http://u:${SECRET}@h/?key=${SECRET}`);
    assert.equal(await child.ended, 2);
    assert.match(child.said(), /^--target is "http:\/\/…@h\/\?key=…"/);
    assert.ok(!child.said().includes(SECRET));
  });
});

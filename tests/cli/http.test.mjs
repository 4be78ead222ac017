// The echo server and requests that open no WebSocket.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRaw, UPGRADE } from '../e2e/raw.mjs';
import { startServer } from '../e2e/server.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

/** @param {string} request */
async function ask(request) {
  const client = await openRaw(server.port);
  client.write(request);
  const [head, body] = `${await client.rest()}`.split('\r\n\r\n');
  const [status, ...fields] = head.split('\r\n');
  const headers = new Headers(fields.map((field) => /** @type {any} */ (field.split(': '))));
  return { status: Number(status.split(' ')[1]), headers, body };
}

/** With the token. @param {string} path */
const get = (path, method = 'GET') => {
  const { host, search } = new URL(server.url);
  const whole = path.includes('?') ? path.replace('?', `${search}&`) : path + search;
  return ask(`${method} ${whole} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
};

/** @type {[string, string][]} */
const files = [
  ['/', 'text/html; charset=utf-8'],
  ['/?query', 'text/html; charset=utf-8'],
  ['/talk', 'text/html; charset=utf-8'],
  ['/examples/page/style.css', 'text/css; charset=utf-8'],
  ['/examples/page/live.mjs', 'text/javascript; charset=utf-8'],
  ['/js/entry/web.js', 'text/javascript; charset=utf-8'],
  ['/pkg/ws4wasm_bg.wasm', 'application/wasm'],
];

for (const [path, type] of files) {
  test(`GET ${path} is ${type}`, async () => {
    const { status, headers, body } = await get(path);
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), type);
    assert.notEqual(body, '');
    const head = await get(path, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), headers.get('content-length'));
    assert.equal(head.body, '');
  });
}

const elsewhere = [
  '/nothing',
  '/package.json',
  '/examples/echo.mjs',
  '/js',
  '/js/',
  '/js/../package.json',
  '/js/..%2fpackage.json',
  '/js/%2e%2e/package.json',
  '/js/..\\package.json',
  '/js//../../package.json',
  '/js/./index.js',
  '//js/index.js',
  '/js/index.js/',
  '/js/.hidden.js',
  '/pkg/build.json',
];

for (const path of elsewhere) {
  test(`GET ${path} is 404`, async () => {
    const { status, body } = await get(path);
    assert.equal(status, 404);
    assert.notEqual(body, '');
  });
}

test('other methods are 405, with a body that is not read', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const request = `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n`;
    const { status, headers, body } = await ask(request + 'x'.repeat(200_000));
    assert.equal(status, 405);
    assert.match(headers.get('allow') ?? '', /GET/);
    assert.notEqual(body, '');
  }
});

test('a WebSocket version other than 13 is 426 and learns which', async () => {
  const { status, headers } = await ask(UPGRADE.replace('Version: 13', 'Version: 8'));
  assert.equal(status, 426);
  assert.equal(headers.get('sec-websocket-version'), '13');
});

test('a head that is too large is 431, what is not HTTP is 400', async () => {
  assert.equal((await ask(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).status, 431);
  assert.equal((await ask('\x16\x03\x01 this is TLS')).status, 400);
  assert.equal((await ask('GET / HTTP/1.1\r\n\r\n')).status, 400);
});

test('a client that has ended its side still gets the page', async () => {
  const client = await openRaw(server.port);
  const { host, search } = new URL(server.url);
  client.socket.end(`GET /${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  assert.match(`${await client.rest()}`, /^HTTP\/1\.1 200 OK\r\n.*<\/html>\s*$/s);
});

// The commands as processes, and requests that no well-behaved client makes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { outputOf } from '../support/output.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

export const main = join(root, 'js/cli/main.js');

/**
 * A command that goes on until it is stopped; killed with the test.
 * @param {TestContext} t
 * @param {string[]} args
 */
export function start(t, ...args) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  t.after(() => child.kill('SIGKILL'));
  const output = outputOf(child);
  return {
    ...output,
    said: () => output.text,
    /** Types. @param {string} text */
    write: (text) => child.stdin.write(text),
    endInput: () => child.stdin.end(),
    alive: () => child.exitCode === null && child.signalCode === null,
    /** Ctrl-C; all that it has said. */
    stop: async () => {
      child.kill('SIGINT');
      assert.equal(await output.ended, 0, output.text);
      return output.text;
    },
  };
}

/**
 * `serve` at any free port.
 * @param {TestContext} t
 * @param {string[]} more
 */
export async function serve(t, ...more) {
  const server = start(t, 'serve', '--port', '0', ...more);
  const [page] = await server.printed(/http:\/\/\S+/);
  const { host, port, search } = new URL(page);
  return { ...server, page, host, port: Number(port), token: search.slice('?token='.length) };
}

/**
 * `inspect` before a target, both ports free ones.
 * @param {TestContext} t
 * @param {string} target
 * @param {string[]} more
 */
export async function inspect(t, target, ...more) {
  const proxy = start(t, 'inspect', '--listen', '0', '--target', target, ...more);
  const [, page] = await proxy.printed(/The page: (\S+)/);
  const [, address] = await proxy.printed(/Connect to (ws:\S+)/);
  const { host, port, search } = new URL(page);
  return {
    ...proxy,
    page,
    pageHost: host,
    pagePort: Number(port),
    token: search.slice('?token='.length),
    address,
    port: Number(new URL(address).port),
  };
}

/**
 * A request as bytes, so that its Host can be any.
 * @param {string} path
 * @param {Record<string, string>} fields
 */
export const request = (path, fields) =>
  `GET ${path} HTTP/1.1\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** What asks for a WebSocket. */
export const UPGRADE = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/**
 * The answer to a request. A WebSocket that is opened by it is ended.
 * @param {number} port
 * @param {string} path
 * @param {Record<string, string>} fields
 */
export async function ask(port, path, fields) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    request(path, { ...fields, ...(fields.Upgrade ? {} : { Connection: 'close' }) }),
  );
  let text = '';
  socket.setEncoding('latin1').on('data', (more) => {
    text += more;
    if (text.startsWith('HTTP/1.1 101')) socket.destroy();
  });
  await once(socket, 'close');
  const [head, ...body] = text.split('\r\n\r\n');
  const [line, ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((field) => /** @type {[string, string]} */ (field.split(/: (.*)/s).slice(0, 2))),
  );
  return { status: Number(line.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
}

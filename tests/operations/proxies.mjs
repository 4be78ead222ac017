// nginx, HAProxy and Apache, started with a configuration of docs/operations.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../../scripts/lib.mjs';
import { freePort } from '../../scripts/tools/serve.mjs';
import { PATIENCE } from '../support/tools.mjs';

const text = readFileSync(join(root, 'docs/operations.md'), 'utf8');

/**
 * The blocks of a language in the document.
 * @param {string} language
 */
export const blocks = (language) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code]) => code,
  );

/** Where root's own programs may not be run as. */
const isRoot = process.getuid?.() === 0;

/** @typedef {(config: string, folder: string, port: number) => { file: string, args: string[] }} Kind */

/**
 * What surrounds a block in a whole configuration that keeps to a folder, and how it is started.
 * @type {Record<'nginx' | 'haproxy' | 'apache2', Kind>}
 */
const KINDS = {
  nginx: (config, folder) => ({
    file: `${isRoot ? 'user root;' : ''}
daemon off;
pid ${folder}/pid;
error_log stderr warn;
worker_processes 2;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
${config}}
`,
    args: ['-p', folder, '-c', join(folder, 'config')],
  }),
  haproxy: (config, folder) => ({ file: config, args: ['-db', '-f', join(folder, 'config')] }),
  apache2: (config, folder, port) => ({
    file: `ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
Mutex file:${folder}
ErrorLog ${folder}/error.log
${isRoot ? 'User www-data\nGroup www-data' : ''}
${['mpm_event', 'authz_core', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${config}`,
    args: ['-f', join(folder, 'config'), '-DFOREGROUND'],
  }),
};

/**
 * Starts a proxy in front of a server.
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {'nginx' | 'haproxy' | 'apache2'} kind
 * @param {string} block with the ports 8000, its own, and 8080, the server's
 * @param {number} server
 * @returns {Promise<{ port: number, child: import('node:child_process').ChildProcess }>}
 */
export async function startProxy(t, program, kind, block, server) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), `ws4wasm-${kind}-`));
  mkdirSync(folder, { recursive: true });
  const config = block.replaceAll('8080', String(server)).replaceAll('8000', String(port));
  const { file, args } = KINDS[kind](config, folder, port);
  writeFileSync(join(folder, 'config'), file);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      said += bytes;
    });
  }
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, pause(2000, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const late = Date.now() + PATIENCE;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${kind} has ended: ${said}${logOf(folder)}`);
    if (Date.now() > late) throw new Error(`${kind} does not listen: ${said}`);
    await pause(20);
  }
  return { port, child };
}

/** What Apache says, it says there. @param {string} folder */
function logOf(folder) {
  const file = join(folder, 'error.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

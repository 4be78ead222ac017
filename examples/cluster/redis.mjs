// A redis-server for the example alone: on a Unix socket, with nothing kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-chat-'));
  const url = join(folder, 'socket');
  const options = ['--port', '0', '--unixsocket', url, '--save', '', '--dir', folder];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(server, 'spawn').catch((error) => {
    throw new Error(
      'redis-server does not start: install it, or give the address of one in REDIS',
      { cause: error },
    );
  });
  const ended = once(server, 'exit');
  // Whatever this process ends of.
  process.once('exit', () => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

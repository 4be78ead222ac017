// The echo server and Python's `websockets`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPython } from '../support/python.mjs';
import { python } from '../support/tools.mjs';
import { payloads } from './payloads.mjs';
import { startServer } from './server.mjs';

test('websockets: messages, fragments, pings and a close', async (t) => {
  const program = python(t);
  if (!program) return;
  const server = await startServer();
  t.after(() => server.kill());
  const close = { code: 4001, reason: 'adeus 👋' };
  const { next } = startPython(program, 'e2e/client.py', {
    task: 'converse',
    url: server.wsUrl,
    payloads,
    ...close,
  });
  assert.deepEqual(await next(), { wrong: [], ...close });
});

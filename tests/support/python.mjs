// Programs in Python that tests talk with, one JSON value a line each way.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} program Python
 * @param {string} script from tests/ on
 * @param {object} task what it is told first
 * @param {Record<string, string>} [env] beside what this process has
 */
export function startPython(program, script, task, env) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = spawn(program, [path], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const say = (/** @type {unknown} */ value) =>
    void child.stdin.write(`${JSON.stringify(value)}\n`);
  say(task);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${basename(script)} ended early; what it says is above`);
    return JSON.parse(value);
  };
  return { say, next, end: () => void child.stdin.end() };
}

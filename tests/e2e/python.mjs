// Starts client.py and reads what it prints, one JSON value a line.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('client.py', import.meta.url));

/**
 * @param {string} program
 * @param {object} task
 */
export function startPython(program, task) {
  const child = spawn(program, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(task));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('client.py ended early; what it says is above');
    return JSON.parse(value);
  };
}

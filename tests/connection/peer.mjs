// Starts peer.py.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @param {string} program @param {object} task */
export function startPeer(program, task) {
  const script = fileURLToPath(new URL('peer.py', import.meta.url));
  const child = spawn(program, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const say = (/** @type {unknown} */ value) =>
    void child.stdin.write(`${JSON.stringify(value)}\n`);
  say(task);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('peer.py ended early; what it says is above');
    return JSON.parse(value);
  };
  return { say, next, end: () => void child.stdin.end() };
}

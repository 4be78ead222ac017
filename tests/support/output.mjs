// What a program prints while a test goes on.
import { EventEmitter, once } from 'node:events';

/** @param {import('node:child_process').ChildProcessByStdio<any, import('node:stream').Readable, import('node:stream').Readable>} child */
export function outputOf(child) {
  let text = '';
  const heard = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more) => {
      text += more;
      heard.emit('more');
    });
  }
  /** @type {Promise<number>} */
  const ended = once(child, 'close').then(([code]) => code);
  return {
    /** Its exit code, once it has ended. */
    ended,
    /** All so far. */
    get text() {
      return text;
    },
    /**
     * Waits until this was printed.
     * @param {RegExp} pattern
     */
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        const more = await Promise.race([once(heard, 'more'), ended]);
        if (!Array.isArray(more)) throw new Error(`no ${pattern} in what it printed:\n${text}`);
      }
    },
  };
}

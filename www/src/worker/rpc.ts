// The page's end: calls become messages to the Worker, answers settle promises.
import { spawn } from '#spawn';
import type { Answer, Calls, Name, Progress, Request, Result } from './api.ts';

const worker = spawn();
const waiting = new Map<
  number,
  { resolve: (value: never) => void; reject: (e: Error) => void }
>();
/** What was asked before the Worker could listen; a Worker drops what comes too early. */
let early: Request[] | undefined = [];
let count = 0;
let onProgress: (progress: Progress) => void = () => {};
let onFailure: (message: string) => void = () => {};

/** An error that the Worker answered with; `name` is that of its class there. */
export class WorkerError extends Error {
  constructor({ name, message }: { name: string; message: string }) {
    super(message);
    this.name = name;
  }
}

worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  if (data.id === -1) {
    if ('progress' in data) onProgress(data.progress);
    else for (const request of early?.splice(0) ?? []) worker.postMessage(request);
    if ('ready' in data) early = undefined;
    return;
  }
  const call = waiting.get(data.id);
  waiting.delete(data.id);
  if ('error' in data) call?.reject(new WorkerError(data.error));
  else if ('value' in data) call?.resolve(data.value as never);
});
worker.addEventListener('error', (event) => {
  event.preventDefault();
  fail(event.message || 'The inspector could not be loaded.');
});

/** Nothing will be answered any more. */
function fail(message: string) {
  onFailure(message);
  for (const { reject } of waiting.values()) reject(new Error(message));
  waiting.clear();
}

export function call<N extends Name>(
  name: N,
  ...args: Parameters<Calls[N]>
): Promise<Result<N>> {
  const id = ++count;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    if (early) early.push({ id, name, args });
    else worker.postMessage({ id, name, args });
  });
}

export function listen(progress: typeof onProgress, failure: typeof onFailure) {
  onProgress = progress;
  onFailure = failure;
}

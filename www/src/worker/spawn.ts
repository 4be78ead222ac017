// The Worker as a file beside the page.
export const spawn = () =>
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

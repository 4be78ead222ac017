import { ClientHandshake, Frame, ServerHandshake, Stream } from 'ws4wasm';
import { talk } from './talk.js';

/** What a promise gives, or why it does not, in words. */
const outcome = (work) =>
  Promise.race([
    work,
    new Promise((resolve) => setTimeout(resolve, 20_000, 'no answer in 20 s')),
  ]).catch((error) => String(error));

async function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message ?? 'the worker does not load'));
  });
}

/** What came with Firefox 147, and is in Debian's of 2026 not yet. */
async function hasModuleServiceWorkers() {
  const options = { type: 'module', scope: './probe/' };
  return navigator.serviceWorker.register('./probe.js', options).then(
    (registration) => registration.unregister(),
    () => false,
  );
}

async function inServiceWorker() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) throw new Error('this browser has no service workers here');
  const { type } = document.documentElement.dataset;
  if (type === 'module' && !(await hasModuleServiceWorkers())) {
    return 'lacking: this browser has no service workers that are modules';
  }
  const registration = await serviceWorker.register('./sw.js', { type });
  await serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  registration.active.postMessage('talk', [port2]);
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
}

globalThis.outcome = JSON.stringify({
  page: talk({ ClientHandshake, Frame, ServerHandshake, Stream }),
  worker: await outcome(inWorker()),
  'service worker': await outcome(inServiceWorker()),
});

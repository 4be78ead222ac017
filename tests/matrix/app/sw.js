// A service worker awaits nothing at its top, so it starts the engine by itself.
import { ClientHandshake, Frame, init, ServerHandshake, Stream } from 'ws4wasm/slim';
import { talk } from './talk.js';

const ready = init(fetch(new URL('./ws4wasm_bg.wasm', self.location)));

self.addEventListener('message', (event) => {
  const answer = ready
    .then(() => talk({ ClientHandshake, Frame, ServerHandshake, Stream }))
    .catch((error) => String(error));
  event.waitUntil(answer.then((said) => event.ports[0].postMessage(said)));
});

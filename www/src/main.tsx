// Starts the page with what its link says.
import './style/index.css';
import { batch, effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import {
  canWatch,
  openBytes,
  openLive,
  openSample,
  selectFrame,
  shareable,
} from './state/actions.ts';
import { listenToKeys } from './state/keys.ts';
import * as permalink from './state/permalink.ts';
import * as store from './state/store.ts';

/** What this page itself has put there last. */
let written = location.hash;

async function follow(fragment: string) {
  written = fragment;
  let link: permalink.Link;
  try {
    link = await permalink.read(fragment);
  } catch {
    store.problem.value = 'The link is damaged: what it holds cannot be read.';
    return;
  }
  batch(() => {
    store.filterText.value = link.filter ?? '';
    store.kind.value = link.kind ?? 'frames';
    store.hideHeartbeats.value = link.hideHeartbeats ?? false;
  });
  if (link.sample !== undefined) await openSample(link.sample);
  else if (link.bytes) await openBytes(link.bytes, link.name ?? 'a link');
  else if (canWatch && (link.live || fragment.length < 2)) void openLive();
  else return;
  if (link.connection !== undefined) store.connection.value = link.connection;
  if (link.frame !== undefined) await selectFrame(link.frame);
}

let timer: ReturnType<typeof setTimeout>;
function keepLink() {
  effect(() => {
    const link: permalink.Link = {
      filter: store.filterText.value.trim(),
      kind: store.kind.value,
      hideHeartbeats: store.hideHeartbeats.value,
      ...(store.connection.value === undefined ? {} : { connection: store.connection.value }),
      ...(store.frame.value === undefined ? {} : { frame: store.frame.value }),
    };
    const origin = store.origin.value;
    clearTimeout(timer);
    // Until all of it is read nobody knows what is in it.
    if (!origin || (origin.kind === 'bytes' && store.reading.value)) return;
    timer = setTimeout(async () => {
      const bytes = await shareable(origin);
      // Something else was opened meanwhile: it has its own link.
      if (store.origin.peek() !== origin) return;
      const fragment = await permalink.write(origin, link, bytes);
      written = `#${fragment}`;
      history.replaceState(null, '', written);
    }, 150);
  });
}

addEventListener('hashchange', () => {
  if (location.hash !== written) void follow(location.hash);
});

const root = document.getElementById('app');
if (root) render(<App />, root);
listenToKeys();
void follow(location.hash).finally(keepLink);

// What others are compared with: a message or a connection, also of a file that is not open any more.
import { batch, signal } from '@preact/signals';
import type { First } from '../difference/types.ts';
import type { Which } from '../worker/difference.ts';
import { call } from '../worker/rpc.ts';
import { fromSelection } from './actions.ts';
import { openDetail } from './layout.ts';
import { connectionAt, shownConnection } from './names.ts';
import * as store from './store.ts';

export const first = signal<First | undefined>(undefined);
/** What was open when it was chosen. */
let of: store.Origin | undefined;

async function choose(which: Which) {
  const from = store.origin.peek();
  if (!from) return;
  try {
    const found = await call('keepFirst', which, from.name);
    if (!found) {
      store.notice.value = 'There is no message to compare with.';
      return;
    }
    batch(() => {
      of = from;
      first.value = found;
      store.tab.value = 'difference';
      openDetail();
    });
  } catch (error) {
    store.notice.value = (error as Error).message;
  }
}

/** What a replay sent and heard becomes the first, beside the connection that was replayed. */
export async function compareReplay(packets: Uint8Array, url: string, connection: number) {
  try {
    const found = await call('keepReplay', packets, url);
    if (!found) return;
    batch(() => {
      of = undefined;
      first.value = found;
      store.tab.value = 'difference';
      if (shownConnection.peek()?.connection !== connection) {
        store.connection.value = connection;
      }
      openDetail();
    });
  } catch (error) {
    store.notice.value = (error as Error).message;
  }
}

/** The selected message becomes the first. */
export const compareMessage = () =>
  void fromSelection((detail) => {
    if (!detail) store.notice.value = 'No frame is selected.';
    else return choose({ frame: detail.row.frame });
  });

/** The connection that is shown becomes the first. */
export const compareConnection = () =>
  void fromSelection((detail) => {
    const shown = connectionAt(detail);
    if (!shown) store.notice.value = 'There is no connection yet.';
    else return choose({ connection: shown.connection });
  });

export function forget() {
  first.value = undefined;
  void call('forgetFirst');
}

/** Whether it is of what is open now. */
export const isOfThis = () => of === store.origin.value;

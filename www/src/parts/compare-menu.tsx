// Chooses what others are compared with.
import { compareConnection, compareMessage } from '../state/compare.ts';
import * as store from '../state/store.ts';
import { Menu } from './menu.tsx';

export function CompareMenu() {
  return (
    <Menu
      title="Compare with…"
      label="Compare with"
      id="compare"
      atEnd
      items={[
        {
          title: 'This message',
          about: 'then select another, here or in another file (c)',
          disabled: !store.detail.value,
          action: compareMessage,
        },
        {
          title: 'Its connection',
          about: 'then choose another, message by message (C)',
          action: compareConnection,
        },
      ]}
    />
  );
}

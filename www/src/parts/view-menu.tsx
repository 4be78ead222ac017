// What of the page is shown, and where: the columns of the table, its times, the panes.
import {
  COLUMN_KEYS,
  type ColumnKey,
  chosenColumns,
  resetColumns,
  shownColumns,
  type TimeKind,
  timeKind,
} from '../state/columns.ts';
import {
  canHaveColumn,
  connectionsFolded,
  dock,
  docked,
  hasColumn,
  hasTimeline,
  resetLayout,
  timelineFolded,
} from '../state/layout.ts';
import { Menu } from './menu.tsx';

const NAMES: Record<Exclude<ColumnKey, 'content'>, string> = {
  number: 'Number',
  time: 'Time',
  connection: 'Connection',
  type: 'Type',
  flags: 'Flags',
  length: 'Length',
};
const TIMES: [TimeKind, string, string][] = [
  ['start', 'Since the start', 'in seconds'],
  ['delta', 'Since the last', 'frame of the same direction and connection'],
  ['clock', 'Wall clock', 'of this place'],
];

export function ViewMenu() {
  const columns = COLUMN_KEYS.filter((key) => key !== 'content');
  const isShown = (key: ColumnKey) => shownColumns.value.includes(key);
  return (
    <Menu
      title="View"
      label="Columns and panes"
      id="view"
      atEnd
      items={[
        ...columns.map((key) => ({
          title: NAMES[key],
          checked: isShown(key),
          action: () => {
            const now = COLUMN_KEYS.filter(isShown);
            chosenColumns.value = now.includes(key)
              ? now.filter((one) => one !== key)
              : COLUMN_KEYS.filter((one) => one === key || now.includes(one));
          },
        })),
        ...TIMES.map(([kind, title, about], i) => ({
          title,
          about,
          begins: i === 0,
          one: true,
          checked: timeKind.value === kind,
          action: () => {
            timeKind.value = kind;
          },
        })),
        {
          title: 'Timeline',
          begins: true,
          checked: hasTimeline.value,
          action: () => {
            timelineFolded.value = hasTimeline.value;
          },
        },
        ...(canHaveColumn.value
          ? [
              {
                title: 'Column of connections',
                checked: hasColumn.value,
                action: () => {
                  connectionsFolded.value = hasColumn.value;
                },
              },
            ]
          : []),
        ...(docked.value === 'drawer'
          ? []
          : [
              {
                title: 'Details beside the table',
                checked: docked.value === 'right',
                action: () => {
                  dock.value = docked.value === 'right' ? 'bottom' : 'right';
                },
              },
            ]),
        {
          title: 'As it was at first',
          begins: true,
          action: () => {
            resetLayout();
            resetColumns();
          },
        },
      ]}
    />
  );
}

// A tree of values, by keys as ARIA has it: up and down move, right opens, left closes.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { literal } from '../pattern.ts';
import type { TreeNode } from '../payload/types.ts';
import { filterFor } from '../state/actions.ts';
import { Found } from './found.tsx';

/** Opened at first: this deep, and not where there are too many. */
const OPEN_LEVELS = 3;
const OPEN_CHILDREN = 50;

/** A filter for messages that have this value under this key; as text, however it is spaced. */
function conditionOf({ key, type, text }: TreeNode) {
  if (!/^(string|number|boolean|null)$/.test(type) || text.endsWith('…"')) return undefined;
  const named = key !== undefined && !/^\d+$/.test(key);
  return named
    ? `/${literal(JSON.stringify(key))}\\s*:\\s*${literal(text)}/`
    : `/${literal(text)}/`;
}

/** @param isJson whether the message has it as JSON, which filters can look for */
export function Tree({
  root,
  label,
  isJson,
}: {
  root: TreeNode;
  label: string;
  isJson: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const items = () => [
    ...(box.current?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? []),
  ];
  const focus = (item: HTMLElement | null | undefined) => {
    if (!item) return;
    for (const other of items()) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const item = event.target as HTMLElement;
    const all = items();
    const at = all.indexOf(item);
    const expanded = item.getAttribute('aria-expanded');
    if (event.key === 'ArrowDown') focus(all[at + 1]);
    else if (event.key === 'ArrowUp') focus(all[at - 1]);
    else if (event.key === 'Home') focus(all[0]);
    else if (event.key === 'End') focus(all.at(-1));
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const opens = event.key === 'ArrowRight';
      if (expanded === String(!opens)) item.querySelector<HTMLElement>('.tree-row')?.click();
      else if (opens) focus(item.querySelector<HTMLElement>('[role=treeitem]'));
      else focus(item.parentElement?.closest<HTMLElement>('[role=treeitem]'));
    } else if (event.key === 'Enter' || event.key === ' ') {
      item.querySelector<HTMLElement>(':scope > .tree-row')?.click();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="tree" role="tree" aria-label={label} ref={box} onKeyDown={onKeyDown}>
      <Node node={root} level={1} first isJson={isJson} />
    </div>
  );
}

function Node({
  node,
  level,
  first = false,
  isJson,
}: {
  node: TreeNode;
  level: number;
  first?: boolean;
  isJson: boolean;
}) {
  const children = node.children ?? [];
  const open = useSignal(
    level <= OPEN_LEVELS && (level === 1 || children.length <= OPEN_CHILDREN),
  );
  const condition = isJson ? conditionOf(node) : undefined;
  const inner = node.type === 'object' || node.type === 'array';
  return (
    <div
      role="treeitem"
      class="tree-item"
      aria-level={level}
      aria-expanded={inner && children.length ? open.value : undefined}
      aria-selected={false}
      tabIndex={first ? 0 : -1}
    >
      <div
        class={`tree-row ${condition ? 'filters' : ''}`}
        onClick={() => {
          if (inner) open.value = !open.value;
          else if (condition) filterFor(condition);
        }}
        title={condition && `Filter by it: ${condition}`}
      >
        <span class="tree-arrow" aria-hidden="true">
          {inner && children.length ? (open.value ? '▾' : '▸') : ''}
        </span>
        {node.key !== undefined && (
          <span class="tree-key">
            <Found text={node.key} />:{' '}
          </span>
        )}
        <span class={`tree-value ${node.type}`}>
          <Found text={node.text} />
        </span>
      </div>
      {inner && open.value && children.length > 0 && (
        <div role="group">
          {children.map((child, i) => (
            <Node key={i} node={child} level={level + 1} isJson={isJson} />
          ))}
        </div>
      )}
    </div>
  );
}

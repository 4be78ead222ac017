// Filters that somebody keeps.
import { kept } from './kept.ts';

/** The oldest go when there are more. */
const MOST = 30;

export const savedFilters = kept<string[]>(
  'filters',
  [],
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
);

export function saveFilter(filter: string) {
  const others = savedFilters.peek().filter((one) => one !== filter);
  savedFilters.value = [filter, ...others].slice(0, MOST);
}

export function removeFilter(filter: string) {
  savedFilters.value = savedFilters.peek().filter((one) => one !== filter);
}

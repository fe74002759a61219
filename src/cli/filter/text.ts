import { basename } from 'node:path';
import type { FilterState } from '../../state/schema.js';

/** The words after `filter set IFNAME` that make this filter. */
export function filterWords(filter: FilterState): string {
  if ('all' in filter) return `all ${filter.all}`;
  if ('rules' in filter) return [...filter.rules.map(ruleWords), `default ${filter.default}`].join(' ');
  return [`object ${filter.object}`, ...(filter.program ? [`program ${filter.program}`] : [])].join(' ');
}

export const ruleWords = ({ match, verdict }: { match: string; verdict: string }): string =>
  `match '${match.replaceAll("'", "'\\''")}' ${verdict}`;

/** What it is called where there is room for a word or two. */
export function filterName(filter: FilterState): string {
  if ('all' in filter) return `all ${filter.all}`;
  if ('rules' in filter) return 'rules';
  return basename(filter.object);
}

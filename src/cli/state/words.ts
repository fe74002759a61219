import type { FilterState, ServiceState } from '../../state/schema.js';
import { filterWords } from '../filter/text.js';

/** ` pool 512 mode native` */
export const pairs = (entries: object): string =>
  Object.entries(entries)
    .map(([key, value]) => ` ${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('');

export const filterText = (filter: FilterState): string =>
  filterWords(filter) + ('object' in filter && filter.sha256 ? ` sha256 ${filter.sha256}` : '');

export const serviceText = ({ service, ...rest }: ServiceState): string => `${service}${pairs(rest)}`;

import type { FilterState, ServiceState } from '../../state/schema.js';
import { filterWords } from '../filter/text.js';
import { pairs } from '../print/pairs.js';

export const filterText = (filter: FilterState): string =>
  filterWords(filter) + ('object' in filter && filter.sha256 ? ` sha256 ${filter.sha256}` : '');

export const serviceText = ({ service, ...rest }: ServiceState): string => `${service}${pairs(rest)}`;

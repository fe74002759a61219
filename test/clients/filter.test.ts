import { clientsAndFilter } from './filtered.js';

clientsAndFilter('xdp');

import { clientsAndFilter } from './filtered.js';

clientsAndFilter('pcap');

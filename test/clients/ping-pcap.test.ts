import { unmodifiedClients } from './unmodified.js';

unmodifiedClients('pcap');

import { unmodifiedClients } from './unmodified.js';

unmodifiedClients('xdp');

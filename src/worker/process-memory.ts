import { PCAP_PAGE_LENGTH, PcapPage } from '../device/pcap-page.js';
import { close } from '../linux/libc.js';
import { mapFile, sharedMemory } from '../linux/memory.js';
import { SLOTS } from '../memory/counters.js';
import { ECHO_PAGE_LENGTH, EchoPage } from '../memory/echo-page.js';
import { NEIGHBOUR_PAGE_LENGTH } from '../memory/neighbour-page.js';
import { SERVICE_PAGE_LENGTH, ServicePage } from '../memory/service-page.js';
import { TRACE_LENGTH, TraceRing } from '../memory/trace-ring.js';
import { WORDS } from './shared.js';

const PAGE = 4096;
const LENGTHS = [
  WORDS * 4,
  TRACE_LENGTH,
  SLOTS * 4,
  PCAP_PAGE_LENGTH,
  ECHO_PAGE_LENGTH,
  NEIGHBOUR_PAGE_LENGTH,
  SERVICE_PAGE_LENGTH,
].map((length) => Math.ceil(length / PAGE) * PAGE);

/** What the in-band side and an out-of-band process share, besides the counters page. */
export interface ProcessMemory {
  readonly words: Int32Array;
  readonly trace: TraceRing;
  readonly suppressed: Int32Array;
  readonly page: PcapPage;
  readonly echoes: EchoPage;
  readonly neighbours: Int32Array;
  readonly services: ServicePage;
}

/** Memory without a name; the process inherits the descriptor, then both close it. */
export const createProcessMemory = (): number =>
  sharedMemory(
    'evlnet',
    LENGTHS.reduce((a, b) => a + b),
  );

/** Maps it and closes the descriptor. */
export function openProcessMemory(fd: number): ProcessMemory {
  let at = 0;
  const [words, trace, suppressed, page, echoes, neighbours, services] = LENGTHS.map((length) => {
    const { buffer } = mapFile(fd, length, at);
    at += length;
    return buffer;
  }) as [ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer];
  close(fd);
  return {
    words: new Int32Array(words, 0, WORDS),
    trace: new TraceRing(trace),
    suppressed: new Int32Array(suppressed, 0, SLOTS),
    page: new PcapPage(page),
    echoes: new EchoPage(echoes),
    neighbours: new Int32Array(neighbours),
    services: new ServicePage(services),
  };
}

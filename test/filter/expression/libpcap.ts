// libpcap as the oracle: its own compiler, and its own interpreter in user space.
import koffi from 'koffi';

const DLT_EN10MB = 1;
const MAX_SNAPLEN = 262_144;
const PROGRAM_LENGTH = 16;
const HEADER_LENGTH = 24;

const library = koffi.load('libpcap.so.0.8');
const openDead = library.func('void *pcap_open_dead(int linktype, int snaplen)');
const compileProgram = library.func(
  'int pcap_compile(void *p, void *program, const char *text, int optimize, uint32_t netmask)',
);
const offlineFilter = library.func('int pcap_offline_filter(void *program, void *header, void *frame)');
const freeCode = library.func('void pcap_freecode(void *program)');
const lastError = library.func('const char *pcap_geterr(void *p)');
const handle = openDead(DLT_EN10MB, MAX_SNAPLEN);

export interface Oracle {
  matches(frame: Uint8Array): boolean;
  close(): void;
}

/** The expression as libpcap compiles it; its message where it does not. Not optimized: libpcap's optimizer forgets loads that would have failed. */
export function oracle(text: string): Oracle | string {
  const program = Buffer.alloc(PROGRAM_LENGTH);
  if (compileProgram(handle, program, text, 0, 0) !== 0) return String(lastError(handle));
  const header = Buffer.alloc(HEADER_LENGTH);
  return {
    matches(frame) {
      header.writeUInt32LE(frame.length, 16);
      header.writeUInt32LE(frame.length, 20);
      return offlineFilter(program, header, Buffer.from(frame.buffer, frame.byteOffset, frame.length)) !== 0;
    },
    close: () => freeCode(program),
  };
}

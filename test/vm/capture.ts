import { readFileSync } from 'node:fs';

/** Frames of a pcap file (little-endian, microseconds), as QEMU's filter-dump writes it. */
export function frames(file: string): Buffer[] {
  const octets = readFileSync(file);
  const found: Buffer[] = [];
  let at = 24;
  while (at + 16 <= octets.length) {
    const length = octets.readUInt32LE(at + 8);
    found.push(octets.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return found;
}

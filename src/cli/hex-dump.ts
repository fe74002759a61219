/** Octets in rows of 16, each with its offset: `0000: 45 00 …`. */
export function hexLines(octets: Uint8Array): string[] {
  const lines: string[] = [];
  for (let i = 0; i < octets.length; i += 16) {
    const row = Buffer.from(octets.subarray(i, i + 16))
      .toString('hex')
      .match(/../g)!;
    lines.push(`${i.toString(16).padStart(4, '0')}: ${row.join(' ')}`);
  }
  return lines;
}

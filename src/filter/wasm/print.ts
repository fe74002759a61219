// kernel/trace/bpf_trace.c, bpf_trace_printk(): what a filter prints.

/** Numbers and text in the memory of a filter. */
export interface Readable {
  /** Octet at an address; 0 where the program has none. */
  octet(address: bigint): number;
}

const SPECIFIER = /%(%|([-+ #0]*)(\d*)(?:\.\d+)?(hh|h|ll|l|z)?([diuxXocs])|p(i4|I4|i6|I6)?)/g;
const LONGEST_TEXT = 512;

export function formatLine(format: string, numbers: readonly bigint[], memory: Readable): string {
  let next = 0;
  return format.replace(SPECIFIER, (whole, percent, flags, width, length, conversion, address) => {
    if (percent === '%') return '%';
    const number = numbers[next++];
    if (number === undefined) return whole;
    if (conversion === undefined) return pointer(number, address, memory);
    const text = scalar(number, conversion, length, memory);
    if (flags.includes('-')) return text.padEnd(Number(width));
    return text.padStart(Number(width), flags.includes('0') && conversion !== 's' ? '0' : ' ');
  });
}

function scalar(number: bigint, conversion: string, length: string | undefined, memory: Readable): string {
  const bits =
    length === 'l' || length === 'll' || length === 'z' ? 64 : length === 'h' ? 16 : length === 'hh' ? 8 : 32;
  switch (conversion) {
    case 'd':
    case 'i':
      return BigInt.asIntN(bits, number).toString();
    case 'x':
      return BigInt.asUintN(bits, number).toString(16);
    case 'X':
      return BigInt.asUintN(bits, number).toString(16).toUpperCase();
    case 'o':
      return BigInt.asUintN(bits, number).toString(8);
    case 'c':
      return String.fromCharCode(Number(number & 0xffn));
    case 's':
      return text(number, memory);
    default:
      return BigInt.asUintN(bits, number).toString();
  }
}

function text(address: bigint, memory: Readable): string {
  let line = '';
  for (let n = 0n; n < LONGEST_TEXT; n++) {
    const octet = memory.octet(address + n);
    if (octet === 0) break;
    line += String.fromCharCode(octet);
  }
  return line;
}

function pointer(address: bigint, kind: string | undefined, memory: Readable): string {
  const octets = (count: number) =>
    Array.from({ length: count }, (_, n) => memory.octet(address + BigInt(n)));
  if (kind === undefined) return BigInt.asUintN(64, address).toString(16).padStart(16, '0');
  if (kind[1] === '4')
    return octets(4)
      .map((o) => (kind === 'i4' ? o.toString().padStart(3, '0') : o.toString()))
      .join('.');
  const words = octets(16).map((o) => o.toString(16).padStart(2, '0'));
  return words.join('').replace(/....(?!$)/g, kind === 'I6' ? '$&:' : '$&');
}

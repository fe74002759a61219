import type { Direction } from './link.js';
import type { Reader } from './reader.js';
import { QUALIFIERS } from './words.js';

export type AddressType = 'host' | 'net' | 'port' | 'portrange' | 'proto';

/** What is said before an address or number; absent: all that it can mean. */
export interface Qualifiers {
  readonly protocol?: string;
  readonly direction?: Direction;
  readonly type?: AddressType;
}

/** `[ PROTOCOL ] [ src | dst | src or dst | src and dst ] [ host | net | port | portrange | proto ]` */
export function qualifiers(reader: Reader): Qualifiers {
  const protocol = reader.skip(...QUALIFIERS)?.text;
  const direction = readDirection(reader);
  const type = reader.skip('host', 'net', 'port', 'portrange', 'proto')?.text as AddressType | undefined;
  const isGroup = reader.is('broadcast', 'multicast');
  if (protocol === undefined && direction === undefined && type === undefined && !isGroup)
    reader.unexpected('a primitive');
  return {
    ...(protocol === undefined ? {} : { protocol }),
    ...(direction === undefined ? {} : { direction }),
    ...(type === undefined ? {} : { type }),
  };
}

function readDirection(reader: Reader): Direction | undefined {
  const first = reader.skip('src', 'dst')?.text;
  if (first === undefined) return undefined;
  const join = reader.peek().text;
  const second = reader.peek(1).text;
  const isBoth =
    (join === 'or' || join === 'and') && (second === 'src' || second === 'dst') && second !== first;
  if (!isBoth) return first as Direction;
  reader.take();
  reader.take();
  return join === 'or' ? 'src or dst' : 'src and dst';
}

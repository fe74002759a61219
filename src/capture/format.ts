import { EvlnetError, Exit } from '../errors.js';
import type { FrameBlock } from './block.js';

/** How a capture is written. */
export interface Format {
  /**
   * Adds the whole frames of `view` from `at` to `end` to the block; returns where it stopped: at the first octet that it
   * needs more of, or with the block full. `isLast`: nothing follows `end`.
   */
  parse(view: DataView, at: number, end: number, block: FrameBlock, isLast: boolean): number;
}

/** libpcap's MAXIMUM_SNAPLEN: no capture holds a longer frame. */
export const LONGEST_FRAME = 262144;

/** LINKTYPE_… of tcpdump.org/linktypes.html; the only one whose frames have what a filter judges. */
const ETHERNET = 1;
const NAMES: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  101: 'raw IP',
  105: 'IEEE 802.11',
  113: 'Linux cooked (SLL)',
  127: 'IEEE 802.11 radiotap',
  189: 'USB',
  276: 'Linux cooked (SLL2)',
};
const COOKED = [113, 276];

export const damaged = (what: string, at: number): EvlnetError =>
  new EvlnetError('EVL_CAPTURE', `Cannot read the capture: ${what} (octet ${at})`, {
    hint: 'the file is damaged; what stands before that place was read',
  });

/** Why frames of that link type cannot be judged. */
export function linkTypeError(type: number): EvlnetError | undefined {
  if (type === ETHERNET) return undefined;
  return new EvlnetError(
    'EVL_LINKTYPE',
    `Cannot judge the frames of this capture: link type ${type}${NAMES[type] ? `, ${NAMES[type]},` : ''} is not Ethernet`,
    {
      exit: Exit.Unsupported,
      hint: COOKED.includes(type)
        ? '"-i any" takes the Ethernet header away: capture on the device itself, tcpdump -i eth0 -w FILE'
        : 'capture on an Ethernet device: tcpdump -i eth0 -w FILE',
    },
  );
}

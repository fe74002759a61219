import { findCap } from '../device/cap.js';
import { EvlnetError } from '../errors.js';

/** What keeps the driver pcap from its addon; undefined where nothing does. Loads nothing. */
export function whyNoCap(): EvlnetError | undefined {
  try {
    findCap();
    return undefined;
  } catch (error) {
    if (error instanceof EvlnetError) return error;
    throw error;
  }
}

// The NIC's own time of a received frame: Documentation/networking/xdp-rx-metadata.rst.
import { EvlnetError, Exit } from '../errors.js';
import { RX_TIMESTAMP } from '../filter/stamp.js';
import { tellsHardwareTime } from '../linux/rx-metadata.js';
import { hasKfunc } from '../linux/vmlinux.js';

const SOFTWARE = 'without "hardware" there are the times by software';

interface Place {
  readonly ifname: string;
  readonly ifindex: number;
  /** A port on it, for hints. */
  readonly port?: string;
  readonly mode: 'native' | 'generic';
}

/** Throws EVL_NO_HARDWARE_TIMES where the driver can never tell them. */
export function demandHardwareTimes({ ifname, ifindex, port = ifname, mode }: Place): void {
  // The kernel looks at the mode only when a program is attached, not when it replaces another, and the driver's function would fall over what
  // generic mode hands it.
  if (mode === 'generic')
    throw noHardwareTimes(
      `of "${ifname}": XDP runs in generic mode`,
      `evlnet port set ${port} mode native, where its driver has that`,
    );
  if (!hasKfunc(RX_TIMESTAMP))
    throw noHardwareTimes(`of "${ifname}": the kernel has no ${RX_TIMESTAMP}()`, 'this needs Linux 6.3');
  if (tellsHardwareTime(ifindex) === false)
    throw noHardwareTimes(`of "${ifname}": its driver does not tell them to XDP programs`, SOFTWARE);
}

export const noHardwareTimes = (reason: string, hint: string): EvlnetError =>
  new EvlnetError('EVL_NO_HARDWARE_TIMES', `Cannot have the hardware times ${reason}`, {
    exit: Exit.Unsupported,
    hint,
  });

import { pairs } from '../print/pairs.js';
import type { View } from '../print/printer.js';
import type { Worker } from '../system.js';

/** A worker that runs, in the keys of its ports. */
export interface WorkerRecord {
  readonly ifname: string;
  /** Process id. */
  readonly worker: number;
  /** These and what it serves are absent where it does not answer. */
  readonly driver?: string;
  readonly mode?: string;
  readonly zerocopy?: boolean;
  readonly services?: readonly { service: string; port?: string; udpPort?: number }[];
}

export const workerRecord = ({ device, pid, status }: Worker): WorkerRecord => ({
  ifname: device,
  worker: pid,
  ...(status && {
    driver: status.driver,
    mode: status.mode,
    zerocopy: status.zeroCopy,
    services: status.services,
  }),
});

/** The words of `port show`, and below them the services as `state show` has them. */
export const workerView: View<WorkerRecord> = {
  text: (record, { paint }) => [
    [`${paint.ifname(record.ifname)}: worker ${record.worker}`, ...driverWords(record)].join(' '),
    ...(record.services ?? []).map(({ service, ...rest }) => `    ${service}${pairs(rest)}`),
  ],
};

const driverWords = ({ driver, mode, zerocopy }: WorkerRecord): string[] =>
  driver === undefined ? [] : [`driver ${driver} mode ${mode} ${zerocopy ? 'zero-copy' : 'copy'}`];

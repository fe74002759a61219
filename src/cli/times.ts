import type { RxTimestamps, TxTimestamps } from '../socket/timestamps.js';
import type { OptionSpec } from './spec.js';

export const timesOption = (about: string): OptionSpec => ({ name: 'times', about });

/** Where a message was, in that order: the first time as the clock has it, the others by how much later they are. */
function line(points: readonly (readonly [name: string, ns: number | undefined])[]): string {
  const known = points.filter((point): point is readonly [string, number] => point[1] !== undefined);
  const [first, ...others] = known;
  if (first === undefined) return '';
  const [name, start] = first;
  const seconds = `${Math.floor(start / 1e9)}.${String(Math.floor(start % 1e9)).padStart(9, '0')}`;
  return [
    `${name} ${seconds}`,
    ...others.map(([later, ns]) => `${later} +${((ns - start) / 1000).toFixed(1)} us`),
  ].join(', ');
}

/** `driver 4711.000000123, queue +4.2 us, application +35.7 us` */
export const receivedTimes = ({ driver, queue, application }: RxTimestamps): string =>
  line([
    ['driver', driver],
    ['queue', queue],
    ['application', application],
  ]);

/** `application 4711.000000123, queue +8.1 us, driver +12.9 us` */
export const sentTimes = ({ application, queue, driver }: TxTimestamps): string =>
  line([
    ['application', application],
    ['queue', queue],
    ['driver', driver],
  ]);

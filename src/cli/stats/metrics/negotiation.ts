// What the Accept header of a request prefers, RFC 9110 §12.5.1.
import type { Format } from './exposition.js';

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
}

const OFFERS: readonly (readonly [format: Format, type: string, version: string])[] = [
  ['openmetrics', 'application/openmetrics-text', '1.0.0'],
  ['text', 'text/plain', '0.0.4'],
];

/** OpenMetrics, unless the other format is liked better. */
export function preferredFormat(accept: string | undefined): Format {
  const ranges = (accept ?? '*/*').split(',').map(readRange);
  const [openMetrics, text] = OFFERS.map(([, type, version]) => quality(ranges, type, version));
  return text! > openMetrics! ? 'text' : 'openmetrics';
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const of = (name: string) =>
    parameters
      .find((p) => p.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '');
  const q = Number(of('q') ?? 1);
  return { type, version: of('version'), quality: Number.isNaN(q) ? 0 : q };
}

/** By the most specific range that fits, among equals the best. */
function quality(ranges: readonly Range[], type: string, version: string): number {
  for (const name of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const fitting = ranges.filter((r) => r.type === name && (r.version ?? version) === version);
    if (fitting.length > 0) return Math.max(...fitting.map((r) => r.quality));
  }
  return 0;
}

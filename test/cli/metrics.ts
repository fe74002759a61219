import { join } from 'node:path';
import { output } from '../command.js';

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly (readonly [name: string, labels: Record<string, string>, value: number])[];
}

/** As Prometheus' own parser has it; throws what it says where it refuses the text. */
export const parseMetrics = (text: string, format: 'openmetrics' | 'text' = 'openmetrics'): ParsedFamily[] =>
  JSON.parse(
    output('/usr/bin/python3', [join(import.meta.dirname, 'parse-metrics.py'), format], { input: text }),
  ) as ParsedFamily[];

/** The value of the one sample of that name with these labels among its own. */
export function sampleOf(
  families: readonly ParsedFamily[],
  name: string,
  labels: Record<string, string>,
): number {
  const found = families
    .flatMap((family) => family.samples)
    .filter(([n, has]) => n === name && Object.entries(labels).every(([key, value]) => has[key] === value));
  if (found.length !== 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`);
  return found[0]![2];
}

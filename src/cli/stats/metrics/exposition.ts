import { type Family, type Labels, metricName } from './family.js';

/** OpenMetrics 1.0, or Prometheus' own text format 0.0.4, which knows no units, info metrics and end. */
export type Format = 'openmetrics' | 'text';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

export function exposition(families: readonly Family[], format: Format): string {
  const isOpenMetrics = format === 'openmetrics';
  const lines = families.flatMap((family) => [
    ...(isOpenMetrics ? openMetricsHead(family) : textHead(family)),
    ...family.samples.map(
      ({ suffix = '', labels, value }) => `${metricName(family)}${suffix}${labelText(labels)} ${value}`,
    ),
  ]);
  return `${[...lines, ...(isOpenMetrics ? ['# EOF'] : [])].join('\n')}\n`;
}

const openMetricsHead = ({ name, type, unit, help }: Family): string[] => [
  `# TYPE ${name} ${type}`,
  ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
  `# HELP ${name} ${help}`,
];

const textHead = (family: Family): string[] => [
  `# HELP ${metricName(family)} ${family.help}`,
  `# TYPE ${metricName(family)} ${family.type === 'info' ? 'gauge' : family.type}`,
];

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (character) => ESCAPES[character]!)}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

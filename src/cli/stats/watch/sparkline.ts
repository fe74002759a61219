const BLOCKS = '▁▂▃▄▅▆▇█';
/** Where these cannot be shown. */
const ASCII = '_.:-=+*#';

/** A character a value, as high as it is beside the highest; only nothing is the lowest. */
export function sparkline(values: readonly number[], isUtf8: boolean): string {
  const levels = isUtf8 ? BLOCKS : ASCII;
  const top = levels.length - 1;
  const most = Math.max(...values, 0);
  return values
    .map((value) => levels[value <= 0 ? 0 : Math.max(1, Math.round((value / most) * top))]!)
    .join('');
}

/** Whether a terminal shows what is beyond ASCII, as locale(7) says; a dumb one does not. */
export function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return env.TERM !== 'dumb' && /utf-?8/i.test(locale);
}

import type { Globals } from './globals.js';

/** What -t and -ts put in front of a line, as ip-monitor(8): local time, of the moment of printing. */
export function stamp(kind: Globals['timestamp'], now = new Date()): string {
  if (kind === false) return '';
  const microseconds = String(now.getMilliseconds() * 1000).padStart(6, '0');
  if (kind === 'long') return `Timestamp: ${now.toString().replace(/ GMT.*$/, '')} ${microseconds} usec\n`;
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return `[${local}.${microseconds}] `;
}

import type { Globals } from '../globals.js';
import type { Io } from '../io.js';

/** ip(8)'s palette: one function a kind of word. */
export interface Paint {
  ifname(text: string): string;
  lladdr(text: string): string;
  inet(text: string): string;
  up(text: string): string;
  down(text: string): string;
  changed(text: string): string;
}

const same = (text: string) => text;
export const PLAIN: Paint = { ifname: same, lladdr: same, inet: same, up: same, down: same, changed: same };

/** Whether output is coloured: `-c` decides, else a terminal that is not dumb and a user who did not set NO_COLOR. */
export function isColored(globals: Readonly<Globals>, io: Io): boolean {
  if (globals.json || globals.color === 'never') return false;
  if (globals.color === 'always') return true;
  return io.stdout.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** iproute2's lib/color.c: COLORFGBG ends in the background's number, 0 to 6 and 8 are dark. */
const isDark = (colorFgBg: string | undefined): boolean => /;[0-68]$/.test(colorFgBg ?? '');

export async function paintFor(globals: Readonly<Globals>, io: Io): Promise<Paint> {
  if (!isColored(globals, io)) return PLAIN;
  // chalk knows nothing of NO_COLOR, so it is told the level.
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const shade = isDark(io.env.COLORFGBG) ? chalk.bold : chalk;
  return {
    ifname: shade.cyan,
    lladdr: shade.yellow,
    inet: shade.magenta,
    up: shade.green,
    down: shade.red,
    changed: shade.yellow,
  };
}

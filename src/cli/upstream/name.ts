import { basename } from 'node:path';

/** EVL's tools that this program is when it is called by their name. */
export type ToolName = 'evl-net' | 'oob-net-icmp' | 'oob-net-udp';

const NAMES: readonly string[] = ['evl-net', 'oob-net-icmp', 'oob-net-udp'] satisfies ToolName[];

/** The tool that a path names: a link to this program, which Node.js does not resolve in `process.argv[1]`. */
export function toolName(path: string): ToolName | undefined {
  const name = basename(path);
  return NAMES.includes(name) ? (name as ToolName) : undefined;
}

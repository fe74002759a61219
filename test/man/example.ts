// An .EX block with the mark "test" is a promise: it is run, and what it shows is compared.
import type { Example } from './page.js';

/** One command of an example, and what the manual shows below it. */
export interface Step {
  /** Empty where the prompt names none. */
  readonly host: string;
  readonly command: string;
  readonly shown: readonly string[];
}

/** `# evlnet port`, `issuer# ping …`; what follows a prompt is its output, or until its word the text of a here-document. */
export function stepsOf({ lines }: Example): Step[] {
  const steps: { host: string; command: string; shown: string[] }[] = [];
  let until: string | undefined;
  for (const line of lines) {
    const [, host, command] = /^(issuer|responder|)# (.*)$/.exec(line) ?? [];
    const last = steps.at(-1);
    if (until !== undefined) {
      last!.command += `\n${line}`;
      if (line === until) until = undefined;
    } else if (command !== undefined) {
      steps.push({ host: host ?? '', command, shown: [] });
      until = /<<(\w+)$/.exec(command)?.[1];
    } else last?.shown.push(line);
  }
  return steps;
}

/** Whether errors and warnings are part of what is shown. */
export const showsErrors = (shown: readonly string[]): boolean =>
  shown.some((line) => /^(Warning|Hint|Error): /.test(line));

/**
 * What the output must match: `...` stands for any text and alone on a line for any lines, white space for any, a number with
 * a point (a time) for any such.
 */
export function pattern(shown: readonly string[]): RegExp {
  const lines = shown.map((line) => (line === '...' ? '(?:.*\\n)*?' : `${linePattern(line)}\\n`));
  return new RegExp(`^${lines.join('')}$`);
}

const linePattern = (line: string): string =>
  line
    .split('...')
    .map((text) =>
      text
        .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
        .replace(/(?<![\w.])\d+\\\.\d+(?![\w\\])/g, '\\d+\\.\\d+')
        .replace(/\s+/g, '\\s+'),
    )
    .join('.*');

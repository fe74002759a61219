// Reads a man(7) page as far as its tests need: what stands in which section, free of fonts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'man';

/** `evlnet-port.8` and its fellows. */
export const pageNames = (): string[] => readdirSync(FOLDER).sort();
export const pagePath = (name: string): string => join(FOLDER, name);

interface Line {
  readonly kind: 'SH' | 'SS' | 'SY' | 'TP' | 'text';
  readonly text: string;
  /** How many .RS it stands in. */
  readonly depth: number;
}

/** An .EX block, and the comment right before it. */
export interface Example {
  readonly mark: string;
  readonly lines: readonly string[];
}

export interface Page {
  readonly lines: readonly Line[];
  readonly examples: readonly Example[];
}

/** What stands under one .TP, or under several with .TQ between them. */
export interface Entry {
  readonly tags: readonly string[];
  readonly text: string;
}

/** The lines of a section, or of the subsection `sub` in it; headings that follow one another share what comes after them. */
export function section(page: Page, title: string, sub?: string): readonly Line[] {
  const found = under(page.lines, 'SH', title);
  return sub === undefined ? found : under(found, 'SS', sub);
}

/** The tagged paragraphs that no .RS indents. */
export function entries(lines: readonly Line[]): Entry[] {
  const found: { tags: string[]; words: string[] }[] = [];
  for (const { kind, text, depth } of lines) {
    const last = found.at(-1);
    if (kind !== 'TP' || depth > 0) last?.words.push(text);
    else if (last?.words.length === 0) last.tags.push(text);
    else found.push({ tags: [text], words: [] });
  }
  return found.map(({ tags, words }) => ({ tags, text: joined(words) }));
}

export const tags = (lines: readonly Line[]): string[] => entries(lines).flatMap((entry) => entry.tags);

/** All that is printed, as one line. */
export const textOf = (lines: readonly Line[]): string => joined(lines.map((line) => line.text));

/** The commands of the SYNOPSIS, a string each. */
export function synopses(page: Page): string[] {
  const found: string[][] = [];
  for (const { kind, text } of section(page, 'SYNOPSIS')) {
    if (kind === 'SY') found.push([text]);
    else found.at(-1)?.push(text);
  }
  return found.map(joined);
}

const joined = (words: readonly string[]): string => words.join(' ').replace(/\s+/g, ' ').trim();

function under(lines: readonly Line[], kind: 'SH' | 'SS', title: string): readonly Line[] {
  let from = lines.findIndex((line) => line.kind === kind && line.text === title) + 1;
  if (from === 0) return [];
  while (lines[from]?.kind === kind) from++;
  const rest = lines.slice(from);
  const to = rest.findIndex((line) => line.kind === kind);
  return to < 0 ? rest : rest.slice(0, to);
}

export function readPage(name: string): Page {
  const lines: Line[] = [];
  const examples: { mark: string; lines: string[] }[] = [];
  let depth = 0;
  let mark = '';
  let isExample = false;
  let isTag = false;
  for (const source of readFileSync(pagePath(name), 'utf8').split('\n')) {
    const [macro, words] = macroOf(source);
    if (macro === 'RS') depth++;
    else if (macro === 'RE') depth--;
    else if (macro === 'TP' || macro === 'TQ') isTag = true;
    else if (macro === 'EE' || macro === 'YS') isExample = false;
    else if (macro === 'EX') {
      isExample = true;
      examples.push({ mark, lines: [] });
    } else if (macro === 'SH' || macro === 'SS' || macro === 'SY')
      lines.push({ kind: macro, text: words.join(' '), depth });
    else if (macro === 'IP') lines.push({ kind: 'TP', text: words[0] ?? '', depth });
    else {
      const text = macro === undefined ? plain(source) : printed(macro, words);
      if (text !== undefined) {
        lines.push({ kind: isTag ? 'TP' : 'text', text, depth });
        if (isExample) examples.at(-1)!.lines.push(text);
        isTag = false;
      }
    }
    mark = macro === '\\"' ? words.join(' ') : '';
  }
  return { lines, examples };
}

/** What a macro prints; undefined where that is nothing. */
function printed(macro: string, words: readonly string[]): string | undefined {
  if (/^[BIR][BIR]$/.test(macro)) return words.join('');
  return macro === 'B' || macro === 'I' ? words.join(' ') : undefined;
}

function macroOf(source: string): [macro: string | undefined, words: string[]] {
  const [, macro, rest = ''] = /^\.([A-Za-z]+|\\")\s*(.*)$/.exec(source) ?? [];
  if (macro === undefined) return [undefined, []];
  const words = [...rest.matchAll(/"((?:[^"]|"")*)"|(\S+)/g)];
  return [macro, words.map(([, quoted, bare]) => plain(quoted?.replaceAll('""', '"') ?? bare ?? ''))];
}

const GLYPHS: Readonly<Record<string, string>> = { aq: "'", dq: '"', mc: 'µ', bu: '•', em: '—' };

/** Text as it is printed: fonts left out, escapes resolved. */
const plain = (text: string): string =>
  text
    .replace(/\\f./g, '')
    .replace(/\\\((..)/g, (_, glyph: string) => GLYPHS[glyph] ?? `no glyph ${glyph}`)
    .replace(/\\&/g, '')
    .replace(/\\~/g, ' ')
    .replace(/\\e/g, '\\')
    .replace(/\\-/g, '-');

import { describe, expect, test } from '@jest/globals';
import { GLOBALS } from '../../src/cli/globals.js';
import { optionSyntax, synopsis, wordSyntax } from '../../src/cli/help.js';
import type { ObjectSpec, OptionSpec, VerbSpec, WordSpec } from '../../src/cli/spec.js';
import { OBJECTS } from '../../src/cli/table/index.js';
import { entries, pageNames, readPage, section, synopses, tags, textOf } from './page.js';

// The command table is what the program parses by; what the manual says of it is compared in both directions.

/** An object's page; completion has its few words in evlnet(8), and state is a file format too. */
const pageOf = (object: ObjectSpec): string => {
  if (object.name === 'completion') return 'evlnet.8';
  return object.name === 'state' ? 'evlnet-state.5' : `evlnet-${object.name}.8`;
};
const isCommand = (object: ObjectSpec): boolean => object.verbs[0]?.name === '';
const heading = (object: ObjectSpec, verb: VerbSpec): string => `evlnet ${object.name} ${verb.name}`.trim();

describe.each(OBJECTS.filter((o) => o.name !== 'completion').map((o) => [o.name, o] as const))(
  '%s',
  (_, object) => {
    const page = readPage(pageOf(object));

    test('SYNOPSIS is the synopsis of the table', () => {
      expect(synopses(page)).toEqual(object.verbs.map((verb) => synopsis(object, verb)));
    });

    test('COMMANDS has every command, and no other', () => {
      const found = section(page, 'COMMANDS').filter((l) => l.kind === 'SS');
      expect(found.map((l) => l.text)).toEqual(
        isCommand(object) ? [] : object.verbs.map((verb) => heading(object, verb)),
      );
    });

    test.each(object.verbs.map((verb) => [heading(object, verb), verb] as const))(
      '%s: every keyword and option with its limits and default, and no other',
      (title, verb) => {
        const words = isCommand(object) ? section(page, 'ARGUMENTS') : section(page, 'COMMANDS', title);
        expect(tags(words)).toEqual((verb.words ?? []).map(wordSyntax));
        for (const word of verb.words ?? []) expectSaid(words, wordSyntax(word), word);
        const options = section(page, 'OPTIONS');
        const all = object.verbs.flatMap((v) => (v.options ?? []).map(optionSyntax));
        expect(tags(options)).toEqual([...new Set(all)]);
        for (const option of verb.options ?? []) expectSaid(options, optionSyntax(option), option);
      },
    );

    test.each(object.verbs.map((verb) => [heading(object, verb), verb] as const))(
      '%s: every JSON key, and no other',
      (title, verb) => {
        const json = isCommand(object) ? section(page, 'JSON OUTPUT') : section(page, 'JSON OUTPUT', title);
        if (verb.json) expect(tags(json).sort()).toEqual([...verb.json].sort());
      },
    );

    test('other names of commands and keywords are told', () => {
      const text = textOf(page.lines);
      const aliases = object.verbs
        .flatMap((verb) => [verb, ...(verb.words ?? [])])
        .flatMap((named) => named.aliases ?? []);
      for (const alias of aliases.filter((name) => !['show', 'list', 'lst'].includes(name)))
        expect(text).toMatch(new RegExp(`\\b${alias} is the same word`));
    });

    test('evlnet(8) has its line', () => {
      const about = entries(section(readPage('evlnet.8'), 'OBJECTS')).find((e) =>
        e.tags.includes(object.name),
      );
      expect(about?.text).toBe(`${object.about}, ${pageOf(object).replace(/\.(\d)$/, '($1)')}`);
    });
  },
);

/** Some arguments are judged by what they mean: whatever a 32-bit number holds is let through. */
const NO_LIMIT = 2 ** 32 - 1;

/** Under its tag, the numbers between which it must be, and what holds without it. */
function expectSaid(lines: ReturnType<typeof section>, tag: string, spec: WordSpec | OptionSpec): void {
  const entry = entries(lines).find((e) => e.tags.includes(tag));
  const text = `${tag} ${entry?.text}`;
  expect(entry?.text).not.toBe('');
  if (spec.default) expect(text).toContain(spec.default);
  for (const limit of spec.type?.integer ?? [])
    if (limit > 1 && limit < NO_LIMIT) expect(text).toContain(String(limit));
  for (const choice of spec.type?.choices ?? []) expect(text).toContain(choice);
}

describe('evlnet(8)', () => {
  const page = readPage('evlnet.8');

  test('SYNOPSIS', () => {
    expect(synopses(page).slice(0, 2)).toEqual([
      'evlnet [ OPTIONS ] OBJECT { COMMAND | help } [ ARGUMENTS ]',
      'evlnet [ -force ] -batch FILE',
    ]);
    const completion = OBJECTS.find((o) => o.name === 'completion')!;
    expect(synopses(page)[2]).toContain(synopsis(completion, completion.verbs[0]!));
    expect(textOf(section(page, 'SYNOPSIS'))).toContain(
      `OBJECT := { ${OBJECTS.map((o) => o.name).join(' | ')} }`,
    );
  });

  test('OPTIONS are the global options, in the order in which prefixes are tried', () => {
    expect(tags(section(page, 'OPTIONS'))).toEqual(
      GLOBALS.map((g) => (g.value ? `${g.synopsis} ${g.value}` : g.synopsis)),
    );
  });

  test('OBJECTS are all that there are', () => {
    expect(tags(section(page, 'OBJECTS'))).toEqual(OBJECTS.map((o) => o.name));
  });
});

test('every object of this version has a page, and every page its object', () => {
  const wanted = new Set(['evlnet.7', 'evlnet-filter.7', ...OBJECTS.map(pageOf)]);
  expect(pageNames()).toEqual([...wanted].sort());
});

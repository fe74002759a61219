import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { pageNames, pagePath, readPage, section, textOf } from './page.js';

/** Everything that it says, on stdout and stderr. */
function said(...words: string[]): string {
  const { stdout, stderr, error } = spawnSync(words[0]!, words.slice(1), { encoding: 'utf8' });
  if (error) throw error;
  return stdout + stderr;
}

describeIf([{ command: 'mandoc' }])('mandoc', () => {
  test.each(pageNames())('%s: nothing to say', (name) => {
    expect(said('mandoc', '-T', 'lint', '-W', 'all', pagePath(name))).toBe('');
  });
});

describeIf([{ command: 'groff' }])('groff', () => {
  test.each(pageNames())('%s: nothing to say', (name) => {
    expect(said('groff', '-man', '-ww', '-z', pagePath(name))).toBe('');
  });
});

describeIf([{ command: 'lexgrog' }])('lexgrog', () => {
  test.each(pageNames())('%s: NAME is name and purpose', (name) => {
    const title = name.replace(/\.\d$/, '');
    expect(said('lexgrog', pagePath(name))).toMatch(new RegExp(`: "${title} - [^"]+"\n$`));
  });
});

test.each(pageNames())('%s: SEE ALSO names pages that are there, and not itself', (name) => {
  const named = [...textOf(section(readPage(name), 'SEE ALSO')).matchAll(/(evlnet[\w-]*)\((\d)\)/g)];
  const files = named.map(([, title, volume]) => `${title}.${volume}`);
  expect(files.length).toBeGreaterThan(0);
  expect(files).not.toContain(name);
  for (const file of files) expect(existsSync(pagePath(file)) ? file : `${file} is missing`).toBe(file);
});

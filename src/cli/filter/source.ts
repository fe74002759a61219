import { resolve } from 'node:path';
import { usage } from '../../errors.js';
import type { FilterSource, Rule } from '../../filter/source.js';
import type { VerdictName } from '../../filter/verdict.js';
import type { Arguments } from '../arguments.js';

/** What a filter is when nobody says what holds for the frames that no rule matches: EVL's own default. */
const DEFAULT: VerdictName = 'vlan';

/** The filter that `object`, `match` or `all` spell; undefined where none of them is given. */
export function givenSource(given: Arguments): FilterSource | undefined {
  const kinds = ['object', 'match', 'all'].filter((name) => given.has(name));
  if (kinds.length > 1)
    throw usage(
      'EVL_ARGUMENT',
      `"${kinds[0]}" and "${kinds[1]}" cannot stand together`,
      'a filter is one object, or rules, or one verdict for all',
    );
  const [kind] = kinds;
  const object = given.text('object');
  if (given.has('program') && object === undefined)
    throw usage('EVL_ARGUMENT', '"program" needs an object file', 'object FILE.o program NAME');
  if (given.has('default') && kind !== 'match')
    throw usage('EVL_ARGUMENT', '"default" needs a rule before it', 'match EXPR VERDICT default VERDICT');
  if (object !== undefined) {
    const program = given.text('program');
    return { object: resolve(object), ...(program === undefined ? {} : { program }) };
  }
  if (kind === 'match') {
    const verdict = given.text('default') as VerdictName | undefined;
    return { rules: givenRules(given.list('match')), default: verdict ?? DEFAULT };
  }
  return kind === 'all' ? { all: given.text('all') as VerdictName } : undefined;
}

/** The values of `match` come in pairs. */
function givenRules(words: readonly string[]): Rule[] {
  const rules: Rule[] = [];
  for (let i = 0; i + 1 < words.length; i += 2)
    rules.push({ match: words[i]!, verdict: words[i + 1] as VerdictName });
  return rules;
}

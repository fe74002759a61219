import { expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { pattern, type Step, showsErrors, stepsOf } from './example.js';
import { type Example, pageNames, readPage } from './page.js';
import { type Ended, here, lab, type Place, type Program, veth } from './place.js';

const OWN = `evlnet-man-${process.pid}`;
/** In place of the lab `try` of the manual. */
const OWN_TRY = `${OWN}-try`;
const TIMEOUT_MS = 60_000;

const marked: [name: string, example: Example][] = pageNames().flatMap((name) =>
  readPage(name)
    .examples.filter((example) => /^test\b/.test(example.mark))
    .map((example, i): [string, Example] => [`${name}, example ${i + 1}: ${example.mark}`, example]),
);

describeIf(['root', 'network namespaces', 'bpf', 'build'])('EXAMPLES do what they show', () => {
  test.each(marked)(
    '%s',
    async (_, example) => {
      const place = await placeOf(example.mark);
      try {
        await play(place, stepsOf(example), Number(/exit (\d)/.exec(example.mark)?.[1] ?? 0));
      } finally {
        await place.close();
      }
    },
    TIMEOUT_MS,
  );
});

test('every page with commands has an example that is run', () => {
  const run = new Set(marked.map(([name]) => name.split(',')[0]));
  expect([...run]).toEqual(pageNames().filter((name) => name !== 'evlnet.7'));
});

async function placeOf(mark: string): Promise<Place> {
  if (mark === 'test lab') return lab(OWN);
  return mark === 'test here' ? here([OWN_TRY]) : veth(OWN);
}

/** Runs the commands in order; responder and `run` go on until the last one is done. The last one ends with `code`. */
async function play(place: Place, steps: readonly Step[], code: number): Promise<void> {
  const running: [Step, Program][] = [];
  for (const [i, step] of steps.entries()) {
    const program = place.start(step.host, step.command.replaceAll('name try', `name ${OWN_TRY}`));
    const goesOn = step.host !== '' && /^evlnet (icmp|run|udp (recv|echo)|packet recv)\b/.test(step.command);
    if (goesOn) {
      await program.ready();
      running.push([step, program]);
    } else if (!step.command.endsWith('&'))
      expectShown(step, await program.end(), i === steps.length - 1 ? code : 0);
  }
  for (const [step, program] of running) expectShown(step, await program.interrupt(), 0);
}

function expectShown({ command, shown }: Step, { code, out, err }: Ended, wanted: number): void {
  const said = showsErrors(shown) ? out + err : out;
  expect({
    command,
    code,
    said: shown.length === 0 || pattern(shown).test(said) ? 'as shown' : said,
    err,
  }).toEqual({
    command,
    code: wanted,
    said: 'as shown',
    err: expect.anything(),
  });
}

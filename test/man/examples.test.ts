import { beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { pattern, type Step, showsErrors, stepsOf } from './example.js';
import { type Example, pageNames, readPage } from './page.js';
import { type Ended, here, lab, type Place, type Program, veth } from './place.js';

/** Namespaces, and the lab in place of the lab `try` of the manual: an example each, as some run at the same time. */
const own = (n: number) => `evlnet-man-${process.pid}-${n}`;
const ownTry = (n: number) => `${own(n)}-try`;
const TIMEOUT_MS = 60_000;
const AT_ONCE = 3;

const marked: [name: string, example: Example][] = pageNames().flatMap((name) =>
  readPage(name)
    .examples.filter((example) => /^test\b/.test(example.mark))
    .map((example, i): [string, Example] => [`${name}, example ${i + 1}: ${example.mark}`, example]),
);

describeIf(['root', 'network namespaces', 'bpf', 'build'])('EXAMPLES do what they show', () => {
  // Some at the same time: who waits for a program leaves the processor to another.
  const failures = new Map<string, unknown>();
  beforeAll(async () => {
    const left = [...marked.entries()];
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [n, [name, example]] = next;
        await run(example, n).catch((failure) => failures.set(name, failure));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }, marked.length * TIMEOUT_MS);

  test.each(marked)('%s', (name) => {
    if (failures.has(name)) throw failures.get(name);
  });
});

async function run(example: Example, n: number): Promise<void> {
  const place = await placeOf(example.mark, n);
  try {
    await play(place, n, stepsOf(example), Number(/exit (\d)/.exec(example.mark)?.[1] ?? 0));
  } finally {
    await place.close();
  }
}

test('every page with commands has an example that is run', () => {
  const run = new Set(marked.map(([name]) => name.split(',')[0]));
  expect([...run]).toEqual(pageNames().filter((name) => name !== 'evlnet.7'));
});

async function placeOf(mark: string, n: number): Promise<Place> {
  if (mark === 'test lab') return lab(own(n));
  return mark === 'test here' ? here([ownTry(n)]) : veth(own(n));
}

/** Runs the commands in order; responder and `run` go on until the last one is done. The last one ends with `code`. */
async function play(place: Place, n: number, steps: readonly Step[], code: number): Promise<void> {
  const running: [Step, Program][] = [];
  for (const [i, step] of steps.entries()) {
    const program = place.start(step.host, step.command.replaceAll('name try', `name ${ownTry(n)}`));
    const goesOn =
      step.host !== '' && /^evlnet (icmp|run|udp (recv|echo)|packet recv|dump)\b/.test(step.command);
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

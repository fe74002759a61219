// filters.mjs FRAMES OBJECT…: loads each filter as it is and as evlnet translates it, runs all on the frames of a file (hexadecimal, one a
// line), and prints a line of JSON a program. Runs in a guest, from dist/.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const from = (path) => import(`../../dist/${path}.js`);
const [{ readObject }, { ProgramType }, { toXdp }, { toTcx }, maps, kernel] = await Promise.all(
  ['bpf/object', 'bpf/program', 'filter/to-xdp', 'filter/to-skb', 'filter/maps', 'linux/bpf'].map(from),
);
const [file, ...objects] = process.argv.slice(2);
const frames = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => Uint8Array.from(Buffer.from(line, 'hex')));

const own = [maps.VLANS, maps.COUNTERS, maps.xsks(1)].map((spec) => [spec.name, spec]);

/** What the kernel says to the program, and it to the frames; undefined where the kernel makes no packet of one. */
function run(object, program, judged = frames) {
  const created = kernel.createMaps(new Map([...own, ...object.maps]));
  try {
    const loaded = kernel.loadProgram(program, created);
    try {
      return { verdicts: judged.map((frame) => verdictOf(loaded, frame)) };
    } finally {
      loaded.close();
    }
  } catch (error) {
    return { refusal: error.message };
  } finally {
    for (const map of created.values()) map.close();
  }
}

function verdictOf(loaded, frame) {
  try {
    return kernel.testRun(loaded, frame).result;
  } catch {
    return undefined;
  }
}

const translations = {
  XDP: (o, p) => toXdp(o, p, { verdictOnly: true }),
  'XDP without CAP_PERFMON': (o, p) => toXdp(o, p, { verdictOnly: true, withoutPerfmon: true }),
  TCX: (o, p) => toTcx(o, p, { verdictOnly: true }),
};

/** What differs from the untouched program, on the frames that it saw. */
function differences(object, program, verdicts) {
  const wrong = [];
  const seen = frames.filter((_, n) => verdicts[n] !== undefined);
  const wanted = verdicts.filter((verdict) => verdict !== undefined);
  for (const [to, translate] of Object.entries(translations)) {
    const translated = run(object, translate(object, program), seen);
    if (translated.refusal) wrong.push(`${to}: ${translated.refusal}`);
    translated.verdicts?.forEach((answer, n) => {
      if (answer !== wanted[n])
        wrong.push(`${to}: ${answer} instead of ${wanted[n]}: ${Buffer.from(seen[n]).toString('hex')}`);
    });
  }
  for (const translate of [toXdp, toTcx]) {
    const { refusal } = run(object, translate(object, program), []);
    if (refusal) wrong.push(`${translate.name}(): ${refusal}`);
  }
  return wrong;
}

for (const path of objects) {
  const object = readObject(readFileSync(path), basename(path));
  for (const program of object.programs.filter((p) => p.type === ProgramType.SocketFilter)) {
    const { verdicts, refusal } = run(object, program);
    const wrong = verdicts ? differences(object, program, verdicts) : [];
    process.stdout.write(`${JSON.stringify({ name: `${object.name} ${program.name}`, refusal, wrong })}\n`);
  }
}

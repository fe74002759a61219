import { basename, resolve } from 'node:path';
import { Exit } from '../../errors.js';
import { readObjectFile } from '../../filter/object-file.js';
import { type Verification, verifyObject, type Where } from '../../trial/verify.js';
import type { Context } from '../context.js';
import { type CheckRecord, checkView } from '../filter/check-view.js';

/** `evlnet filter check FILE.o`: exit 2 where a program is refused by the kernel, or at XDP. */
export async function run({ arguments: given, print }: Context): Promise<number> {
  const path = resolve(given.text('FILE.o')!);
  const { object, filters, others } = verifyObject(readObjectFile(path).octets, basename(path));
  const records: CheckRecord[] = object.notes.map(({ text, source }) => ({
    status: 'warn',
    program: object.name,
    what: source === undefined ? text : `${source.file}:${source.line}: ${text}`,
  }));
  for (const program of others)
    records.push({
      status: 'warn',
      program: program.name,
      what: `in section "${program.section}", not "socket": it is no filter`,
    });
  for (const { program, at } of filters)
    for (const verification of at) records.push(recordOf(program.name, verification));
  await print.records(checkView, records);
  return records.some(({ status }) => status === 'FAIL') ? Exit.Failure : Exit.Ok;
}

const GOOD: Readonly<Record<Where, string>> = {
  kernel: 'the kernel verifies it as EVL loads it',
  xdp: 'its translation runs at XDP',
  wasm: 'it runs as WebAssembly',
};

function recordOf(program: string, { where, error, unknown }: Verification): CheckRecord {
  if (unknown !== undefined) return { status: 'warn', program, where, what: `not checked: ${unknown}` };
  if (error === undefined) return { status: 'ok', program, where, what: GOOD[where] };
  // Without WebAssembly it can still be installed: only the pcap driver and trials want that.
  const status = where === 'wasm' ? 'warn' : 'FAIL';
  return { status, program, where, what: error.message, ...(error.hint ? { fix: error.hint } : {}) };
}

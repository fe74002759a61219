// Reads every import of src and fails on an arrow that this table does not list: what a folder may know of.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const low = ['bpf', 'wire', 'memory', 'linux'];
const allowed = {
  wire: [],
  memory: [],
  capture: [],
  bpf: [],
  linux: ['bpf'],
  filter: ['bpf', 'wire', 'linux'],
  device: ['memory', 'linux', 'filter'],
  stack: ['wire', 'memory'],
  service: ['stack', 'wire', 'memory'],
  state: ['linux'],
  control: ['linux'],
  socket: ['wire', 'memory', 'linux', 'stack', 'control', 'state', 'worker'],
  worker: [...low, 'filter', 'device', 'stack', 'service', 'control', 'state'],
  configuration: ['control', 'state', 'worker', 'filter', 'linux', 'memory', 'wire'],
  library: ['control', 'state', 'worker', 'device', 'stack', 'memory', 'linux'],
  lab: ['bpf', 'linux'],
  trial: [
    'bpf',
    'wire',
    'linux',
    'filter',
    'capture',
    'memory',
    'device',
    'stack',
    'service',
    'worker',
    'library',
  ],
  cli: [
    'configuration',
    'control',
    'state',
    'worker',
    'socket',
    'lab',
    'filter',
    'trial',
    'capture',
    'linux',
    'memory',
  ],
};
/** Imported by all. */
const everywhere = [
  'src/call-arguments.ts',
  'src/errors.ts',
  'src/drop.ts',
  'src/suggest.ts',
  'src/warning.ts',
];

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(folder, e.name)) : e.name.endsWith('.ts') ? [join(folder, e.name)] : [],
  );
const area = (file) => (file.split('/').length > 2 ? file.split('/')[1] : '');

let wrong = 0;
for (const file of files('src')) {
  const text = readFileSync(file, 'utf8');
  for (const [, name] of text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)'(\.[^']+)'/g)) {
    const target = relative('.', join(dirname(file), name)).replace(/\.js$/, '.ts');
    const [from, to] = [area(file), area(target)];
    if (from === to || from === '' || everywhere.includes(target) || allowed[from]?.includes(to)) continue;
    console.error(`${file}: ${from} must not import ${to === '' ? target : to}`);
    wrong++;
  }
}
if (wrong > 0) process.exit(1);

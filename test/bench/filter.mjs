// What a filter costs a frame: the same object translated to XDP and to WebAssembly, beside hand-written XDP.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';
import { interval, median } from './statistics.mjs';
import { columns } from './table.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const OBJECT = join(HERE, '../../build/bench/native-filters.o');
const FOLDER = join(HERE, '../../examples/filters');

/** Runs of the kernel's BPF_PROG_TEST_RUN that make one measurement. */
const REPEAT = 1_000_000;
const CAPTURED = 100_000;
const AF_XDP = 44;
const SOCK_RAW = 3;

const ADDRESSES = '02fc0000000102fc00000002';
const udp = (port) =>
  `45000020000000004011000${'0'}0a0a0a0a0a0a0a0b9c40${port.toString(16).padStart(4, '0')}000c0000${'61'.repeat(4)}`;
const frame = (hex) => {
  const octets = new Uint8Array(60);
  octets.set(Buffer.from(ADDRESSES + hex, 'hex'));
  return octets;
};

/** Each is accepted. */
const FILTERS = [
  { name: 'accept-all', frame: frame(`0800${udp(7)}`) },
  { name: 'ethercat', frame: frame('88a4'), anyEthertype: true },
  { name: 'vlan-udp-port', frame: frame(`8100002a0800${udp(42042)}`) },
  { name: 'port-range', frame: frame(`0800${udp(5000)}`) },
  { name: 'allow-list', frame: frame(`0800${udp(7)}`), allow: Uint8Array.of(10, 10, 10, 10) },
];

const BARS = [
  { name: 'XDP - C', atMost: 6, value: (row) => row.xdp.map((ns, i) => ns - row.native[i]) },
  { name: 'wasm', atMost: 40, value: (row) => row.wasm },
];

async function parts() {
  const of = (path) => import(`../../dist/${path}.js`);
  const modules = await Promise.all(
    ['bpf/object', 'filter/maps', 'filter/to-xdp', 'filter/wasm/filter', 'linux/bpf', 'linux/libc'].map(of),
  );
  return Object.assign({}, ...modules);
}

/** Rows, and how each stands against the bars. */
export async function measureFilters({ options, quietly, progress }) {
  await run('clang', [
    '-O2',
    '-g',
    '-target',
    'bpf',
    '-mcpu=v3',
    '-c',
    join(HERE, 'native-filters.c'),
    '-o',
    OBJECT,
  ]);
  const kernel = await parts();
  const undo = [];
  try {
    const socket = kernel.must(kernel.socket(AF_XDP, SOCK_RAW, 0), 'open an AF_XDP socket');
    undo.push(() => kernel.close(socket));
    const contenders = FILTERS.map((filter) => ({ filter, ...contendersOf(kernel, filter, socket, undo) }));
    const rows = [];
    for (const { filter, native, xdp, wasm } of contenders) {
      const row = { name: filter.name, native: [], xdp: [], wasm: [] };
      for (let round = 0; round < (options.quick ? 3 : 15); round++) {
        const measured = await quietly([], async () => ({
          native: native(options.quick ? REPEAT / 100 : REPEAT),
          xdp: xdp(options.quick ? REPEAT / 100 : REPEAT),
          wasm: wasm(options.quick ? CAPTURED / 100 : CAPTURED),
        }));
        for (const key of ['native', 'xdp', 'wasm']) row[key].push(measured[key]);
      }
      progress(`filter: ${filter.name}`);
      rows.push(row);
    }
    return { rows, bars: rows.flatMap(judge) };
  } finally {
    for (const step of undo.reverse()) step();
  }
}

/** Functions that measure: nanoseconds a frame. */
function contendersOf(kernel, filter, socket, undo) {
  const { createMaps, loadProgram, readObject, testRun, toXdp, WasmFilter } = kernel;
  const { XSKS, VLANS, COUNTERS, xsks } = kernel;
  const open = (file) => readObject(readFileSync(file), basename(file));
  const load = (specs, program, sockets) => {
    const maps = createMaps(specs);
    for (const map of maps.values()) undo.push(() => map.close());
    maps.get(sockets).update(0, new Uint8Array(Uint32Array.of(socket).buffer));
    if (filter.allow) maps.get('allowed').update(filter.allow, new Uint8Array(8));
    const loaded = loadProgram(program, maps);
    undo.push(() => loaded.close());
    return (repeat) => testRun(loaded, filter.frame, { repeat }).durationNs;
  };
  const native = open(OBJECT);
  const object = open(join(FOLDER, `${filter.name}.o`));
  const [program] = object.programs;
  const own = [VLANS, COUNTERS, xsks(1)].map((spec) => [spec.name, spec]);
  return {
    native: load(
      native.maps,
      native.programs.find((p) => p.name === filter.name.replaceAll('-', '_')),
      'xsks',
    ),
    xdp: load(
      new Map([...own, ...object.maps]),
      toXdp(object, program, { anyEthertype: filter.anyEthertype ?? false }),
      XSKS,
    ),
    wasm: inWasm(WasmFilter.create(object, program), filter),
  };
}

/** A capture in memory: as many different places as frames. */
function inWasm(wasm, filter) {
  if (filter.allow) wasm.maps.get('allowed').update(filter.allow, new Uint8Array(8));
  const { octets, index, results } = wasm.reserve(CAPTURED * 64, CAPTURED);
  for (let n = 0; n < CAPTURED; n++) {
    octets.set(filter.frame, n * 64);
    index.set([n * 64, filter.frame.length], n * 2);
  }
  return (count) => {
    const before = performance.now();
    wasm.judgeAll(count);
    const took = performance.now() - before;
    if (results[0] !== 1) throw new Error(`${filter.name}: wasm answers ${results[0]}`);
    return (took * 1e6) / count;
  };
}

function judge(row) {
  return BARS.map(({ name, atMost, value }) => {
    const values = value(row);
    const [low, high] = interval(values) ?? [];
    const middle = median(values);
    const met = middle <= atMost ? 'yes' : low > atMost ? 'no' : 'unclear';
    return { filter: row.name, name, atMost, value: middle, low, high, met };
  });
}

export function filterText({ rows, bars }) {
  const cells = [
    ['filter', 'C', 'XDP', 'wasm', ...BARS.flatMap(({ name, atMost }) => [`${name} <= ${atMost}`, 'met'])],
    ...rows.map((row) => [
      row.name,
      ...[row.native, row.xdp, row.wasm].map((values) => median(values).toFixed(1)),
      ...bars.filter((bar) => bar.filter === row.name).flatMap((bar) => [bar.value.toFixed(1), bar.met]),
    ]),
  ];
  return `A filter, ns a frame: written as XDP in C, translated to XDP, translated to WebAssembly (over a capture in memory)\n${columns(cells, 1)}`;
}

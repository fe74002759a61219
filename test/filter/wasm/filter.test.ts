import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Call, r0, r1, r2, r3, r4, r6, r10 } from '../../../src/bpf/asm.js';
import { readObject } from '../../../src/bpf/object.js';
import { type MapSpec, MapType, ProgramType } from '../../../src/bpf/program.js';
import { Field } from '../../../src/filter/context.js';
import { type FrameContext, WasmFilter, type WasmFilterOptions } from '../../../src/filter/wasm/filter.js';
import { buildFrame, macOctets, octets, RESPONDER } from '../../build-frame.js';
import { assembled } from '../assembled.js';
import { mutatedFrames } from '../mutate.js';

const example = (name: string, options?: WasmFilterOptions) => {
  const object = readObject(readFileSync(`examples/filters/${name}.o`), `${name}.o`);
  return WasmFilter.create(object, object.programs[0]!, options);
};
const judge = (wasm: WasmFilter, frame: Uint8Array) =>
  wasm.judge(new DataView(frame.buffer, frame.byteOffset, frame.length), 0, frame.length);
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const SKIP = 2;

describe('a batch', () => {
  test('has the verdicts of its frames one by one', () => {
    const frames = [...mutatedFrames(5, 2000)];
    const [one, all] = [example('port-range'), example('port-range')];
    const batch = all.reserve(
      frames.reduce((sum, f) => sum + f.length, 0),
      frames.length,
    );
    let at = 0;
    frames.forEach((frame, n) => {
      batch.octets.set(frame, at);
      batch.index.set([at, frame.length], n * 2);
      at += frame.length;
    });
    all.judgeAll();
    expect([...batch.results]).toEqual(frames.map((frame) => judge(one, frame)));
    // .bss: the filter counts its verdicts.
    const first = u32(0);
    expect(all.maps.get('.bss')!.lookup(first)).toEqual(one.maps.get('.bss')!.lookup(first));
  });

  test('may be judged in part, and larger than the memory was', () => {
    const wasm = example('accept-all');
    const batch = wasm.reserve(4 << 20, 100);
    const frame = buildFrame({ arp: {} });
    batch.octets.set(frame, (4 << 20) - frame.length);
    batch.index.set([(4 << 20) - frame.length, frame.length]);
    wasm.judgeAll(1);
    expect([...batch.results.subarray(0, 2)]).toEqual([1, 0]);
  });

  test('larger than any memory is an error', () => {
    expect(() => example('accept-all').reserve(2 ** 33, 1)).toThrow(
      expect.objectContaining({ code: 'EVL_NO_MEMORY' }),
    );
  });
});

describe('the context', () => {
  const read = (field: number, context?: FrameContext) => {
    const { object, program } = assembled('field', (a) => a.load('w', r0, r1, field).exit());
    return WasmFilter.create(object, program, context === undefined ? {} : { context });
  };
  const lladdr = Uint8Array.from(macOctets(RESPONDER.mac));

  test.each<[destination: string, context: FrameContext, packetType: number]>([
    [RESPONDER.mac, { lladdr }, 0],
    ['ff:ff:ff:ff:ff:ff', { lladdr }, 1],
    ['01:00:5e:00:00:01', { lladdr }, 2],
    ['ff:ff:ff:ff:ff:fe', { lladdr }, 2],
    ['02:fc:00:00:00:09', { lladdr }, 3],
    ['02:fd:00:00:00:01', { lladdr }, 3],
    ['02:fc:00:00:00:09', {}, 0],
  ])('pkt_type of %s', (destination, context, packetType) => {
    expect(judge(read(Field.pkt_type, context), buildFrame({ destination, arp: {} }))).toBe(packetType);
  });

  test.each<[what: string, hex: string, protocol: number]>([
    ['an ethertype', '0800 4500', 0x0008],
    ['the lowest ethertype', '0600 0000', 0x0006],
    ['a length, and LLC behind it', '05ff 4242', 0x0400],
    ["a length, and Novell's raw form behind it", '0022 ffff', 0x0100],
    ['a length, and too little behind it', '0022 ff', 0x0400],
  ])('protocol of %s', (_what, hex, protocol) => {
    expect(judge(read(Field.protocol), octets(`02fc00000001 02fc00000002 ${hex}`))).toBe(protocol);
  });

  test('has the tag that is no longer in the frame', () => {
    const frame = buildFrame({ ipv4: {} });
    const context = { tag: { tpid: 0x8100, tci: 42 } };
    expect(judge(read(Field.vlan_present, context), frame)).toBe(1);
    expect(judge(read(Field.vlan_tci, context), frame)).toBe(42);
    expect(judge(read(Field.vlan_proto, context), frame)).toBe(0x0081);
    const wasm = read(Field.vlan_present, context);
    wasm.setContext({});
    expect(judge(wasm, frame)).toBe(0);
  });

  test('cb[] is zero for every frame', () => {
    const { object, program } = assembled('scratch', (a) =>
      a.load('w', r0, r1, Field.cb).mov(r2, 7).store('w', r1, Field.cb, r2).exit(),
    );
    const wasm = WasmFilter.create(object, program);
    expect([1, 2].map(() => judge(wasm, buildFrame({ arp: {} })))).toEqual([0, 0]);
  });

  test('what is too short for a MAC header is left alone', () => {
    const wasm = example('accept-all');
    expect([0, 13, 14].map((length) => judge(wasm, new Uint8Array(length)))).toEqual([SKIP, SKIP, 1]);
  });
});

describe('maps', () => {
  const source = (address: string) => buildFrame({ ipv4: { source: address }, udp: {} });

  test('are written and read from outside', () => {
    const wasm = example('allow-list');
    const [allowed, refused] = [wasm.maps.get('allowed')!, wasm.maps.get('refused')!];
    const key = octets('0a0a0a0a');
    expect(judge(wasm, source('10.10.10.10'))).toBe(0);
    allowed.update(key, new Uint8Array(8));
    expect([...allowed.keys()]).toEqual([key]);
    expect(judge(wasm, source('10.10.10.10'))).toBe(1);
    expect(allowed.lookup(key)).toEqual(octets('0100000000000000'));
    expect(judge(wasm, source('10.10.10.11'))).toBe(0);
    expect(refused.lookup(u32(0))).toEqual(octets('0200000000000000'));
    expect([allowed.delete(key), allowed.delete(key)]).toEqual([true, false]);
    expect(judge(wasm, source('10.10.10.10'))).toBe(0);
    expect(allowed.lookup(key)).toBeUndefined();
  });

  test('say what is wrong', () => {
    const allowed = example('allow-list').maps.get('allowed')!;
    expect(() => allowed.lookup(new Uint8Array(3))).toThrow('a key of 3 octets: it has 4');
    expect(() => allowed.update(u32(1), new Uint8Array(4))).toThrow('a value of 4 octets: it has 8');
    for (let n = 0; n < 1024; n++) allowed.update(u32(n), new Uint8Array(8));
    expect(() => allowed.update(u32(1024), new Uint8Array(8))).toThrow('full');
    expect(() => example('port-range').maps.get('.rodata')!.update(u32(0), new Uint8Array(4))).toThrow(
      'read only',
    );
  });
});

test('bpf_printk() is kept, a thousand lines of it', () => {
  const wasm = example('trace-udp');
  const frame = buildFrame({ ipv4: {}, udp: { destinationPort: 7 }, payload: new Uint8Array(9) });
  for (let n = 0; n < 1001; n++) judge(wasm, frame);
  expect(wasm.lines).toHaveLength(1000);
  expect(wasm.lines[0]).toMatch(/\d/);
  expect(wasm.linesLost).toBe(1);
});

test('clock and random numbers are those that it is given', () => {
  const { object, program } = assembled('both', (a) =>
    a.call(Call.getPrandomU32).mov(r6, r0).call(Call.ktimeGetNs).alu('add', r0, r6).exit(),
  );
  const wasm = WasmFilter.create(object, program, { now: () => 40, random: () => 2 });
  expect(judge(wasm, buildFrame({ arp: {} }))).toBe(42);
});

test('records for nobody are counted', () => {
  const ring: MapSpec = { name: 'ring', type: MapType.Ringbuf, keySize: 0, valueSize: 0, maxEntries: 4096 };
  const { object, program } = assembled(
    'records',
    (a) =>
      a
        .map(r1, 'ring')
        .mov(r2, 16)
        .mov(r3, 0)
        .call(Call.ringbufReserve)
        .jump('==', r0, 0, 'none')
        .store('dw', r0, 8, 1)
        .mov(r1, r0)
        .mov(r2, 0)
        .call(Call.ringbufSubmit)
        .map(r1, 'ring')
        .mov(r2, r10)
        .alu('add', r2, -8)
        .store('dw', r10, -8, 0)
        .mov(r3, 8)
        .mov(r4, 0)
        .call(Call.ringbufOutput)
        .label('none')
        .mov(r0, 3)
        .exit(),
    [ring],
  );
  const wasm = WasmFilter.create(object, program);
  expect(judge(wasm, buildFrame({ arp: {} }))).toBe(3);
  expect(wasm.records).toBe(2);
});

test('a program of another kind is refused', () => {
  const { object, program } = assembled('xdp', (a) => a.mov(r0, 1).exit());
  expect(() => WasmFilter.create(object, { ...program, type: ProgramType.Xdp, section: 'xdp' })).toThrow(
    expect.objectContaining({ code: 'EVL_FILTER' }),
  );
});

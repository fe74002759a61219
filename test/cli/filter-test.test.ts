import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Assembler, r0 } from '../../src/bpf/asm.js';
import { writeObject } from '../../src/bpf/object-writer.js';
import { ProgramType } from '../../src/bpf/program.js';
import { filter } from '../../src/cli/table/filter.js';
import { buildFrame } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { pcap } from '../capture/write.js';
import { FakeHost } from './fake.js';
import { expectGolden } from './golden.js';

const UDP_PORT = 'object examples/filters/vlan-udp-port.o';
const ACCEPT_ALL = 'object examples/filters/accept-all.o';
const UNICAST_ONLY = 'object examples/filters/unicast-only.o';

const tagged = buildFrame({ tags: [{ vid: 42 }], udp: {}, payload: 'hi' });
const untagged = buildFrame({ udp: { destinationPort: 53 }, payload: 'hi' });
const echo = buildFrame({ tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], icmp: {} });
const arp = buildFrame({ destination: 'ff:ff:ff:ff:ff:ff', tags: [{ vid: 42 }], arp: {} });
const ethercat = buildFrame({ ethertype: 0x88a4, payload: new Uint8Array(46) });
const FRAMES = [tagged, untagged, echo, arp, ethercat];
const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');

let host: FakeHost;
let few: string;
beforeEach(() => {
  host = new FakeHost();
  few = join(host.folder, 'few.pcap');
  writeFileSync(few, pcap(FRAMES));
});
afterEach(() => host.close());

/** A capture with the frames that many times. */
function many(times: number): string {
  const file = join(host.folder, 'many.pcap');
  writeFileSync(file, pcap(Array.from({ length: times }, () => FRAMES).flat()));
  return file;
}

describe('filter test', () => {
  const forms: [line: string, file: string][] = [
    [`filter test ${UDP_PORT}`, 'filter-test.txt'],
    [`-j -p filter test ${ACCEPT_ALL}`, 'filter-test.json'],
    ['filter test object examples/filters/trace-udp.o', 'filter-test-printed.txt'],
    ['filter test all vlan', 'filter-test-vlan.txt'],
  ];
  test.each(forms)('%s', async (line, file) => {
    expectGolden(file, await host.ok(`${line} pcap ${few}`));
  });

  test('rules are named', async () => {
    const rules = ['match', 'udp port 53', 'skip', 'match', 'vlan', 'accept', 'default', 'drop'];
    const out = await host.ok(['filter', 'test', ...rules, 'pcap', few]);
    expectGolden('filter-test-rules.txt', out);
    const totals = await host.ok(['-s', 'filter', 'test', ...rules, 'pcap', few]);
    expectGolden('filter-test-totals.txt', totals.replace(/\d+ frames a second/, 'N frames a second'));
  });

  test('as on a device: its ports, VLANs and filter', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    await host.run('vlans set 42');
    host.links.find(({ ifname }) => ifname === 'eth0')!.lladdr = '02:fc:00:00:00:01';
    expectGolden('filter-test-device.txt', await host.ok(`filter test eth0 pcap ${few}`));
    await host.run('filter set eth0 all drop');
    expect(await host.ok(`filter test eth0.42 hex ${hex(tagged)}`)).toMatch(
      /^1: drop {3}freed .*\(filter\)$/m,
    );
    expect(await host.ok(`filter test eth0 ${ACCEPT_ALL} hex ${hex(ethercat)}`)).toMatch(/ in-band /);
    await host.run('port enable eth0 ethertype any');
    expect(await host.ok(`filter test eth0 ${ACCEPT_ALL} hex ${hex(ethercat)}`)).toMatch(
      / OOB .*\(filter, any ethertype\)/,
    );
  });

  test('many frames are totals, unless every one is wanted', async () => {
    const file = many(20);
    expect(await host.ok(`filter test ${UDP_PORT} pcap ${file}`)).toMatch(
      /^frames 100 accept 20 skip 80 vlan 0 drop 0 engine wasm\n {4}oob 20 in-band 80\n/,
    );
    expect((await host.ok(`-d filter test ${UDP_PORT} pcap ${file}`)).match(/\n/g)).toHaveLength(100);
    const both = await host.ok(`-d -s filter test ${UDP_PORT} pcap ${file}`);
    expect(both).toMatch(/^100: skip .*\nframes 100 /m);
    const json = JSON.parse(await host.ok(`-j filter test ${UDP_PORT} pcap ${file}`)) as object[];
    expect(json).toHaveLength(100);
    expect(json[99]).toMatchObject({ frame: 100, verdict: 'skip', oob: false });
    const [totals] = JSON.parse(await host.ok(`-j -s filter test ${UDP_PORT} pcap ${file}`)) as object[];
    expect(totals).toMatchObject({
      engine: 'wasm',
      frames: 100,
      verdicts: { accept: 20, skip: 80, vlan: 0, drop: 0 },
      taken: 20,
      inband: 80,
    });
  });

  test('frames in hexadecimal, and from standard input', async () => {
    const out = await host.ok([
      'filter',
      'test',
      'all',
      'skip',
      'hex',
      hex(tagged),
      'hex',
      hex(arp).replace(/../g, '$& '),
    ]);
    expect(out.match(/^\d: skip/gm)).toHaveLength(2);
    host.stdin = `# one\n${hex(tagged)}\n${hex(arp)}\n`;
    expect((await host.ok('filter test all skip -')).match(/^\d: skip/gm)).toHaveLength(2);
    host.stdin = pcap(FRAMES);
    expect((await host.ok('filter test all skip -')).match(/^\d: skip/gm)).toHaveLength(5);
  });

  test('expect', async () => {
    expect((await host.run(`filter test all skip pcap ${few} expect skip`)).code).toBe(0);
    expect(await host.run(`-s filter test ${UDP_PORT} pcap ${many(50)} expect accept`)).toMatchObject({
      code: 4,
      err: 'Error: frame 2 is skip, not accept (filter), and 199 more of 250\n',
    });
    expect(await host.run(`-j filter test all vlan hex ${hex(tagged)} expect drop`)).toMatchObject({
      code: 4,
      err: 'Error: frame 1 is vlan, not drop (vlan 42, if it is in the set)\n',
    });
    host.stdin = '';
    expect(await host.run('filter test all skip - expect skip')).toEqual({
      code: 4,
      out: '',
      err: 'Error: there is no frame to be skip\n',
    });
  });

  test('a capture that ends in a frame is told', async () => {
    const whole = pcap(FRAMES);
    host.stdin = whole.subarray(0, whole.length - 1);
    const { code, err } = await host.run('filter test all skip -');
    expect(code).toBe(0);
    expect(err).toMatch(/^Warning: The capture ends in the middle of a frame: \d+ octets are left\n$/);
  });

  test('frames that were cut are counted', async () => {
    host.stdin = pcap(FRAMES, { snapLength: 40 });
    expect(await host.ok('-s filter test all skip -')).toMatch(/^ {4}cut 5$/m);
  });

  test('a filter that must be stopped is told of', async () => {
    const endless = new Assembler('bpf_netrx', ProgramType.SocketFilter)
      .mov(r0, 1)
      .label('again')
      .goto('again')
      .exit()
      .program();
    const file = join(host.folder, 'endless.o');
    const programs = [{ ...endless, section: 'socket' }];
    const object = {
      name: 'endless.o',
      license: 'GPL',
      programs,
      maps: new Map(),
      btf: undefined,
      notes: [],
    };
    writeFileSync(file, writeObject(object));
    const { code, out, err } = await host.run(`filter test object ${file} hex ${hex(tagged)}`);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^1: skip/) });
    expect(err).toMatch(
      /^Warning: The filter was stopped at 1 of 1 frames, which counts as skip: .*its loop/,
    );
  });

  test('JSON keys are those of the table', async () => {
    const { json } = filter.verbs.find(({ name }) => name === 'test')!;
    const rules = ['match', 'vlan', 'accept', 'pcap', few];
    for (const option of ['-d', '-s']) {
      const records = JSON.parse(await host.ok(['-j', option, 'filter', 'test', ...rules])) as object[];
      for (const record of records) for (const key of Object.keys(record)) expect(json).toContain(key);
    }
  });

  const refused: [line: string, code: number, err: string][] = [
    [
      'filter test',
      1,
      'Command line is not complete. Try "help".\nHint: a filter or a device: object FILE.o, match EXPR VERDICT, all VERDICT or IFNAME\n',
    ],
    [
      'filter test all skip',
      1,
      'Command line is not complete. Try "help".\nHint: after the filter come the frames: pcap FILE, hex BYTES or -\n',
    ],
    [
      'filter test all skip object x.o -',
      1,
      'Error: "object" and "all" cannot stand together\nHint: a filter is one object, or rules, or one verdict for all\n',
    ],
    [
      'filter test all skip hex 00 -',
      1,
      'Error: "hex" and "-" cannot stand together\nHint: frames come from one place\n',
    ],
    [
      'filter test all take -',
      1,
      'Error: argument of "all" must be "accept", "skip", "vlan" or "drop", not "take"\nHint: all { accept | skip | vlan | drop }\n',
    ],
    [
      'filter test match icmp -',
      1,
      'Error: argument of "match" must be "accept", "skip", "vlan" or "drop", not "-"\nHint: match { accept | skip | vlan | drop }\n',
    ],
    [
      'filter test all skip hex 0x1',
      1,
      'Error: argument "0x1" is wrong: half an octet is missing\nHint: two digits an octet, with or without spaces or colons between them: "02fc 0000 0001"\n',
    ],
    [
      'filter test all skip pcap /nowhere.pcap',
      2,
      'Cannot read capture "/nowhere.pcap": no such file or directory (ENOENT)\nHint: tcpdump -w FILE writes one\n',
    ],
    ['filter test nope -', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    [
      'filter test program main -',
      1,
      'Error: "program" needs an object file\nHint: object FILE.o program NAME\n',
    ],
  ];
  test.each(refused)('%s', async (line, code, err) => {
    expect(await host.run(line)).toEqual({ code, out: '', err });
  });
});

describeIf(['root', 'bpf'])('filter test in the kernel', () => {
  test('agrees with WebAssembly', async () => {
    const wasm = await host.ok(`filter test ${UDP_PORT} pcap ${few}`);
    expect(await host.ok(`filter test ${UDP_PORT} pcap ${few} engine kernel`)).toBe(wasm);
    expect(await host.ok(`filter test ${UDP_PORT} pcap ${few} engine both`)).toBe(wasm);
    expect(await host.ok(`-s filter test ${UDP_PORT} pcap ${few} engine both`)).toMatch(
      /^frames 5 .* engine both$[\s\S]*^ {4}differences 0$/m,
    );
  });

  test('a frame that the kernel does not run is told', async () => {
    const out = await host.ok(`filter test ${UDP_PORT} hex ${hex(untagged.subarray(0, 20))} engine kernel`);
    expect(out).toMatch(/^1: none {3}\? .*\(the kernel runs no such frame/);
  });

  test('what the kernel knows of a device needs one', async () => {
    expect(await host.run(`filter test ${UNICAST_ONLY} pcap ${few} engine both`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Error: argument "dev" is required: the filter reads pkt_type/),
    });
  });
});

import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Assembler, Call, r2, r3 } from '../../src/bpf/asm.js';
import { ProgramType } from '../../src/bpf/program.js';
import { XdpDevice } from '../../src/device/xdp.js';
import { attachXdp, type XdpAttachment } from '../../src/device/xdp-attachment.js';
import { EvlnetError, Exit } from '../../src/errors.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { AttachType, createLink, loadProgram } from '../../src/linux/bpf.js';
import { close } from '../../src/linux/libc.js';
import { link } from '../../src/linux/link.js';
import { describeIf } from '../capability.js';
import { until } from '../clients/stand.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { addVeth, attachTo, divert, ENDS, judged, VID, vethWire } from './veth.js';
import { drain, frame, frames, hex, send } from './wire.js';

const [P0, P1] = ENDS;
const descriptors = () => readdirSync('/proc/self/fd').length;
const failure = async (attempt: Promise<unknown>): Promise<EvlnetError> => {
  const error = await attempt.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof EvlnetError)) throw new Error(`not refused as it should be: ${error}`);
  return error;
};

describeIf(['root', 'bpf', 'network namespaces', { command: 'python3' }])('attachXdp()', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  const open: XdpAttachment[] = [];
  const attach = async (...args: Parameters<typeof attachTo>) => {
    const attachment = await attachTo(...args);
    open.push(attachment);
    return attachment;
  };
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
    run('ip', 'link', 'add', 'd0', 'type', 'bridge');
    run('ip', 'link', 'set', 'dev', 'd0', 'up');
  });
  afterEach(() => {
    for (const attachment of open.splice(0)) attachment.close();
  });
  afterAll(() => namespace?.leave());

  describe('mode', () => {
    test('auto is native where the driver can; why not zero-copy is told', async () => {
      const a = await attach(P0, { mode: 'auto' });
      expect([a.mode, a.zeroCopy, a.why]).toEqual(['native', false, 'the driver has no zero-copy']);
      expect([a.queues, a.pool, a.chunkSize]).toEqual([1, 256, 2048]);
      expect(link(P0)!.xdp?.mode).toBe('native');
    });

    test('auto is generic where the driver cannot, with the reason', async () => {
      const a = await attach('d0', { mode: 'auto' });
      expect([a.mode, a.zeroCopy, a.why]).toEqual([
        'generic',
        false,
        'native XDP refused: the driver has none',
      ]);
    });

    test('generic needs no reason', async () => {
      const a = await attach(P0, { mode: 'generic' });
      expect([a.mode, a.why]).toEqual(['generic', undefined]);
      expect(link(P0)!.xdp?.mode).toBe('generic');
    });

    test('native where the driver cannot is refused, with the way out', async () => {
      const error = await failure(attach('d0', { mode: 'native' }));
      expect([error.code, error.exit]).toEqual(['EVL_NO_XDP', Exit.Unsupported]);
      expect(error.message).toMatch(/^Cannot attach XDP to "d0" in native mode: /);
      expect(error.hint).toBe('evlnet port set d0 mode generic');
    });
  });

  describe('refuses', () => {
    const sized = (chunkSize: number, mtu: number) =>
      failure(
        attachXdp({
          ifname: P0,
          ifindex: link(P0)!.ifindex,
          mtu,
          queues: 1,
          mode: 'auto',
          pool: 64,
          chunkSize,
        }),
      );

    test('an MTU that does not fit a buffer, with the buffer or the MTU that would do', async () => {
      const small = await sized(2048, 1771);
      expect(small.code).toBe('EVL_MTU');
      expect(small.message).toBe(`Cannot attach XDP to "p0": MTU 1771 does not fit a buffer of 2048 octets`);
      expect(small.hint).toBe('evlnet port set p0 bufsz 4096');
      expect((await sized(4096, 9000)).hint).toBe('ip link set dev p0 mtu 3818');
    });

    test('a hook that is held, naming the holder; nothing of the attempt is left', async () => {
      await attach(P0);
      const before = descriptors();
      const error = await failure(attach(P0));
      expect([error.code, error.message]).toEqual([
        'EVL_HOOK_BUSY',
        expect.stringMatching(
          /^Cannot attach XDP to "p0": the hook is held by program "evlnet_vlan" \(id \d+, \S+ pid \d+/,
        ),
      ]);
      expect(error.message).toContain(`pid ${process.pid}`);
      expect(error.hint).toBe(
        'end that program, take it off: ip link set dev p0 xdp off, or do without XDP: evlnet port set p0 driver pcap',
      );
      expect(descriptors()).toBe(before);
    });

    test('a queue that the device does not have; nothing of the attempt is left', async () => {
      const before = descriptors();
      const error = await failure(attach(P0, { queues: 2 }));
      expect(error.message).toMatch(/AF_XDP socket to queue 1 of "p0": /);
      expect(descriptors()).toBe(before);
      expect(link(P0)!.xdp).toBeUndefined();
    });

    test('a device that is gone', async () => {
      const options = {
        ifname: 'gone',
        ifindex: 4242,
        mtu: 1500,
        queues: 1,
        mode: 'native',
        pool: 64,
      } as const;
      const error = await failure(attachXdp({ ...options, chunkSize: 2048 }));
      expect(error.message).toMatch(/^Cannot attach XDP to "gone" in native mode: /);
    });
  });

  test('close() leaves no descriptor and a free hook; at once after it the next one attaches', async () => {
    (await attachTo(P0)).close();
    const before = descriptors();
    for (let i = 0; i < 3; i++) {
      const a = await attachTo(P0);
      expect(link(P0)!.xdp).toBeDefined();
      a.close();
      expect(link(P0)!.xdp).toBeUndefined();
    }
    expect(descriptors()).toBe(before);
  });

  describe('diverts', () => {
    test('nothing before setVlans(), the set after it, nothing any more of what left the set', async () => {
      const { attachment, device, peer, ...wire } = await vethWire();
      open.push({ ...attachment, close: () => wire.close() });
      const arrive = async () => {
        await judged(attachment, peer, frames(5));
        return drain(device);
      };
      attachment.setVlans(vlanTable([], [], new Uint8Array(6)));
      expect(await arrive()).toBe(0);
      divert(attachment);
      expect(await arrive()).toBe(5);
      attachment.setVlans(vlanTable([VID, 43], [], new Uint8Array(6)));
      expect(await arrive()).toBe(5);
      attachment.setVlans(vlanTable([43], [], new Uint8Array(6)));
      expect(await arrive()).toBe(0);
      const counters = attachment.hookCounters();
      expect([counters[HookCounter.Vlan], counters[HookCounter.Skip]]).toEqual([10, 10]);
    });

    test('nothing while paused, everything again after resume(), pool and counters intact', async () => {
      const { attachment, device, peer, ...wire } = await vethWire();
      open.push({ ...attachment, close: () => wire.close() });
      const arrive = async () => {
        await judged(attachment, peer, frames(5));
        return drain(device);
      };
      expect(await arrive()).toBe(5);
      attachment.pause();
      attachment.pause();
      expect(link(P0)!.xdp).toBeUndefined();
      // No program judges them now.
      await send(peer, frames(5));
      expect(await drain(device)).toBe(0);
      attachment.resume();
      attachment.resume();
      expect(await arrive()).toBe(5);
      expect(attachment.hookCounters()[HookCounter.Vlan]).toBe(10);
    });
  });

  test('a frame whose tag is beside it is seen by the watch: counted, its VID told, and left in-band', async () => {
    const attachment = await attach(P0);
    divert(attachment);
    const device = new XdpDevice(attachment.place);
    // A filter that is refused leaves the watch as it was, too: this one returns nothing.
    const empty = {
      ...new Assembler('bpf_netrx', ProgramType.SocketFilter).exit().program(),
      section: 'socket',
    };
    const object = {
      name: 'f.o',
      license: 'GPL',
      programs: [empty],
      maps: new Map(),
      btf: undefined,
      notes: [],
    };
    await expect(attachment.setFilter({ object, program: empty }, false)).rejects.toThrow();
    // What a sender's VLAN offload does: the tag goes from the frame to its socket buffer.
    const push = new Assembler('evlnet_push', ProgramType.SchedCls)
      .mov(r2, 0x0081)
      .mov(r3, VID)
      .call(Call.skbVlanPush)
      .exit()
      .program();
    const program = loadProgram(push);
    const tcx = createLink(program, link(P1)!.ifindex, AttachType.TcxEgress);
    try {
      expect(tcx).toBeGreaterThan(0);
      const untagged = hex(frame(64)).replace('8100002a', '');
      const script = `import socket; s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s.bind(("${P1}",0)); s.send(bytes.fromhex("${untagged}"))`;
      run('python3', '-c', script);
      const seen = () => attachment.hookCounters()[HookCounter.HiddenTag];
      await until(() => seen() === 1, 20_000, 'the watch has seen it');
      expect(attachment.hiddenVid()).toBe(VID);
      expect(await drain(device)).toBe(0);
    } finally {
      program.close();
      if (tcx > 0) close(tcx);
    }
  });
});

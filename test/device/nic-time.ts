// A NIC that tells a time, as none is at hand: the program of the VLAN rule with its question to the driver answered by the program itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { Assembler, r0, r1, r2 } from '../../src/bpf/asm.js';
import { Class, Mode, Size } from '../../src/bpf/instruction.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { XdpDevice } from '../../src/device/xdp.js';
import type { EvlnetError } from '../../src/errors.js';
import { COUNTERS, VLANS, xsks } from '../../src/filter/maps.js';
import type { Stamp } from '../../src/filter/stamp.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { vlanRule } from '../../src/filter/xdp.js';
import { AttachType, createLink, createMap, loadProgram, XdpFlags } from '../../src/linux/bpf.js';
import { close, Errno, eventfd, must } from '../../src/linux/libc.js';
import { closeUmem, createUmem, openXsk, type Xsk, type XskOptions } from '../../src/linux/xsk.js';
import { POOL, VID } from './veth.js';

const CHUNK = 2048;

/** What the driver's function returns, and what it writes. */
export interface Answer {
  readonly result: number;
  readonly ns: bigint;
}

/** The device of `ifname`, of which a program that puts `stamp` in front of frames gets `answer` from its NIC. */
export async function deviceOfNic(ifname: string, ifindex: number, stamp: Stamp, answer: Answer) {
  const umem = createUmem(POOL, CHUNK);
  const socket = await opened({ ifname, ifindex, queue: 0, umem, ringSize: POOL, copy: 'copy' });
  const maps = new Map([VLANS, COUNTERS, xsks(1)].map((spec) => [spec.name, createMap(spec)]));
  const table = vlanTable([VID], [], new Uint8Array(6));
  maps.get(VLANS.name)!.update(VID, table.subarray(VID * 8, VID * 8 + 8));
  const program = loadProgram(answered(vlanRule(stamp), answer), maps);
  const link = must(createLink(program, ifindex, AttachType.Xdp, XdpFlags.Native), 'attach');
  maps.get(xsks(1).name)!.update(0, new Uint8Array(Uint32Array.of(socket.place.fd).buffer));
  const wakeFd = must(eventfd(0, 0), 'create an eventfd');
  const { address, length } = umem.memory;
  return {
    device: new XdpDevice({
      sockets: [socket.place],
      umem: { address, length, chunkSize: CHUNK },
      wakeFd,
    }),
    close() {
      for (const fd of [link, wakeFd]) close(fd);
      program.close();
      socket.close();
      closeUmem(umem);
      for (const map of maps.values()) map.close();
    },
  };
}

/** The queue is held for a moment by the socket of the test before. */
async function opened(o: XskOptions): Promise<Xsk> {
  for (let tries = 0; ; tries++) {
    try {
      return openXsk(o);
    } catch (error) {
      if ((error as EvlnetError).errno !== Errno.EBUSY || tries === 1000) throw error;
      await sleep(10);
    }
  }
}

/** Bound to no interface, as it asks none. */
function answered({ boundTo: _, ...program }: ProgramSpec, { result, ns }: Answer): ProgramSpec {
  const at = program.instructions.findIndex((i) => i.kfunc !== undefined);
  const answer = new Assembler('answer', ProgramType.Xdp)
    .append({
      opcode: Class.LD | Mode.IMM | Size.dw,
      dst: 1,
      src: 0,
      offset: 0,
      imm: Number(BigInt.asIntN(32, ns)),
      high: Number(BigInt.asIntN(32, ns >> 32n)),
    })
    .store('dw', r2, 0, r1)
    .mov(r0, result)
    .program().instructions;
  const moved = (index: number) => (index > at ? index + answer.length - 1 : index);
  return {
    ...program,
    instructions: program.instructions.toSpliced(at, 1, ...answer),
    labels: new Map([...program.labels].map(([name, index]) => [name, moved(index)])),
  };
}

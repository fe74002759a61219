import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { type Capability, capabilities, isInitialUserNamespace } from '../../linux/capabilities.js';
import { whyNoCap } from '../../worker/cap-finding.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** What the machine has, whatever the device. */
export async function machineFindings(): Promise<Finding[]> {
  return [kernel(), ...privileges(), await afXdp(), jit(), vlans(), ...realTime(), memlock(), pcap()];
}

/** What XDP lacks: the driver pcap does without, where it can be used. */
const withoutXdp = (subject: string, what: string, fix: string): Finding =>
  whyNoCap() === undefined
    ? warn(subject, `${what}: auto takes the driver pcap`, fix)
    : fail(subject, what, fix);

const isFrom = (wanted: readonly [major: number, minor: number]): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
};

// bpf_link for XDP is of 5.9; everything else that evlnet needs is older.
function kernel(): Finding {
  const version = `Linux ${release()}`;
  return isFrom([5, 9])
    ? ok('kernel', version)
    : withoutXdp('kernel', `${version} is older than 5.9`, 'use a newer kernel');
}

const NEEDED: readonly Capability[] = ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_BPF'];

function privileges(): Finding[] {
  const held = capabilities();
  const missing = NEEDED.filter((capability) => !held.has(capability));
  const what = `${missing.join(', ')} missing`;
  const fix = isInitialUserNamespace()
    ? 'run as root, or with ambient capabilities'
    : 'run outside of this user namespace, whose capabilities do not count for BPF';
  const ports =
    missing.length === 0
      ? ok('capabilities', NEEDED.join(', '))
      : missing.includes('CAP_NET_RAW')
        ? fail('capabilities', what, fix)
        : withoutXdp('capabilities', what, fix);
  return held.has('CAP_PERFMON')
    ? [ports]
    : [ports, warn('capabilities', 'CAP_PERFMON missing', 'a filter with pointer arithmetic will not load')];
}

async function afXdp(): Promise<Finding> {
  const AF_XDP = 44;
  const SOCK_RAW = 3;
  const { close, Errno, errno, errnoName, socket } = await import('../../linux/libc.js');
  const fd = socket(AF_XDP, SOCK_RAW, 0);
  if (fd >= 0) {
    close(fd);
    return ok('AF_XDP', 'sockets can be opened');
  }
  const n = errno();
  return n === Errno.EPERM
    ? fail('AF_XDP', 'sockets may not be opened (EPERM)', 'grant CAP_NET_RAW')
    : withoutXdp(
        'AF_XDP',
        `sockets cannot be opened (${errnoName(n)})`,
        'the kernel needs CONFIG_XDP_SOCKETS',
      );
}

function jit(): Finding {
  const file = '/proc/sys/net/core/bpf_jit_enable';
  if (read(file)?.trim() !== '0') return ok('BPF', 'compiled to machine code');
  return warn('BPF', 'interpreted', 'sysctl net.core.bpf_jit_enable=1');
}

function vlans(): Finding {
  return existsSync('/proc/net/vlan/config')
    ? ok('802.1Q', 'the kernel has VLAN devices')
    : ok('802.1Q', 'no VLAN device in the kernel yet; evlnet VLAN ports need none');
}

function realTime(): Finding[] {
  const cmdline = read('/proc/cmdline') ?? '';
  const isolated = /\bisolcpus=(\S+)/.exec(cmdline)?.[1];
  const cpus = isolated
    ? ok('real time', `isolated CPUs ${isolated}`)
    : ok('real time', 'no isolated CPU; isolcpus= and --cpu give the worker one of its own');
  const may = capabilities().has('CAP_SYS_NICE') || softLimit('Max realtime priority') !== 0;
  return [
    cpus,
    may
      ? ok('real time', 'SCHED_FIFO may be used')
      : warn('real time', 'SCHED_FIFO may not be used', 'grant CAP_SYS_NICE, or raise ulimit -r'),
  ];
}

/** 2048 buffers of 4096 octets, or where that is too much of 2048. */
const POOL = 8 << 20;
const SMALL_POOL = POOL / 2;

// Buffers of AF_XDP count against RLIMIT_MEMLOCK unless the process has CAP_IPC_LOCK, and so does what else the user has locked.
function memlock(): Finding {
  const limit = softLimit('Max locked memory');
  if (capabilities().has('CAP_IPC_LOCK') || limit === Number.POSITIVE_INFINITY)
    return ok('memory', 'pools are not limited');
  const fix = 'grant CAP_IPC_LOCK, or raise ulimit -l';
  const may = `${limit / 2 ** 10} KiB may be locked`;
  if (limit < SMALL_POOL)
    return warn('memory', `${may}: the default pool does not fit`, `${fix}, or set a smaller pool`);
  return limit <= POOL
    ? warn('memory', `${may}: the default pool gets buffers of 2048 octets, not 4096`, fix)
    : ok('memory', may);
}

/** npm `cap` is optional: the driver pcap needs it, xdp does not. TCX is of 6.6. */
function pcap(): Finding {
  const reason = whyNoCap();
  if (reason) return warn('pcap', reason.message, reason.hint);
  const held = capabilities();
  const missing = (['CAP_NET_ADMIN', 'CAP_BPF'] as const).filter((capability) => !held.has(capability));
  const lacks = isFrom([6, 6]) ? missing.join(' and ') : 'TCX (Linux 6.6)';
  return lacks === ''
    ? ok('pcap', "npm cap is built; the kernel's copy is kept out by TCX")
    : ok('pcap', `npm cap is built; without ${lacks} the kernel keeps a copy of what is taken`);
}

function softLimit(name: string): number {
  const value = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(read('/proc/self/limits') ?? '')?.[1];
  return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

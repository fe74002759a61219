import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const lab = process.env.VMLAB ?? join(homedir(), '.cache/evlnet-vmlab');
const vmrun = join(import.meta.dirname, 'vmrun');
const arm64 = join(import.meta.dirname, 'arm64');

/** Debian's stock kernel and a newer one from backports; where somebody has fetched them, the newest that there is, and another processor's. */
export type Kernel = '6.1' | '6.12' | 'newest' | 'arm64';

/** By `vmfetch newest`. */
export const hasNewest = existsSync(join(lab, 'newest'));
/** By `arm64`, which takes a pair of virtio-net. */
export const hasArm64 = existsSync(join(lab, 'arm64/root'));

export interface Guest {
  kernel?: Kernel;
  /** QEMU's names of the NICs, all on one segment; `/` begins the next one. */
  nics?: string[];
  /** Where to write a capture of the first segment; those of the next ones are beside it, with `.1`, … behind. */
  wire?: string;
  /** Default 2. One is quicker where this machine is busy: a waiting virtual CPU may hold the other one's locks. */
  cpus?: number;
  timeoutS?: number;
}

export interface GuestResult {
  /** The command's; 124 when time was up or the guest died. */
  status: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs `command` in a virtual machine on this machine's own file system (`vmrun` says what that means). On a busy host
 * a guest's kernel has been seen to panic in emulation: it is shown, and another one started. A second panic is the result.
 */
export async function vmRun(guest: Guest, command: string[]): Promise<GuestResult> {
  const result = await vmRunOnce(guest, command);
  if (result.status !== GUEST_DIED || !result.stderr.includes('Kernel panic')) return result;
  process.stderr.write(`The guest's kernel died; one more try. ${result.stderr}\n`);
  return vmRunOnce(guest, command);
}

const GUEST_DIED = 124;

function vmRunOnce(guest: Guest, command: string[]): Promise<GuestResult> {
  const { kernel = '6.1', nics = [], wire, cpus = 2, timeoutS = 60 } = guest;
  const capture = wire ? ['-w', wire] : [];
  const machine = [
    '-k',
    kernel,
    '-c',
    String(cpus),
    '-t',
    String(timeoutS),
    '-n',
    nics.join(' '),
    ...capture,
  ];
  const [program, words] =
    kernel === 'arm64' ? [arm64, [...capture, ...command]] : [vmrun, [...machine, '--', ...command]];
  return new Promise((resolve, reject) => {
    execFile(program, words, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number') resolve({ status, stdout, stderr });
      else reject(error);
    });
  });
}

/** True, or why this machine has no such guest. */
export function vmAvailable(kernel: Kernel, nic = 'e1000'): true | string {
  if (kernel === 'arm64') return hasArm64 || 'no arm64 (test/vm/arm64)';
  const fetched = existsSync(join(lab, 'k')) ? readdirSync(join(lab, 'k')) : [];
  if (kernel === 'newest' ? !hasNewest : !fetched.some((name) => name.startsWith(`linux-image-${kernel}.`)))
    return `no kernel ${kernel} in ${lab} (test/vm/vmfetch ${kernel === 'newest' ? kernel : 'bpo'})`;
  const qemu = nic === 'igb' && existsSync(join(lab, 'qemu10')) ? join(import.meta.dirname, 'qemu10') : QEMU;
  try {
    const devices = execFileSync(qemu, ['-device', 'help'], { encoding: 'utf8' });
    return devices.includes(`name "${nic}"`) || `this QEMU has no ${nic} (test/vm/vmfetch bpo)`;
  } catch {
    return `${QEMU} does not run (test/vm/vmfetch)`;
  }
}

const QEMU = 'qemu-system-x86_64';

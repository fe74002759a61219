import koffi from 'koffi';
import { type ErrorDetails, EvlnetError } from '../errors.js';
import { MORE_OPEN_FILES } from './file-error.js';

// Every pointer parameter is a uintptr_t that takes a Number: koffi then neither copies nor pins anything, and the
// memory behind it must be a Mapping (memory.ts), which the collector never moves or frees.
const c = koffi.load(null);
const f = (prototype: string) => c.func(prototype) as (...args: (number | string)[]) => number;

export const socket = f('int socket(int, int, int)');
export const setsockopt = f('int setsockopt(int, int, int, uintptr_t, uint)');
export const getsockopt = f('int getsockopt(int, int, int, uintptr_t, uintptr_t)');
export const bind = f('int bind(int, uintptr_t, uint)');
export const connect = f('int connect(int, uintptr_t, uint)');
export const open = f('int open(const char *, int)');
export const close = f('int close(int)');
export const poll = f('int poll(uintptr_t, ulong, int)');
export const ppoll = f('int ppoll(uintptr_t, ulong, uintptr_t, uintptr_t)');
export const epollCreate1 = f('int epoll_create1(int)');
export const epollCtl = f('int epoll_ctl(int, int, int, uintptr_t)');
export const epollWait = f('int epoll_wait(int, uintptr_t, int, int)');
export const send = f('int64_t send(int, uintptr_t, size_t, int)');
export const sendto = f('int64_t sendto(int, uintptr_t, size_t, int, uintptr_t, uint)');
export const recv = f('int64_t recv(int, uintptr_t, size_t, int)');
export const recvmsg = f('int64_t recvmsg(int, uintptr_t, int)');
export const read = f('int64_t read(int, uintptr_t, size_t)');
export const write = f('int64_t write(int, uintptr_t, size_t)');
export const ioctl = f('int ioctl(int, ulong, uintptr_t)');
export const eventfd = f('int eventfd(uint, int)');
export const ftruncate = f('int ftruncate(int, int64_t)');
export const fallocate = f('int fallocate(int, int, int64_t, int64_t)');
export const mkfifo = f('int mkfifo(const char *, uint)');
export const memfdCreate = f('int memfd_create(const char *, uint)');
export const dup = f('int dup(int)');
export const dup2 = f('int dup2(int, int)');
export const prctl = f('int prctl(int, ulong, ulong, ulong, ulong)');
export const clockGettime = f('int clock_gettime(int, uintptr_t)');
export const schedSetscheduler = f('int sched_setscheduler(int, int, uintptr_t)');
export const schedSetaffinity = f('int sched_setaffinity(int, size_t, uintptr_t)');
export const sysconf = f('long sysconf(int)');
export const schedYield = f('int sched_yield()');
export const schedGetaffinity = f('int sched_getaffinity(int, size_t, uintptr_t)');
export const syscall = f('long syscall(long, ulong, ulong, ulong, ulong, ulong, ulong)');
export const mmap = c.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)') as (
  ...args: number[]
) => number | bigint;
export const munmap = f('int munmap(uintptr_t, size_t)');
const strerror = c.func('const char *strerror(int)') as (errno: number) => string;

/** errno of the call just made; ask before anything else runs. */
export const errno = (): number => koffi.errno();

/** Linux's numbers, the same on every architecture that Node runs on. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  ECANCELED: 125,
} as const;

const errnoNames = new Map<number, string>(
  Object.entries(koffi.os.errno).map(([name, n]) => [n as number, name]),
);
/** `EBUSY`, for a positive errno; the one that the kernel's headers list first where two names share a number. */
export const errnoName = (n: number): string => {
  for (const [name, value] of Object.entries(Errno)) if (value === n) return name;
  return errnoNames.get(n) ?? `errno ${n}`;
};

/**
 * The error for a system call that failed: `Cannot bind AF_XDP socket to queue 0 of "eth0": Device or resource busy
 * (EBUSY)`. `act` starts with a verb in lower case; `reason` stands in for the system's text of `n`; EPERM, EACCES
 * and EMFILE bring their hint along.
 */
export function systemError(
  act: string,
  n: number,
  details: ErrorDetails & { code?: string; reason?: string } = {},
): EvlnetError {
  const denied = n === Errno.EPERM || n === Errno.EACCES;
  return new EvlnetError(
    details.code ?? (denied ? 'EVL_PERMISSION' : 'EVL_SYSTEM'),
    `Cannot ${act}: ${details.reason ?? strerror(n)} (${errnoName(n)})`,
    {
      ...(denied
        ? { hint: 'run as root, or with ambient capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF' }
        : {}),
      ...(n === Errno.EMFILE ? { hint: MORE_OPEN_FILES } : {}),
      ...details,
      errno: n,
    },
  );
}

/** The result of a call that answers -1 on failure; throws `systemError(act)` then. */
export function must(result: number, act: string, details?: ErrorDetails & { code?: string }): number {
  if (result < 0) throw systemError(act, errno(), details);
  return result;
}

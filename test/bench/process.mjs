import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Milliseconds after which a program that should have ended is killed. */
const GRACE_MS = 3000;

const children = new Set();

/** What still runs, when the bench itself is told to end. */
export function killAll() {
  for (const child of children) child.kill('SIGKILL');
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a program to its end: what it printed. Throws with what it said when it fails or lasts too long. */
export function run(command, args, { timeoutMs = 60_000, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = launch(command, args, env);
    const said = collect(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(said.out);
      else reject(failure([command, ...args], code ?? signal, said));
    });
  });
}

/** Starts a program and waits until it has printed what `ready` matches, or `ready()` says so. `stop()` ends it with SIGINT. */
export async function start(command, args, { ready, timeoutMs = 30_000, env } = {}) {
  const child = launch(command, args, env);
  const said = collect(child);
  const ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  // False from kill(): it has ended by itself, which it must not; `exitCode` and what it said tell why.
  const signal = (name) => {
    if (!child.kill(name)) throw failure([command, ...args], child.exitCode ?? child.signalCode, said);
  };
  const park = () => signal('SIGSTOP');
  const unpark = () => signal('SIGCONT');
  const stop = async () => {
    child.kill('SIGCONT');
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    const code = await ended;
    clearTimeout(timer);
    if (code !== 0) throw failure([command, ...args], code, said);
    return said.out;
  };
  const deadline = Date.now() + timeoutMs;
  const isReady = async () => (ready instanceof RegExp ? ready.test(said.out) : ready());
  while (!(await isReady())) {
    const code = await Promise.race([ended, pause(20)]);
    if (code !== undefined) throw failure([command, ...args], code, said);
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw failure([command, ...args], `not ready after ${timeoutMs} ms`, said);
    }
  }
  return { pid: child.pid, park, unpark, stop, said };
}

function launch(command, args, env) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // A session, and so a scheduling group, of its own.
    detached: true,
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

function collect(child) {
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.err += text;
  });
  return said;
}

function failure(command, code, said) {
  const reason = code instanceof Error ? code.message : `${code}`;
  return new Error(
    `Cannot run ${command.join(' ')}: ${reason}\n${said.err.trim() || said.out.trim()}`.trim(),
  );
}

/** Lets the threads of `pids` run on any CPU while `measure` does, and then where they ran before. */
export async function anywhere(pids, measure) {
  const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`));
  const before = threads.map((tid) => {
    try {
      return /Cpus_allowed_list:\s*(.*)/.exec(readFileSync(`/proc/${tid}/status`, 'utf8'))[1];
    } catch {
      // It has ended meanwhile.
      return undefined;
    }
  });
  const setCpus = (cpus, tid) =>
    cpus &&
    run('taskset', ['-p', '-c', cpus, tid]).catch((error) => {
      if (existsSync(`/proc/${tid}`)) throw error;
    });
  const all = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
  for (const tid of threads) await setCpus(all, tid);
  try {
    return await measure();
  } finally {
    for (const [i, tid] of threads.entries()) await setCpus(before[i], tid);
  }
}

/** CPU time of a process and its threads, and of the children it has waited for, in ticks (10 ms); 0 when it is gone. */
export function cpuTicks(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, n) => sum + Number(n), 0);
  } catch {
    return 0;
  }
}

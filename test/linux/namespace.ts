import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { output } from '../command.js';

const setns = koffi.load(null).func('int setns(int, int)') as (fd: number, kind: number) => number;
const CLONE_NEWNET = 0x40000000;

/** Runs a command in the namespace entered last, for its output. */
export const run = (command: string, ...args: string[]): string => output(command, args);

let count = 0;

/**
 * Makes a network namespace and moves this thread into it, as `nsenter -n` would: /sys keeps showing the old one.
 * Sockets and child processes made from now on belong to it. `leave` goes back and removes it.
 */
export function enterNamespace(): { name: string; leave(): void } {
  const name = `evl-t${process.pid}-${count++}`;
  const home = openSync('/proc/thread-self/ns/net', 'r');
  run('ip', 'netns', 'add', name);
  const move = (fd: number) => {
    if (setns(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
    closeSync(fd);
  };
  move(openSync(`/run/netns/${name}`, 'r'));
  return {
    name,
    leave() {
      move(home);
      run('ip', 'netns', 'del', name);
    },
  };
}

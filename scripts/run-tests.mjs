// Runs jest and prints the count alone on the last line. In CI a skip is a failure: CI has all that the tests want.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Tests that touch nothing that is shared, or by names of their own, and hold nothing to a time or a number of losses, so that
 * two of them run at a time. What is not named here has the machine to itself; so have the virtual machines, which take twice as long beside others.
 */
const APART = `test/(${[
  '(bpf|capture|cli|control|filter|lab|library|memory|netsim|rootless|service|stack|state|wire)/',
  // Not what floods with all that the machine has, nor what compares times; ping(8) itself does not wait for a last reply that is late.
  'clients/(?!(filter-swap|latency|ping|ping-pcap)\\.)',
  // Examples start three programs at a time: beside others that is too much for two processors.
  'man/(?!examples\\.)',
  // Not the errors, which are limited by time, nor the kernel: question and answer in turn take four times as long beside others.
  'reference/(in-band|sockets)\\.',
  '(bench/verdict|expect-frame|suggest)\\.',
  'linux/(bpf-object|link-message|netlink-message)\\.',
  'socket/',
  // Not what must have been done in time, nor what memory it takes.
  'worker/(discard|driver-times|echo-dispatch|filter|heart|kernel-ports|pcap|socket-bind|sockets|worker)\\.',
].join('|')})`;
const VM = 'test/vm/';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-test-'));
const jest = join(import.meta.dirname, '../node_modules/jest/bin/jest.js');
const reporter = join(import.meta.dirname, 'count-reporter.mjs');

async function run(name, args, how = ['--runInBand']) {
  const counts = join(folder, `${name}.json`);
  const child = spawn(
    process.execPath,
    // What follows --reporters is one more of them.
    [jest, ...args, ...how, '--forceExit', '--reporters=default', `--reporters=${reporter}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        EVLNET_TEST_COUNTS: counts,
        NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning',
      },
    },
  );
  const [status, signal] = await once(child, 'close');
  try {
    return { status, ...JSON.parse(readFileSync(counts, 'utf8')) };
  } catch {
    console.log(`the tests ended without a report (${signal ?? `status ${status}`})`);
    return { status: 1, passed: 0, failed: 1, skipped: 0 };
  }
}

const asked = process.argv.slice(2);
// Root, namespaces and the XDP hook are shared: files that use them must not run side by side, and time counts in some of them.
const runs =
  asked.length > 0
    ? [await run('asked', asked)]
    : [
        await run('apart', ['--testPathPatterns', APART], ['--maxWorkers=2']),
        await run('vm', ['--testPathPatterns', VM]),
        await run('shared', ['--testPathIgnorePatterns', '/node_modules/', APART, VM]),
      ];
rmSync(folder, { recursive: true, force: true });
const sum = (count) => runs.reduce((total, r) => total + r[count], 0);
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
const isSkipFailure = skipped > 0 && process.env.CI === 'true';
if (isSkipFailure) console.log('a test was skipped, and in CI none may be');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || isSkipFailure || runs.some((r) => r.status !== 0) ? 1 : 0;

// Runs jest and prints the count alone on the last line. In CI a skip is a failure: CI has all that the tests want.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Tests that touch nothing that is shared, or by names of their own, and hold nothing to a time or a number of losses, so that
 * they run beside the virtual machines. What is not named here has the machine to itself.
 */
const ALONE = `test/(${[
  '(bpf|capture|cli|control|filter|lab|library|memory|netsim|rootless|service|stack|state|wire)/',
  'clients/(filter|filter-file|filter-pcap|neighbour|packet|readme|udp-command)\\.',
  // Examples start three programs at a time: beside a virtual machine that is too much for two processors.
  'man/(?!examples\\.)',
  'reference/(in-band|sockets)\\.',
  '(bench/verdict|expect-frame|suggest)\\.',
  'linux/(bpf-object|link-message|netlink-message)\\.',
  'socket/(outbox|packet-socket|queue|settings)\\.',
  'worker/(filter|socket-bind)\\.',
].join('|')})`;
const VM = 'test/vm/';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-test-'));
const jest = new URL('../node_modules/jest/bin/jest.js', import.meta.url).pathname;

async function run(name, args) {
  const report = join(folder, `${name}.json`);
  const child = spawn(
    process.execPath,
    [jest, '--runInBand', '--json', `--outputFile=${report}`, '--forceExit', ...args],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning' },
    },
  );
  const [status, signal] = await once(child, 'close');
  try {
    return { status, ...JSON.parse(readFileSync(report, 'utf8')) };
  } catch {
    console.log(`the tests ended without a report (${signal ?? `status ${status}`})`);
    return {
      status: 1,
      testResults: [],
      numFailedTests: 1,
      numPassedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
    };
  }
}

const asked = process.argv.slice(2);
// Root, namespaces and the XDP hook are shared: files that use them must not run side by side, and time counts in some of them.
const runs =
  asked.length > 0
    ? [await run('asked', asked)]
    : [
        ...(await Promise.all([
          run('vm', ['--testPathPatterns', VM]),
          run('alone', ['--testPathPatterns', ALONE]),
        ])),
        await run('shared', ['--testPathIgnorePatterns', '/node_modules/', ALONE, VM]),
      ];
rmSync(folder, { recursive: true, force: true });
const sum = (count) => runs.reduce((total, r) => total + count(r), 0);
const passed = sum((r) => r.numPassedTests);
const broken = sum(
  (r) => r.testResults.filter((t) => t.status === 'failed' && t.assertionResults.length === 0).length,
);
const failed = sum((r) => r.numFailedTests) + broken;
const skipped = sum((r) => r.numPendingTests + r.numTodoTests);
const isSkipFailure = skipped > 0 && process.env.CI === 'true';
if (isSkipFailure) console.log('a test was skipped, and in CI none may be');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || isSkipFailure || runs.some((r) => r.status !== 0) ? 1 : 0;

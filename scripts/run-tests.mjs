// Runs jest and prints the count alone on the last line. In CI a skip is a failure: CI has all that the tests want.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders whose tests touch nothing that is shared, so that they run side by side. */
const ALONE = 'test/(bpf|capture|cli|control|filter|memory|netsim|service|stack|state|wire)/';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-test-'));
const jest = new URL('../node_modules/jest/bin/jest.js', import.meta.url).pathname;

function run(name, args) {
  const report = join(folder, `${name}.json`);
  const { status, signal } = spawnSync(
    process.execPath,
    [jest, '--json', `--outputFile=${report}`, '--forceExit', ...args],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning' },
    },
  );
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
// Root, namespaces and the XDP hook are shared: files that use them must not run side by side.
const runs =
  asked.length > 0
    ? [run('asked', ['--runInBand', ...asked])]
    : [
        run('alone', ['--maxWorkers=2', '--testPathPatterns', ALONE]),
        run('shared', ['--runInBand', '--testPathIgnorePatterns', '/node_modules/', ALONE]),
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

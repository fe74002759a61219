// Runs jest and prints the count alone on the last line. In CI a skip is a failure: CI has all that the tests want.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const jest = new URL('../node_modules/jest/bin/jest.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'evlnet-test-'));
const ALWAYS = ['--json', '--runInBand', '--forceExit', '--passWithNoTests'];
const isCi = process.env.CI === 'true';

/** Root, namespaces and the XDP hook are shared: within a lane one file runs after the other. Resolves to jest's report. */
async function lane(name, options, command = [process.execPath]) {
  const report = join(folder, name);
  const [program, ...before] = command;
  const run = spawn(
    program,
    // Patterns first: an option that takes several values would take them too.
    [...before, jest, ...process.argv.slice(2), ...ALWAYS, `--outputFile=${report}`, ...options],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning' },
    },
  );
  const [status] = await once(run, 'exit');
  try {
    return { status, ...JSON.parse(readFileSync(report, 'utf8')) };
  } catch {
    console.log(`the tests "${name}" ended without a report (${run.signalCode ?? `status ${status}`})`);
    return {
      status: 1,
      testResults: [],
      numPassedTests: 0,
      numFailedTests: 1,
      numPendingTests: 0,
      numTodoTests: 0,
    };
  }
}

// Virtual machines share nothing with the rest, and take what it leaves of the processors.
const reports = await Promise.all([
  lane('here', ['--testPathIgnorePatterns=/test/vm/']),
  lane('vm', ['--testMatch=**/test/vm/**/*.test.ts'], ['nice', '-n', '5', process.execPath]),
]);
rmSync(folder, { recursive: true, force: true });

const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
const broken = (r) =>
  r.testResults.filter((t) => t.status === 'failed' && t.assertionResults.length === 0).length;
const passed = sum((r) => r.numPassedTests);
const failed = sum((r) => r.numFailedTests + broken(r));
const skipped = sum((r) => r.numPendingTests + r.numTodoTests);
if (skipped > 0 && isCi) console.log('a test was skipped, and in CI none may be');
if (passed + failed + skipped === 0) console.log('there is no such test');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
const isGood = reports.every((r) => r.status === 0) && failed === 0 && passed > 0 && !(isCi && skipped > 0);
process.exitCode = isGood ? 0 : 1;

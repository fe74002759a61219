// Runs jest and prints the count alone on the last line. In CI a skip is a failure: CI has all that the tests want.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'evlnet-test-'));
const report = join(folder, 'report.json');
const jest = new URL('../node_modules/jest/bin/jest.js', import.meta.url).pathname;
// Root, namespaces and the XDP hook are shared: files that use them must not run side by side.
const run = spawnSync(
  process.execPath,
  [jest, '--json', `--outputFile=${report}`, '--runInBand', '--forceExit', ...process.argv.slice(2)],
  {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning' },
  },
);
try {
  const r = JSON.parse(readFileSync(report, 'utf8'));
  const broken = r.testResults.filter((t) => t.status === 'failed' && t.assertionResults.length === 0).length;
  const failed = r.numFailedTests + broken;
  const skipped = r.numPendingTests + r.numTodoTests;
  if (skipped > 0 && process.env.CI === 'true') console.log('a test was skipped, and in CI none may be');
  console.log(`${r.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = run.status !== 0 || failed > 0 || (skipped > 0 && process.env.CI === 'true') ? 1 : 0;
} catch {
  console.log(`the tests ended without a report (${run.signal ?? `status ${run.status}`})`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

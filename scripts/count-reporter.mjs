// Reporter of jest: writes how many tests passed, failed and were skipped to the file $EVLNET_TEST_COUNTS. jest's own --json gives up where an
// error of a test holds itself, as those of child processes that ran too long do.
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      // A file that never came to its tests has failed too.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(process.env.EVLNET_TEST_COUNTS, JSON.stringify(counts));
  }
}

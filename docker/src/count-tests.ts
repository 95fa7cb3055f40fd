import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Adds up Jest's JSON results (files, or folders of them) and closes with the line that CI reads.
// Further arguments that are no paths are names of parts that failed: each counts as a failure that no test stands for.
type JestResult = { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number };

const kindOf = (path: string): 'folder' | 'file' | 'name' => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'name' : stats.isDirectory() ? 'folder' : 'file';
};

const results: JestResult[] = [];
let brokenParts = 0;
for (const argument of process.argv.slice(2)) {
  const kind = kindOf(argument);
  if (kind === 'name') brokenParts += 1;
  const files =
    kind === 'folder'
      ? readdirSync(argument).flatMap(name => (name.endsWith('.json') ? [join(argument, name)] : []))
      : [argument];
  if (kind !== 'name') results.push(...files.map(file => JSON.parse(readFileSync(file, 'utf8')) as JestResult));
}
const sum = (count: (result: JestResult) => number): number =>
  results.reduce((total, result) => total + count(result), 0);
const passed = sum(result => result.numPassedTests);
const testFailures = sum(result => result.numFailedTests + result.numRuntimeErrorTestSuites);
const failed = Math.max(testFailures, brokenParts);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

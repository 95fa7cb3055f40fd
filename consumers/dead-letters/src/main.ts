import { readEnv } from './env.ts';
import { run } from './run.ts';

const env = readEnv();
process.exitCode = await run(process.argv.slice(2), {
  urls: env.urls,
  who: env.OPERATOR,
  say: text => void process.stdout.write(text),
  warn: text => void process.stderr.write(text),
  width: process.stdout.isTTY ? process.stdout.columns : 1_000,
});

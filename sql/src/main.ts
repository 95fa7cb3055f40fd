import { environment } from './env.ts';
import { provision } from './provision.ts';

try {
  const { servers } = await provision(environment, line => process.stdout.write(`${line}\n`));
  for (const { index, host, port, database, schemas } of servers)
    process.stdout.write(`server ${String(index)} ${host}:${String(port)}/${database}: ${schemas.join(' ')}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

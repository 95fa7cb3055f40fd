// A system of PostgreSQL and Redis only, in a process of its own that a test may kill: small-system.ts <data> <pg port> <redis port>
import { createMarker } from '../leftovers.ts';
import { openFolder, paths } from '../folder.ts';
import { clusterFolder, postgresPart } from '../postgres.ts';
import { redisPart } from '../redis.ts';
import { fail, print } from '../say.ts';
import { settingsFrom } from '../settings.ts';
import { createSystem } from '../system.ts';

async function main([data = '', postgresPort, redisPort]: readonly string[]): Promise<void> {
  const { machine, admin } = settingsFrom({
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    WAYGRAPH_DATA: data,
  });
  const folder = openFolder(data);
  const { log, redis, postgres } = paths(data);
  const units = [
    postgresPart({ folder: clusterFolder(data), link: postgres, port: Number(postgresPort), admin, env: machine }),
    redisPart({ folder: redis, port: Number(redisPort), env: machine }),
  ];
  const marker = createMarker(folder.id, data);
  const system = createSystem({ units, marker, logs: log, say: print, changed: () => undefined });
  process.on('SIGTERM', () => {
    void system.stop(['stack'], print).then(() => process.exit(0));
  });
  await system.up(['stack'], print);
  print(`UP ${JSON.stringify(system.status())}`);
}

await main(process.argv.slice(2)).catch(fail);

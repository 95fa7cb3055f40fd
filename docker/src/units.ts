import { applicationParts, sampleShopStep } from './application.ts';
import { javaOptions } from './archives.ts';
import type { Artifacts } from './artifacts.ts';
import { connectPart } from './connect.ts';
import type { Connectors } from './connectors.ts';
import { paths } from './folder.ts';
import { kafkaPart } from './kafka.ts';
import { ensureKeys } from './keys.ts';
import type { Unit } from './part.ts';
import { clusterFolder, postgresPart } from './postgres.ts';
import { redisPart } from './redis.ts';
import type { Say } from './say.ts';
import type { Settings } from './settings.ts';
import { createSteps } from './steps.ts';

/** Everything there is to start, with what each needs. */
export function createUnits(
  settings: Settings,
  artifacts: Artifacts,
  java: string,
  say: Say,
): { units: Unit[]; connectors: Connectors } {
  const { data, ports, env, admin, machine } = settings;
  const { run, postgres, redis, kafka, keys } = paths(data);
  const secrets = ensureKeys(keys);
  const options = javaOptions(artifacts, java);
  const { databases, topics, connectors, watch } = createSteps(env, say);
  const units: Unit[] = [
    postgresPart({ folder: clusterFolder(data), link: postgres, port: ports.POSTGRES_PORT, admin, env: machine }),
    redisPart({ folder: redis, port: ports.REDIS_PORT, env: machine }),
    kafkaPart({
      ...{ folder: kafka, run, libs: artifacts.libs, javaOptions: options.kafka, env: { ...machine, JAVA: java } },
      ...{ port: ports.KAFKA_PORT, controllerPort: ports.KAFKA_CONTROLLER_PORT },
    }),
    connectPart({
      ...{
        run,
        libs: artifacts.libs,
        plugins: artifacts.plugins,
        javaOptions: options.connect,
        env: { ...machine, JAVA: java },
      },
      ...{ port: ports.CONNECT_PORT, brokers: env['KAFKA_BROKERS'] ?? '' },
    }),
    databases,
    topics,
    connectors,
    ...applicationParts(settings, secrets),
    ...sampleShopStep(settings, secrets),
  ];
  return { units, connectors: watch };
}

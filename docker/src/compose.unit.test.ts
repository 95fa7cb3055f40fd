import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { nodeArguments, processEnv } from './application.ts';
import { connectJavaOptions, connectOverrides } from './connect.ts';
import { kafkaJavaOptions, kafkaOverrides } from './kafka.ts';
import type { Part } from './part.ts';
import { postgresOverrides } from './postgres.ts';
import { processes, sampleShop } from './processes.ts';
import { redisOverrides } from './redis.ts';
import { portNames, settingsFrom } from './settings.ts';
import { createUnits } from './units.ts';

type Service = {
  command?: string[];
  environment?: Record<string, string | number>;
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }> | string[];
  network_mode?: string;
};

const source = { HOME: '/root', PATH: '/bin', POSTGRES_PORT: '6001', GATEWAY_PORT: '6002', KAFKA_PORT: '6003' };
const settings = settingsFrom(source);
/** Compose's own `${NAME:-default}`, with the variables of this test. */
const filled = readFileSync(join(import.meta.dirname, '../compose.yaml'), 'utf8').replaceAll(
  /\$\{(\w+):-([^}]*)\}/g,
  (_, name: string, fallback: string) => (source as Record<string, string>)[name] ?? fallback,
);
const { services } = parse(filled, { merge: true }) as { services: Record<string, Service> };
const service = (name: string): Service => services[name] ?? {};
const { ports, env } = settings;
const values = (text: Record<string, string | number> = {}) =>
  Object.fromEntries(Object.entries(text).map(([name, value]) => [name, String(value)]));

/** `-c name=value`, `--name value` and `name=value` alike. */
const overridesIn = (args: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    args.flatMap((arg, i) => {
      if (arg.startsWith('--')) return [[arg.slice(2), args[i + 1] ?? '']];
      const at = arg.indexOf('=');
      return at > 0 ? [[arg.slice(0, at), arg.slice(at + 1)]] : [];
    }),
  );

const reads = (name: string, file: string) =>
  (service(name).volumes ?? []).some(volume => volume.startsWith(`./${file}:`));

const without = (text: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(text).filter(([name]) => !names.includes(name)));

describe('with Docker and without, the same', () => {
  test('PostgreSQL: configuration files, overrides, administrator', () => {
    expect([reads('postgres', 'postgres/postgresql.conf'), reads('postgres', 'postgres/pg_hba.conf')]).toEqual([
      true,
      true,
    ]);
    const { config_file, ...given } = overridesIn(service('postgres').command ?? []);
    expect(config_file).toBe('/etc/waygraph/postgresql.conf');
    const local = postgresOverrides('/data', ports.POSTGRES_PORT, '/data');
    expect(Object.keys(given).sort()).toEqual(Object.keys(local).sort());
    expect(given['port']).toBe(local['port']);
    expect(values(service('postgres').environment)).toEqual({
      POSTGRES_ADMIN_USER: settings.admin.user,
      POSTGRES_ADMIN_PASSWORD: settings.admin.password,
    });
  });

  test('Redis: configuration file and overrides', () => {
    expect(reads('redis', 'redis/redis.conf')).toBe(true);
    const given = overridesIn(service('redis').command ?? []);
    const local = redisOverrides('/data', ports.REDIS_PORT);
    expect(Object.keys(given).sort()).toEqual(Object.keys(local).sort());
    expect(given['port']).toBe(local['port']);
  });

  test('Kafka: configuration files, start script, overrides, Java options', () => {
    const files = ['kafka/server.properties', 'kafka/log4j2.properties', 'kafka/run.sh'];
    expect(files.filter(file => !reads('kafka', file))).toEqual([]);
    const listening = (text: Record<string, string>) => ({
      ...text,
      listeners: text['listeners']?.replace('//0.0.0.0:', '//127.0.0.1:'),
    });
    const local = kafkaOverrides('/var/lib/waygraph/kafka', ports.KAFKA_PORT, ports.KAFKA_CONTROLLER_PORT);
    expect(listening(overridesIn(service('kafka').command ?? []))).toEqual(local);
    expect(service('kafka').environment?.['JAVA_OPTS']).toBe(kafkaJavaOptions);
  });

  test('Connect: configuration files, start script, overrides, Java options', () => {
    const files = ['connect/worker.properties', 'kafka/log4j2.properties', 'kafka/run.sh'];
    expect(files.filter(file => !reads('connect', file))).toEqual([]);
    const listening = (text: Record<string, string>) => ({
      ...text,
      listeners: text['listeners']?.replace('//0.0.0.0:', '//127.0.0.1:'),
    });
    const local = connectOverrides(env['KAFKA_BROKERS'] ?? '', ports.CONNECT_PORT, '/opt/kafka/plugins');
    expect(listening(overridesIn(service('connect').command ?? []))).toEqual(local);
    expect(service('connect').environment?.['JAVA_OPTS']).toBe(connectJavaOptions);
  });

  test.each([...processes, sampleShop].map(process => [process.name, process] as const))(
    'process %s: command and variables',
    (name, process) => {
      const command = service(name).command ?? [];
      expect(command.filter(arg => !arg.startsWith('--import='))).toEqual(nodeArguments(process.entry));
      // The secrets come from the volume where the databases step has made them (the --import), not from the environment.
      const secrets = { GATEWAY_SECRET: 'g', CURSOR_SECRET: 'c' };
      const local = without(processEnv({ ...env, ...secrets }, process), [...Object.keys(secrets), 'LISTEN_HOST']);
      const { LISTEN_HOST, ...given } = values(service(name).environment);
      expect(LISTEN_HOST).toBe('0.0.0.0');
      // Files lie in the data folder, wherever that is.
      const inFolder = (text: Record<string, string>) =>
        Object.fromEntries(
          Object.entries(text).map(([name, value]) => [name, value.replace(/^\/.*\/(keys|fake-psp)\//, '$1/')]),
        );
      expect(inFolder(given)).toEqual(inFolder(local));
    },
  );

  test.each(['databases', 'topics', 'connectors'])('step %s: every variable of the system', name => {
    const own = [
      'LISTEN_HOST',
      'WAYGRAPH_DATA',
      'WAYGRAPH_CACHE',
      'MIN_FREE_MB',
      'MEMORY_BUDGET_MB',
      'JWT_JWKS',
      'FAKE_PSP_FILE',
    ];
    expect(without(values(service(name).environment), ['LISTEN_HOST', 'JWT_JWKS'])).toEqual(without(env, own));
  });

  test('every port is published on the same number, to this machine only', () => {
    const published = portNames
      .filter(name => name !== 'KAFKA_CONTROLLER_PORT')
      .map(name => `127.0.0.1:${String(ports[name])}:${String(ports[name])}`);
    expect(service('net').ports).toEqual(published);
    const others = Object.entries(services).filter(
      ([name, { network_mode }]) => name !== 'net' && network_mode !== 'service:net',
    );
    expect(others).toEqual([]);
  });

  test('what waits for what', () => {
    const data = mkdtempSync(join(tmpdir(), 'waygraph-compose-'));
    mkdirSync(join(data, 'keys'));
    const { units } = createUnits({ ...settings, data }, { libs: '', plugins: '' }, 'java', () => undefined);
    rmSync(data, { recursive: true });
    for (const unit of units) {
      const dependsOn = service(unit.name).depends_on ?? {};
      const given = (Array.isArray(dependsOn) ? dependsOn : Object.keys(dependsOn)).filter(name => name !== 'net');
      expect([unit.name, given.sort()]).toEqual([unit.name, [...(unit as Part).needs].sort()]);
    }
  });
});

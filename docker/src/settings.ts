import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { common, httpUrl, integer, list, loadEnv, port, postgresUrl, redisUrl, text } from '@waygraph/kit/env';
import { services } from '@waygraph/schema/services';

export const repository = resolve(import.meta.dirname, '../..');

type Source = Readonly<Record<string, string | undefined>>;

const portModel = {
  POSTGRES_PORT: port(5432),
  REDIS_PORT: port(6379),
  KAFKA_PORT: port(9092),
  KAFKA_CONTROLLER_PORT: port(9093),
  CONNECT_PORT: port(8083),
  GATEWAY_PORT: port(4000),
  ORDERS_PORT: port(4101),
  PAYMENTS_PORT: port(4102),
  INVENTORY_PORT: port(4103),
  ROUTING_PORT: port(4104),
  RISK_PORT: port(4105),
  READ_SYNC_PORT: port(4201),
  ORDERS_CONSUMER_PORT: port(4202),
  CANARY_PORT: port(4203),
  PAYMENTS_CONSUMER_PORT: port(4204),
  INVENTORY_CONSUMER_PORT: port(4205),
  ROUTING_CONSUMER_PORT: port(4206),
  RISK_CONSUMER_PORT: port(4207),
  JOBS_PORT: port(4208),
  OUTBOX_HEALTH_PORT: port(4209),
  AUDITOR_PORT: port(4210),
  FAKE_PSP_PORT: port(4190),
};

export type PortName = keyof typeof portModel;

/** Every port variable with its default. */
export const portNames = Object.keys(portModel) as PortName[];

/** What the stack itself reads, beside the addresses. */
const stackModel = {
  ...common,
  ...portModel,
  POSTGRES_ADMIN_USER: text('waygraph'),
  POSTGRES_ADMIN_PASSWORD: text('waygraph'),
  WAYGRAPH_DATA: text(join(repository, '.data')),
  WAYGRAPH_CACHE: text(join(homedir(), '.cache', 'waygraph')),
  MIN_FREE_MB: integer(2048, { min: 0, max: 10_000_000 }),
  MEMORY_BUDGET_MB: integer(4096, { min: 256, max: 1_000_000 }),
  JWT_ISSUER: text('waygraph'),
  JWT_AUDIENCE: text('waygraph'),
  BUSINESS_TIME_ZONE: text('America/Sao_Paulo'),
};

function addressModel(ports: Record<PortName, number>, data: string) {
  const database = (user: string, name: string) =>
    postgresUrl(`postgres://${user}:${user}@127.0.0.1:${String(ports.POSTGRES_PORT)}/${name}`);
  const databases = services.map(
    ({ name }) => [`${name.toUpperCase()}_DATABASE_URL`, database(name, 'command')] as const,
  );
  const subgraphs = services.map(({ name }) => {
    const upper = name.toUpperCase();
    return [`${upper}_URL`, httpUrl(`http://127.0.0.1:${String(ports[`${upper}_PORT` as PortName])}/graphql`)] as const;
  });
  return {
    ...Object.fromEntries([...databases, ...subgraphs]),
    CDC_DATABASE_URL: database('cdc', 'command'),
    OUTBOX_HEALTH_DATABASE_URL: database('outbox_health', 'command'),
    READ_DATABASE_URL: database('reader', 'read'),
    READ_SYNC_DATABASE_URL: database('read_sync', 'read'),
    KAFKA_BROKERS: list(`127.0.0.1:${String(ports.KAFKA_PORT)}`),
    CONNECT_URL: httpUrl(`http://127.0.0.1:${String(ports.CONNECT_PORT)}`),
    REDIS_URL: redisUrl(`redis://127.0.0.1:${String(ports.REDIS_PORT)}`),
    PSP_URL: httpUrl(`http://127.0.0.1:${String(ports.FAKE_PSP_PORT)}`),
    FAKE_PSP_FILE: text(join(data, 'fake-psp', 'ledger.jsonl')),
    JWT_JWKS: text(join(data, 'keys', 'jwks.json')),
  };
}

const defaultPorts = Object.fromEntries(portNames.map(name => [name, portModel[name].parse(undefined)])) as Record<
  PortName,
  number
>;

/** Every variable of the stack with its default; the addresses follow from the ports unless they are given, one by one. */
export const settingsModel = { ...stackModel, ...addressModel(defaultPorts, join(repository, '.data')) };

export type Settings = {
  data: string;
  cache: string;
  ports: Record<PortName, number>;
  admin: { user: string; password: string };
  minFreeMb: number;
  memoryBudgetMb: number;
  jwt: { issuer: string; audience: string };
  nodeEnv: string;
  /** The machine's own variables (PATH, HOME, …), which every child gets. */
  machine: Record<string, string>;
  /** All variables of the system, each with its final value: what provisioning and every process get. */
  env: Record<string, string>;
  /** Kept folders of the tests are left where they are. */
  keep: boolean;
};

/** Pure but for the exit with code 1 that says every fault, when a variable does not fit. */
export function settingsFrom(source: Source): Settings {
  const own = loadEnv(stackModel, source);
  const ports = Object.fromEntries(portNames.map(name => [name, own[name]])) as Record<PortName, number>;
  const data = resolve(own.WAYGRAPH_DATA);
  const cache = resolve(own.WAYGRAPH_CACHE);
  const addresses = loadEnv(addressModel(ports, data), source);
  const values = { ...own, ...addresses, WAYGRAPH_DATA: data, WAYGRAPH_CACHE: cache };
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const given = Object.entries(source).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    data,
    cache,
    ports,
    admin: { user: own.POSTGRES_ADMIN_USER, password: own.POSTGRES_ADMIN_PASSWORD },
    minFreeMb: own.MIN_FREE_MB,
    memoryBudgetMb: own.MEMORY_BUDGET_MB,
    jwt: { issuer: own.JWT_ISSUER, audience: own.JWT_AUDIENCE },
    nodeEnv: own.NODE_ENV,
    machine: Object.fromEntries(given.filter(([name]) => !(name in env))),
    env,
    keep: source['KEEP'] === '1',
  };
}

export const loadSettings = (): Settings => settingsFrom(process.env);

/** The settings of a second system beside this one: other ports, another folder, none of the addresses given for the first. */
export function ownSystem(base: Settings, data: string, portOffset: number): Settings {
  const ports = portNames.map(name => [name, String(base.ports[name] + portOffset)] as const);
  const same = ['LOG_LEVEL', 'NODE_ENV', 'WAYGRAPH_CACHE', 'MIN_FREE_MB', 'MEMORY_BUDGET_MB', 'BUSINESS_TIME_ZONE'].map(
    name => [name, base.env[name]] as const,
  );
  return {
    ...settingsFrom({ ...base.machine, ...Object.fromEntries([...same, ...ports]), WAYGRAPH_DATA: data }),
    keep: base.keep,
  };
}

/** For a process that starts in this very process: what it will find when it reads its environment. */
export function addToEnvironment(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values);
}

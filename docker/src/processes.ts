import { services } from '@waygraph/schema/services';
import type { PortName } from './settings.ts';

/** A process of Waygraph that runs as long as the system does. */
export type Process = {
  readonly name: string;
  /** Path of its main file in the repository. */
  readonly entry: string;
  readonly port: PortName;
  /** Variables of the system it gets beside NODE_ENV, LOG_LEVEL, LISTEN_HOST and its port. */
  readonly reads: readonly string[];
  /** Units of the stack it cannot start without. */
  readonly needs: readonly string[];
  /** Largest number of PostgreSQL connections of each of its pools, by the variable that sets it. */
  readonly pools: Readonly<Record<string, number>>;
  /** Variables it gets under another name than the system has them. */
  readonly renamed?: Readonly<Record<string, string>>;
};

const databaseUrls = services.map(({ name }) => `${name.toUpperCase()}_DATABASE_URL`);
const subgraphUrls = services.map(({ name }) => `${name.toUpperCase()}_URL`);

/** Every consumer group of a service: it needs its schema and the topics. */
const consumer = (
  service: string,
  more: { reads?: readonly string[]; pools?: Readonly<Record<string, number>> } = {},
): Process => {
  const upper = service.toUpperCase();
  return {
    name: `${service}-consumer`,
    entry: `consumers/${service}/src/main.ts`,
    port: `${upper}_CONSUMER_PORT` as PortName,
    reads: ['KAFKA_BROKERS', `${upper}_DATABASE_URL`, ...(more.reads ?? [])],
    needs: ['databases', 'topics'],
    pools: more.pools ?? { DATABASE_POOL: 8 },
  };
};

const subgraph = (
  service: string,
  more: { reads?: readonly string[]; pools?: Readonly<Record<string, number>> } = {},
): Process => {
  const upper = service.toUpperCase();
  return {
    name: service,
    entry: `subgraphs/${service}/src/main.ts`,
    port: `${upper}_PORT` as PortName,
    reads: ['GATEWAY_SECRET', 'CURSOR_SECRET', `${upper}_DATABASE_URL`, ...(more.reads ?? [])],
    needs: ['databases'],
    pools: { DATABASE_POOL: 6, ...more.pools },
  };
};

const readsGeography = { reads: ['READ_DATABASE_URL'], pools: { READ_DATABASE_POOL: 4 } };

export const processes: readonly Process[] = [
  {
    name: 'gateway',
    entry: 'gateway/src/main.ts',
    port: 'GATEWAY_PORT',
    reads: [
      ...['GATEWAY_SECRET', 'CURSOR_SECRET', 'JWT_JWKS', 'JWT_ISSUER', 'JWT_AUDIENCE', 'KAFKA_BROKERS'],
      ...subgraphUrls,
    ],
    needs: ['topics'],
    pools: {},
  },
  subgraph('orders', { ...readsGeography, pools: { READ_DATABASE_POOL: 2 } }),
  subgraph('payments'),
  subgraph('inventory', readsGeography),
  subgraph('routing', {
    reads: ['READ_DATABASE_URL', 'REDIS_URL', 'BUSINESS_TIME_ZONE'],
    pools: { READ_DATABASE_POOL: 4 },
  }),
  subgraph('risk', { pools: { DATABASE_POOL: 4 } }),
  consumer('orders'),
  consumer('payments', { reads: ['PSP_URL'] }),
  consumer('inventory'),
  consumer('routing', {
    reads: ['READ_DATABASE_URL', 'REDIS_URL'],
    pools: { DATABASE_POOL: 10, READ_DATABASE_POOL: 6 },
  }),
  consumer('risk', { pools: { DATABASE_POOL: 6 } }),
  {
    name: 'read-sync',
    entry: 'consumers/read-sync/src/main.ts',
    port: 'READ_SYNC_PORT',
    reads: ['KAFKA_BROKERS'],
    needs: ['databases', 'topics'],
    pools: { READ_DATABASE_POOL: 6 },
    renamed: { READ_DATABASE_URL: 'READ_SYNC_DATABASE_URL' },
  },
  {
    name: 'jobs',
    entry: 'consumers/jobs/src/main.ts',
    port: 'JOBS_PORT',
    reads: ['REDIS_URL', 'BUSINESS_TIME_ZONE'],
    needs: ['databases', 'redis'],
    pools: { READ_DATABASE_POOL: 2 },
    renamed: { READ_DATABASE_URL: 'READ_SYNC_DATABASE_URL' },
  },
  {
    name: 'canary',
    entry: 'consumers/canary/src/main.ts',
    port: 'CANARY_PORT',
    reads: ['KAFKA_BROKERS', 'CDC_DATABASE_URL', ...databaseUrls],
    needs: ['databases', 'topics'],
    pools: { DATABASE_POOL: 2 },
  },
  {
    name: 'outbox-health',
    entry: 'consumers/outbox-health/src/main.ts',
    port: 'OUTBOX_HEALTH_PORT',
    reads: ['KAFKA_BROKERS', 'CONNECT_URL', 'OUTBOX_HEALTH_DATABASE_URL', ...databaseUrls],
    // Not the connectors: it is what heals them at a start.
    needs: ['databases', 'topics'],
    pools: { DATABASE_POOL: 3 },
  },
  {
    name: 'auditor',
    entry: 'consumers/auditor/src/main.ts',
    port: 'AUDITOR_PORT',
    reads: ['READ_DATABASE_URL', ...databaseUrls],
    needs: ['databases'],
    pools: { DATABASE_POOL: 5, READ_DATABASE_POOL: 1 },
  },
  {
    name: 'fake-psp',
    entry: 'docker/fake-psp/src/main.ts',
    port: 'FAKE_PSP_PORT',
    reads: ['FAKE_PSP_FILE'],
    needs: [],
    pools: {},
  },
];

/** Runs once after the databases are there, and ends. */
export const sampleShop = {
  name: 'sample-shop',
  entry: 'consumers/sample-shop/src/main.ts',
  reads: ['INVENTORY_DATABASE_URL', 'PAYMENTS_DATABASE_URL', 'READ_SYNC_DATABASE_URL'],
  needs: ['databases'],
  pools: { DATABASE_POOL: 4 },
} as const;

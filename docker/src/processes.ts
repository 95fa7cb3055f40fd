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

export const processes: readonly Process[] = [
  {
    name: 'gateway',
    entry: 'gateway/src/main.ts',
    port: 'GATEWAY_PORT',
    reads: ['GATEWAY_SECRET', 'JWT_JWKS', 'JWT_ISSUER', 'JWT_AUDIENCE', ...subgraphUrls],
    needs: [],
    pools: {},
  },
  {
    name: 'payments',
    entry: 'subgraphs/payments/src/main.ts',
    port: 'PAYMENTS_PORT',
    reads: ['GATEWAY_SECRET', 'CURSOR_SECRET', 'PAYMENTS_DATABASE_URL'],
    needs: ['databases'],
    pools: { DATABASE_POOL: 6 },
  },
  {
    name: 'inventory',
    entry: 'subgraphs/inventory/src/main.ts',
    port: 'INVENTORY_PORT',
    reads: ['GATEWAY_SECRET', 'CURSOR_SECRET', 'INVENTORY_DATABASE_URL', 'READ_DATABASE_URL'],
    needs: ['databases'],
    pools: { DATABASE_POOL: 6, READ_DATABASE_POOL: 4 },
  },
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
    name: 'orders-consumer',
    entry: 'consumers/orders/src/main.ts',
    port: 'ORDERS_CONSUMER_PORT',
    reads: ['KAFKA_BROKERS', 'ORDERS_DATABASE_URL'],
    needs: ['databases', 'topics'],
    pools: { DATABASE_POOL: 4 },
  },
  {
    name: 'canary',
    entry: 'consumers/canary/src/main.ts',
    port: 'CANARY_PORT',
    reads: ['KAFKA_BROKERS', 'CDC_DATABASE_URL', ...databaseUrls],
    needs: ['databases', 'topics'],
    pools: { DATABASE_POOL: 2 },
  },
];

/** Runs once after the databases are there, and ends. */
export const sampleShop = {
  name: 'sample-shop',
  entry: 'consumers/sample-shop/src/main.ts',
  reads: ['INVENTORY_DATABASE_URL', 'PAYMENTS_DATABASE_URL'],
  needs: ['databases'],
  pools: { DATABASE_POOL: 4 },
} as const;

import { common, integer, loadEnv, port, postgresUrl } from '@waygraph/kit/env';

const minute = 60_000;

export const envModel = {
  ...common,
  AUDITOR_PORT: port(4210),
  ORDERS_DATABASE_URL: postgresUrl('postgres://orders:orders@127.0.0.1:5432/command'),
  PAYMENTS_DATABASE_URL: postgresUrl('postgres://payments:payments@127.0.0.1:5432/command'),
  INVENTORY_DATABASE_URL: postgresUrl('postgres://inventory:inventory@127.0.0.1:5432/command'),
  ROUTING_DATABASE_URL: postgresUrl('postgres://routing:routing@127.0.0.1:5432/command'),
  RISK_DATABASE_URL: postgresUrl('postgres://risk:risk@127.0.0.1:5432/command'),
  READ_DATABASE_URL: postgresUrl('postgres://reader:reader@127.0.0.1:5432/read'),
  /** Between two runs over what is new. */
  AUDIT_EVERY_MS: integer(30_000, { min: 1_000, max: 60 * minute }),
  /** Between two runs over everything. */
  AUDIT_EVERYTHING_EVERY_MS: integer(60 * minute, { min: 10_000, max: 24 * 60 * minute }),
  /** An order at which nothing changed for so long is judged. */
  AUDIT_QUIET_MS: integer(5_000, { min: 0, max: 60 * minute }),
  /** How long an event or a row of the read model may be on its way. */
  AUDIT_GRACE_MS: integer(minute, { min: 1_000, max: 60 * minute }),
  /** By how much a step of a saga may be overdue, its retries and an outage included. */
  AUDIT_LATE_MS: integer(5 * minute, { min: 1_000, max: 24 * 60 * minute }),
};

export const readEnv = () => loadEnv(envModel);

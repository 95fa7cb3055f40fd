import { createServer } from 'node:http';
import type { Pool } from '@waygraph/kit/database';
import { close, createHealth, listen } from '@waygraph/kit/health';
import { createLifecycle } from '@waygraph/kit/lifecycle';
import { createLog } from '@waygraph/kit/log';
import { auditOnce } from './audit.ts';
import { openDatabases } from './databases.ts';
import { readEnv } from './env.ts';
import { createMetrics } from './metrics.ts';
import { createWatch } from './watch.ts';

const env = readEnv();
const log = createLog('auditor', env.LOG_LEVEL);
const lifecycle = createLifecycle({ log });

const {
  databases,
  pools,
  close: closeDatabases,
} = openDatabases({
  orders: env.ORDERS_DATABASE_URL,
  payments: env.PAYMENTS_DATABASE_URL,
  inventory: env.INVENTORY_DATABASE_URL,
  routing: env.ROUTING_DATABASE_URL,
  risk: env.RISK_DATABASE_URL,
  read: env.READ_DATABASE_URL,
});
lifecycle.onStop('databases', closeDatabases);

const isIdle = (pool: Pool): boolean => pool.idleCount > 0 || pool.totalCount === 0;

const metrics = createMetrics();
const watch = createWatch({
  audit: options => auditOnce(databases, options),
  metrics,
  log,
  patience: { quietMs: env.AUDIT_QUIET_MS, graceMs: env.AUDIT_GRACE_MS, lateMs: env.AUDIT_LATE_MS },
  everyMs: env.AUDIT_EVERY_MS,
  everythingEveryMs: env.AUDIT_EVERYTHING_EVERY_MS,
});
lifecycle.onStop('watch', watch.stop);

// Its one connection to each database may be busy with a long look: then it is not asked whether it lives.
const health = createHealth({
  databases: () => Promise.all(pools.filter(isIdle).map(pool => pool.query('select 1'))),
});
const server = createServer((request, response) => {
  if (health.handle(request, response)) return;
  const isMetrics = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
  response.writeHead(isMetrics ? 200 : 404, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(isMetrics ? metrics.text() : 'only /health, /ready and /metrics\n');
});
const port = await listen(server, env.AUDITOR_PORT, env.LISTEN_HOST);
lifecycle.onStop('server', () => {
  health.drain();
  return close(server);
});
log.info({ port }, 'auditor listens');
watch.start();

import { afterAll, expect, test } from '@jest/globals';
import { createPool, sqlOfPool } from '@waygraph/kit/database';
import { createJobQueue, createJobWorker } from '@waygraph/kit/jobs';
import { createLog } from '@waygraph/kit/log';
import { testEnv, uniqueId } from '@waygraph/kit/testing/test-env';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { runSellerRanking, sellerRankingJob } from '@waygraph/routing/seller-ranking-job';

const redisUrl = testEnv('REDIS_URL');
const log = createLog('test', 'silent');
const pool = createPool({ url: testEnv('READ_SYNC_DATABASE_URL'), max: 1, name: 'test' });
const read = sqlOfPool(pool);
// A day of its own, long before anything else.
const day = `18${String(10 + Math.floor(Math.random() * 90))}-01-${String(1 + Math.floor(Math.random() * 28)).padStart(2, '0')}`;
const seller = uniqueId('seller');

afterAll(async () => {
  await read('delete from stats.mv_seller_ranking where day = $1', [day]);
  await read('delete from catalogue.sellers where id = $1', [seller]);
  await pool.end();
});

test('a ranking that is asked for is there soon, and again when it is asked for again', async () => {
  await read(
    `insert into catalogue.sellers (id, name, city, state, location, status, version, updated_at)
     values ($1, 'x', 'x', 'RS', st_setsrid(st_makepoint(-51, -30), 4326), 'ACTIVE', 1, now())`,
    [seller],
  );
  // A queue of its own: the running system works on the real one.
  const implemented = runSellerRanking({ pool, timeZone: 'America/Sao_Paulo' });
  const name = uniqueId('ranking');
  const queue = createJobQueue({ ...sellerRankingJob, name }, { redisUrl, log });
  const worker = createJobWorker([{ ...implemented, definition: { ...implemented.definition, name } }], {
    redisUrl,
    log,
  });
  const there = async () =>
    (await read('select from stats.mv_seller_ranking where day = $1 and seller_id = $2', [day, seller])).length;
  for (let run = 1; run <= 2; run += 1) {
    await waitFor(async () => (await queue.add({ day }), await there()) === 1, { what: `ranking ${String(run)}` });
    await read('delete from stats.mv_seller_ranking where day = $1', [day]);
  }
  await expect(queue.add({ day: '2026-02-30' })).rejects.toThrow('Invalid ISO date');
  await worker.ready();
  await worker.stop();
  await queue.stop();
});

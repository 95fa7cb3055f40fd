import { Redis } from 'ioredis';
import type { Sql } from '@waygraph/kit/database';
import type { Log } from '@waygraph/kit/log';
import { factorsOf, type LaneFactor } from './lane-factors.ts';

/** Hash laneId → JSON of a LiveFactor. */
export const liveFactorsKey = 'route:delay:factor';

/** The hash's field that says when (s since 1970, Redis's clock) it was last found to be equal to PostgreSQL. */
export const completeField = '_complete';

export type LiveFactor = { readonly factor: number; readonly until: string | null; readonly revision: number };

/** Whoever compares the copy with PostgreSQL does so each second; when nobody has for so long, it is not trusted. */
const freshS = 10;

/** When Redis did not answer, nobody waits for it for so long. */
const pauseMs = 1_000;

export const liveFactorOf = ({ factor, validUntil, revision }: LaneFactor): LiveFactor => ({
  ...{ factor, revision },
  until: validUntil === null ? null : new Date(validUntil).toISOString(),
});

/** A connection that never makes anybody wait: what Redis does not answer at once comes from PostgreSQL. */
export function connectRedis({ url, log }: { url: string; log: Log }): Redis {
  const redis = new Redis(url, {
    connectTimeout: 1_000,
    commandTimeout: 250,
    disconnectTimeout: 200,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: attempt => Math.min(attempt * 100, 2_000),
  });
  let away = false;
  redis.on('error', error => {
    if (!away) log.warn({ err: error }, 'redis is away');
    away = true;
  });
  redis.on('ready', () => {
    away = false;
  });
  return redis;
}

const readScript = `
local checked = redis.call('HGET', KEYS[1], '${completeField}')
if not checked or redis.call('TIME')[1] - checked > tonumber(ARGV[1]) then return false end
return redis.call('HMGET', KEYS[1], unpack(ARGV, 2))`;

const writeScript = `
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and cjson.decode(known).revision >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

export type LiveFactors = {
  /** The present factors of those lanes that have one; all others are 1. */
  readonly factorOf: (laneIds: readonly string[]) => Promise<Map<string, number>>;
  /** Takes a change over, unless the copy has a newer one. True when it was taken. */
  readonly write: (lane: LaneFactor) => Promise<boolean>;
};

/** The live copy of the lanes' factors in Redis; whenever it is not complete, or away, PostgreSQL answers. */
export function createLiveFactors({
  redis,
  sql,
  key = liveFactorsKey,
}: {
  redis: Redis;
  sql: Sql;
  key?: string;
}): LiveFactors {
  const truth = factorsOf(sql);
  let askAgainAt = 0;

  async function live(laneIds: readonly string[]): Promise<Map<string, number> | undefined> {
    if (performance.now() < askAgainAt) return undefined;
    const fields = (await redis.eval(readScript, 1, key, freshS, ...laneIds)) as (string | null)[] | null;
    if (fields === null) return undefined;
    const now = Date.now();
    const factors = laneIds.flatMap((laneId, index): [string, number][] => {
      const field = fields[index];
      if (field === null || field === undefined) return [];
      const { factor, until } = JSON.parse(field) as LiveFactor;
      return [[laneId, until !== null && Date.parse(until) <= now ? 1 : factor]];
    });
    return new Map(factors);
  }

  const silent = (): undefined => {
    askAgainAt = performance.now() + pauseMs;
  };

  return {
    factorOf: async laneIds =>
      laneIds.length === 0 ? new Map() : ((await live(laneIds).catch(silent)) ?? (await truth(laneIds))),
    write: async lane => {
      const value = JSON.stringify(liveFactorOf(lane));
      return (await redis.eval(writeScript, 1, key, lane.laneId, lane.revision, value)) === 1;
    },
  };
}

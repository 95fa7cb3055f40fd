import type { Redis } from 'ioredis';
import type { Sql } from '@waygraph/kit/database';
import { allLaneFactors } from './lane-factors.ts';
import { completeField, liveFactorOf, liveFactorsKey, type LiveFactor } from './live-factors.ts';

/**
 * One step, so that nobody sees half of it. ARGV: what `_complete` was when the copy was read; how many fields are to go; those
 * fields with the values seen; then lane, revision and value of each that is to come.
 */
const script = `
if (redis.call('HGET', KEYS[1], '${completeField}') or '') ~= ARGV[1] then return 0 end
local first = 3 + 2 * tonumber(ARGV[2])
for i = 3, first - 1, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
for i = first, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or cjson.decode(known).revision < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  end
end
redis.call('HSET', KEYS[1], '${completeField}', redis.call('TIME')[1])
return 1`;

/**
 * Compares the live copy with PostgreSQL, puts right what differs and says that it is complete. Gives how many lanes differed;
 * undefined when somebody else was at it, or it was lost meanwhile: then the next time will do.
 */
export async function rebuildLiveFactors({
  redis,
  sql,
  key = liveFactorsKey,
}: {
  redis: Redis;
  sql: Sql;
  key?: string;
}): Promise<number | undefined> {
  // In this order: a change that came to the copy before we read it is in PostgreSQL by now, so what is newer there is not ours.
  const { [completeField]: complete = '', ...copy } = await redis.hgetall(key);
  const lanes = await allLaneFactors(sql);
  const revisions = new Map(lanes.map(({ laneId, revision }) => [laneId, revision]));
  const foreign = Object.entries(copy).filter(([laneId, value]) => {
    const revision = revisionOf(value);
    return revision === undefined || revision > (revisions.get(laneId) ?? 0);
  });
  const gone = new Set(foreign.map(([laneId]) => laneId));
  // Of a copy that is not complete nothing is known for sure: it may be lost once more before we write.
  const missing = lanes.filter(
    ({ laneId, revision }) => complete === '' || gone.has(laneId) || (revisionOf(copy[laneId] ?? '') ?? 0) < revision,
  );
  const values = missing.flatMap(lane => [lane.laneId, lane.revision, JSON.stringify(liveFactorOf(lane))]);
  const done = await redis.eval(script, 1, key, complete, foreign.length, ...foreign.flat(), ...values);
  return done === 1 ? new Set([...gone, ...missing.map(({ laneId }) => laneId)]).size : undefined;
}

function revisionOf(value: string): number | undefined {
  try {
    const { revision } = JSON.parse(value) as Partial<LiveFactor>;
    return typeof revision === 'number' ? revision : undefined;
  } catch {
    return undefined;
  }
}

import type { RawMessage } from '@waygraph/kit/kafka-delivery';
import { parseTableChange } from '@waygraph/kit/table-change';
import { CanaryBeat } from '@waygraph/schema/events/canary';
import { z } from 'zod';
import type { Paths } from './paths.ts';

const beatRow = z.object({ server: z.string(), n: z.int(), beat_us: z.int() });

/** A beat has come back, through the outbox or as a changed row. */
export const onBeat =
  (paths: Paths, now: () => number) =>
  (message: RawMessage): Promise<void> => {
    if (message.topic === CanaryBeat.topic) {
      const { data } = CanaryBeat.parse(JSON.parse(message.value ?? 'null'));
      paths.seen(
        { server: data.server, connector: 'outbox' },
        { n: data.beat, sentUs: Number(message.headers['occurredUs']) },
        now(),
      );
      return Promise.resolve();
    }
    const change = parseTableChange(message);
    if (change?.kind === 'row') {
      const { server, n, beat_us: sentUs } = beatRow.parse(change.row);
      paths.seen({ server, connector: 'tables' }, { n, sentUs }, now());
    }
    return Promise.resolve();
  };

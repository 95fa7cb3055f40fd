import { topics } from '@waygraph/schema/topics';

/** The topics that outboxes lead to. Facts from outside have a topic of their own, which their producer writes itself. */
export const eventTopics = topics
  .filter(({ name, kind }) => kind === 'events' && name !== 'fulfillment-events')
  .map(({ name }) => name);

import { topics } from '@waygraph/schema/topics';

/** The topics that outboxes may lead to. */
export const eventTopics = topics.filter(({ kind }) => kind === 'events').map(({ name }) => name);

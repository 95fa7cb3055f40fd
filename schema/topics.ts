export type TopicKind = 'events' | 'table';
export type Topic = { readonly name: string; readonly kind: TopicKind };

/** Domain topics keep everything; table topics are compacted to the newest row per key. All are co-partitioned by key. */
const eventTopics = [
  'order.events',
  'payment.events',
  'stock.events',
  'delivery.events',
  'delivery.risk',
  'stats.feedback',
  'lane.events',
  'incident.events',
  'fulfillment-events',
  'inventory.events',
  'wallet.events',
  'canary',
] as const;

/** Consumer groups that keep what they cannot handle; `<group>.dead` tells of each. */
export const deadLetterGroups = ['orders', 'payments', 'inventory', 'routing', 'risk'] as const;

/** Where a group tells what it could not handle, keyed as the event was. */
export const deadTopic = (group: string): string => `${group}.dead`;

export type EventTopic = (typeof eventTopics)[number];

/** Tables of the command database whose rows other processes may follow; captured by the tables connector. */
export const capturedTables = [
  'inventory.sellers',
  'inventory.products',
  'inventory.stock',
  'routing.deliveries',
  'cdc.beats',
] as const;

export type CapturedTable = (typeof capturedTables)[number];

/** Name of the topic that carries a captured table, whichever server the table lives on. */
export const tableTopic = (table: CapturedTable): string => `db.command.${table}`;

/** Where Debezium tells that an incremental snapshot has begun, goes on and has ended. */
export const snapshotNotificationsTopic = 'db.command.notifications';

export const partitions = 6;

export const topics: readonly Topic[] = [
  ...eventTopics.map(name => ({ name, kind: 'events' as const })),
  ...deadLetterGroups.map(group => ({ name: deadTopic(group), kind: 'events' as const })),
  ...capturedTables.map(table => ({ name: tableTopic(table), kind: 'table' as const })),
  { name: snapshotNotificationsTopic, kind: 'table' },
];

/** Topic settings as Kafka takes them; records are stamped when they are published, never with an event's own time. */
export function topicConfig(kind: TopicKind): Record<string, string> {
  return kind === 'events'
    ? { 'cleanup.policy': 'delete', 'retention.ms': '-1' }
    : { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.5' };
}

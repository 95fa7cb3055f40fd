import type { SlotState } from '@waygraph/kit/slot-guard';
import type { Metric } from './metrics.ts';
import type { PartitionKeeper } from './partitions.ts';
import type { Reconciler } from './reconcile.ts';

type Slots = readonly { readonly place: string; readonly slots: readonly SlotState[] }[];

/** What the process tells of itself at `/metrics`. */
export function tell(
  reconciler: Pick<Reconciler, 'counts' | 'lateNow' | 'sizes'>,
  keeper: Pick<PartitionKeeper, 'counts'>,
  slots: Slots,
  repairs: number,
): Metric[] {
  const [proof, partitions] = [reconciler.counts(), keeper.counts()];
  const counter = (name: string, help: string, value: number): Metric => ({
    ...{ name: `waygraph_outbox_${name}_total`, help, type: 'counter', values: [{ value }] },
  });
  const gauge = (name: string, help: string, value: number): Metric => ({
    ...{ name: `waygraph_outbox_${name}`, help, type: 'gauge', values: [{ value }] },
  });
  const perSlot = (name: string, help: string, value: (slot: SlotState) => number): Metric => ({
    ...{ name: `waygraph_slot_${name}`, help, type: 'gauge' },
    values: slots.flatMap(one =>
      one.slots.map(slot => ({ labels: { place: one.place, slot: slot.slot }, value: value(slot) })),
    ),
  });
  return [
    counter('rows', 'Rows of the outboxes that were read.', proof.rows),
    counter('records', 'Records of the log that were read.', proof.records),
    counter('matched', 'Rows whose record was seen.', proof.matched),
    counter('missing', 'Events the connector left out.', proof.missing),
    counter('republished', 'Times that a missing event was published again.', proof.republished),
    counter('late', 'Events that were late.', proof.late),
    counter('duplicates', 'Records that repeat another.', proof.duplicates),
    counter('strangers', 'Records that no outbox knows.', proof.strangers),
    counter('seq_gaps', 'Numbers missing among those of a key.', proof.gaps),
    counter('seq_repeats', 'Numbers that a key has twice.', proof.repeats),
    counter('elsewhere', 'Rows for a topic that does not exist.', proof.elsewhere),
    counter('log_cuts', 'Times that the log had lost records, and all was proven anew.', proof.cuts),
    gauge('late_now', 'Events that are late now.', reconciler.lateNow()),
    gauge('pending', 'Rows without a record now.', reconciler.sizes().rows),
    gauge('waiting', 'Records without a row now.', reconciler.sizes().records),
    counter('partitions_made', 'Partitions made.', partitions.made),
    counter('partitions_dropped', 'Partitions dropped.', partitions.dropped),
    counter('rows_moved', 'Rows moved out of default partitions.', partitions.moved),
    gauge('partitions_held', 'Partitions old enough to go whose rows are not proven.', partitions.held),
    gauge('rows_in_default', 'Rows in default partitions.', partitions.inDefault),
    perSlot('used_ratio', 'Share of the WAL that may be kept for a slot; 1 is lost.', ({ used }) => used),
    perSlot('retained_bytes', 'WAL kept because of a slot.', ({ retainedBytes }) => retainedBytes),
    perSlot('lost', '1 when the slot is lost.', ({ walStatus }) => (walStatus === 'lost' ? 1 : 0)),
    { ...counter('repairs', 'Connectors repaired.', repairs), name: 'waygraph_connector_repairs_total' },
  ];
}

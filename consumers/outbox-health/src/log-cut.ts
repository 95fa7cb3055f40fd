/** By topic, then by partition, the last record that was read; null: none yet. `mark` tells it from another at the same offset. */
export type LastRecords = Record<string, ({ readonly offset: number; readonly mark: string } | null)[]>;

/** Records that were read are not on the log any more: it has lost its tail, or a topic was made anew. */
export class LogCut extends Error {
  override readonly name = 'LogCut';
  readonly topics: readonly string[];
  constructor(topics: readonly string[]) {
    super(`records are gone that were on the log: ${topics.join(', ')}`);
    this.topics = topics;
  }
}

/** A connector as Connect shows it. */
export type Connector = {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  /** RUNNING, FAILED, STOPPED, … of the connector, or the worst of its tasks. */
  readonly state: string;
};

type Status = { connector: { state: string }; tasks: { state: string }[] };
type Listed = Record<string, { status: Status; info: { config: Record<string, string> } }>;
type StoredOffset = { readonly lsn?: number; readonly lsn_proc?: number; readonly lsn_commit?: number };
type StoredOffsets = { offsets: { offset: StoredOffset | null }[] };

/**
 * How far a connector has come by what it has kept: what it read last may lie before a commit that it has read, since transactions
 * overlap in the WAL, and it is that commit which it confirms.
 */
export function furthest({ lsn, lsn_proc: processed, lsn_commit: commit }: StoredOffset): bigint | undefined {
  const known = [lsn, processed, commit].flatMap(place => (typeof place === 'number' ? [place] : []));
  return known.length === 0 ? undefined : BigInt(Math.max(...known));
}

const answerMs = 10_000;

/** What is asked of Kafka Connect's REST interface. Rejects when it does not answer or refuses. */
export function createConnectClient(url: string) {
  async function ask(path: string, method = 'GET'): Promise<unknown> {
    const answer = await fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(answerMs) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Connect: ${method} ${path}: ${String(answer.status)} ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    async list(): Promise<Connector[]> {
      const listed = (await ask('/connectors?expand=status&expand=info')) as Listed;
      return Object.entries(listed).map(([name, { status, info }]) => ({
        ...{ name, config: info.config },
        state: status.tasks.find(({ state }) => state !== 'RUNNING')?.state ?? status.connector.state,
      }));
    },
    /** The place in the WAL that the connector remembers. */
    async offset(name: string): Promise<bigint | undefined> {
      const { offsets } = (await ask(`/connectors/${name}/offsets`)) as StoredOffsets;
      const offset = offsets[0]?.offset;
      return offset ? furthest(offset) : undefined;
    },
    /** Its tasks end; offsets can be forgotten only then. */
    async stop(name: string): Promise<void> {
      await ask(`/connectors/${name}/stop`, 'PUT');
    },
    async forgetOffsets(name: string): Promise<void> {
      await ask(`/connectors/${name}/offsets`, 'DELETE');
    },
    async resume(name: string): Promise<void> {
      await ask(`/connectors/${name}/resume`, 'PUT');
    },
  };
}

export type ConnectClient = ReturnType<typeof createConnectClient>;

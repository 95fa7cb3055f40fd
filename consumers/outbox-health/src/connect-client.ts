/** A connector as Connect shows it. */
export type Connector = {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  /** RUNNING, FAILED, STOPPED, … of the connector, or the worst of its tasks. */
  readonly state: string;
};

type Status = { connector: { state: string }; tasks: { state: string }[] };
type Listed = Record<string, { status: Status; info: { config: Record<string, string> } }>;
type StoredOffsets = { offsets: { offset: { lsn?: number; lsn_proc?: number } | null }[] };

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
      const lsn = offsets[0]?.offset?.lsn;
      return lsn === undefined ? undefined : BigInt(lsn);
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

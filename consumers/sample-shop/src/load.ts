import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { SampleShop } from './sample-shop.ts';

/** A service that takes in its share of the shop. `load` may be cut off anywhere and run again. */
export type Part = {
  service: string;
  url: string;
  /** Under which it is remembered, where several parts share a database. */
  ledger?: string;
  load: (shop: SampleShop, say: (line: string) => void) => Promise<Record<string, number>>;
  /** What `load` would be given, for `--check`. */
  share: (shop: SampleShop) => Record<string, number>;
};

export type Options = {
  /** Under which the services remember it; another name is another shop. */
  name?: string;
  version: number;
  /** Only asked for when something has to be loaded. */
  shop: () => Promise<SampleShop>;
  parts: readonly Part[];
  say: (line: string) => void;
  checkOnly?: boolean;
};

/**
 * Brings every service to `version` of the sample shop. Each remembers what it has, so a second run does nothing, one that was cut off
 * is finished by the next, and of two at once the second waits and then finds the work done.
 */
export async function loadSampleShop(options: Options): Promise<void> {
  const shop = onceOnly(options.shop);
  const results = await Promise.allSettled(options.parts.map(part => loadPart(part, { ...options, shop })));
  const failed = results.filter(result => result.status === 'rejected');
  if (failed.length > 0) throw new AggregateError(failed.map(({ reason }): unknown => reason));
}

async function loadPart(part: Part, options: Options): Promise<void> {
  let ledger: Ledger | undefined;
  try {
    ledger = await openLedger(part.url, options.name ?? 'sample-shop', part.ledger);
    if (options.checkOnly === true) await check(part, ledger, options);
    else await bringUp(part, ledger, options);
  } catch (error) {
    throw new Error(`${part.service}: ${reasonOf(error)}`, { cause: error });
  } finally {
    await ledger?.close().catch(() => undefined);
  }
}

// Where a name has several addresses, Node puts a fault for each into one without a message.
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(reasonOf).join('; ')
    : error instanceof Error
      ? error.message
      : String(error);

async function bringUp({ service, load }: Part, ledger: Ledger, { version, shop, say }: Options): Promise<void> {
  if ((await ledger.loadedVersion()) < version) {
    await ledger.lock(() => say(`${service}: another loader is at work, waiting for it`));
    const before = await ledger.loadedVersion();
    if (before < version) {
      const begin = performance.now();
      say(
        `${service}: loading the sample shop, version ${String(version)}${before > 0 ? ` over ${String(before)}` : ''}`,
      );
      const summary = await load(await shop(), say);
      await ledger.remember(version, summary);
      say(`${service}: ${printed(summary)} new or changed in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
      return;
    }
  }
  say(`${service}: the sample shop is there (version ${String(await ledger.loadedVersion())})`);
}

async function check({ service, share }: Part, ledger: Ledger, { version, shop, say }: Options): Promise<void> {
  const loaded = await ledger.loadedVersion();
  if (loaded >= version) {
    say(`${service}: version ${String(loaded)} is there, nothing would be done`);
    return;
  }
  const now = loaded === 0 ? 'nothing' : `version ${String(loaded)}`;
  const how = 'what people have changed since (stock, status, balances, used coupons) would stay';
  say(`${service}: has ${now}, would load version ${String(version)}: ${printed(share(await shop()))}; ${how}`);
}

const printed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${String(count)} ${what}`)
    .join(', ');

function onceOnly<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}

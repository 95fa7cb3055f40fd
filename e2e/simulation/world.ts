import type { Market } from './market.ts';
import type { Provider } from './provider.ts';
import { Violation, type Run } from './run.ts';
import type { Services } from './simulate.ts';

/** All that there is in a run. */
export type World = {
  readonly run: Run;
  readonly market: Market;
  readonly provider: Provider;
  readonly services: Services;
};

/** `orderId`: whose story tells why it is not so; '?' when it is nobody's in particular. */
export function expect(orderId: string, isSo: boolean, message: () => string): void {
  if (!isSo) throw new Violation(orderId, message());
}

import { request } from '@waygraph/kit/http';
import { testEnv } from '@waygraph/kit/testing/test-env';

type Behaviour = {
  outcome: 'approve' | 'decline' | 'timeout' | 'error';
  /** How many requests it holds for; without it, until another is set. */
  times?: number;
  /** Without it, charges and refunds. */
  of?: 'charges' | 'refunds';
};

/** What the payment provider does with this customer's cards from now on. */
export async function setCards(customerId: string, behaviour: Behaviour): Promise<void> {
  const { status } = await request(new URL(`/behaviours/${customerId}`, testEnv('PSP_URL')).href, {
    method: 'PUT',
    body: JSON.stringify(behaviour),
    signal: AbortSignal.timeout(5_000),
  });
  if (status !== 204) throw new Error(`the provider answered ${status}`);
}

// npm run demo: a customer's day in the terminal, against the running system.
import { Fault, fail, print } from '@waygraph/stack/say';
import { GraphFault } from '../graph-client.ts';
import { browse, fillWallet, orderAndReceive, orderInVain, story } from './day.ts';
import { meetPeople, type People } from './people.ts';
import { at, createScreen, painted, reais, type Screen } from './screen.ts';

async function day(screen: Screen, people: People): Promise<void> {
  const { customer } = people;
  const begin = performance.now();
  screen.say(`${customer.id} lives in ${customer.home.street}, ${customer.home.address.city}.`);
  const product = await browse(screen, people);
  const before = await fillWallet(screen, people, product.price.amountMinor);
  const received = await orderAndReceive(screen, people, product);
  const paid = await balance(people);
  await orderInVain(screen, people, product);
  const after = await balance(people);
  if (after !== paid) throw new Fault(`the failed order cost ${reais(paid - after)}`);

  screen.heading('What happened to the first order, as every service told it');
  const facts = await story(screen, people, received.orderId);

  screen.heading('The day in short');
  const isInTime = received.promisedAt !== null && received.deliveredAt <= received.promisedAt;
  const short = [
    `one parcel arrived ${at(received.deliveredAt)}${isInTime ? ', within its promise' : ''}; ${String(facts)} facts by five services on the way`,
    `lane ${received.laneId} jammed, and the estimate followed in ${received.movedMs.toFixed(0)} ms`,
    `the wallet went from ${reais(before)} to ${reais(after)}: ${reais(before - after)} for what arrived, nothing for what did not`,
    painted('dim', `all of it took ${((performance.now() - begin) / 1_000).toFixed(1)} s`),
  ];
  for (const line of short) screen.say(line);
}

const balance = async ({ customer }: People): Promise<number> =>
  (await customer.client.wallet())?.balance.amountMinor ?? 0;

/** The demo does not leave a lane jammed, however it ends. */
async function clearLane(people: People): Promise<void> {
  const { jammed, operator } = people;
  if (jammed === undefined) return;
  people.jammed = undefined;
  try {
    await operator.setDelayFactor({ laneId: jammed, factor: 1, ttlMinutes: 1 });
    print(`lane ${jammed} is clear again`);
  } catch {
    print(`lane ${jammed} could not be cleared; its jam ends by itself within minutes`);
  }
}

/** What a person can mend is said in a line, without a stack. */
function told(error: unknown): unknown {
  if (error instanceof GraphFault) return new Fault(`the gateway answered: ${error.message}`);
  const isUnreachable = error instanceof TypeError && error.message === 'fetch failed';
  if (isUnreachable || (error instanceof DOMException && error.name === 'TimeoutError'))
    return new Fault('The gateway does not answer any more: "npm run stack -- status" and its logs may tell why.');
  return error;
}

async function main(): Promise<void> {
  const people = await meetPeople();
  const interrupted = Promise.withResolvers<'interrupted'>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupted.resolve('interrupted'));
  let outcome: 'interrupted' | undefined;
  try {
    print(painted('bold', 'Waygraph: a customer’s day'));
    const running = day(
      createScreen(print, () => process.stdout.columns || Infinity),
      people,
    ).then(() => undefined);
    outcome = await Promise.race([running, interrupted.promise]);
  } catch (error) {
    throw told(error);
  } finally {
    if (outcome === 'interrupted') print('\nstopped; what was ordered stays ordered');
    await clearLane(people);
    if (outcome === undefined) await people.leave();
  }
  if (outcome === 'interrupted') process.exit(130);
}

await main().catch(fail);

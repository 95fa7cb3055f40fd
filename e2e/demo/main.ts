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
  screen.lines([
    `one parcel arrived ${at(received.deliveredAt)}${isInTime ? ', within its promise' : ''}; ${String(facts)} facts by five services on the way`,
    `lane ${received.laneId} jammed, and the estimate followed in ${received.movedMs.toFixed(0)} ms`,
    `the wallet went from ${reais(before)} to ${reais(after)}: ${reais(before - after)} for what arrived, nothing for what did not`,
    painted('dim', `all of it took ${((performance.now() - begin) / 1_000).toFixed(1)} s`),
  ]);
}

const balance = async ({ customer }: People): Promise<number> =>
  (await customer.client.wallet())?.balance.amountMinor ?? 0;

async function main(): Promise<void> {
  const people = await meetPeople();
  try {
    print(painted('bold', 'Waygraph: a customer’s day'));
    await day(createScreen(print), people);
  } catch (error) {
    throw error instanceof GraphFault ? new Fault(`the gateway answered: ${error.message}`) : error;
  } finally {
    await people.leave();
  }
}

await main().catch(fail);

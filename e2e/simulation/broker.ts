import type { OutboxEvent } from '@waygraph/schema/events/define';
import { WaygraphError } from '@waygraph/kit/errors';
import type { Call, Handler } from './handlers.ts';
import { backAt, brief, note, Violation, write, type Run } from './run.ts';

export type GroupName = 'orders' | 'routing' | 'inventory' | 'payments';

type Message = { readonly id: number; readonly event: OutboxEvent };
type Group = {
  readonly name: GroupName;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly inbox: Set<number>;
  /** Keys of which an event is dead, until somebody has it handled again. */
  readonly held: Map<string, number>;
  /** Of each topic and key what is read in order. */
  readonly queues: Map<string, Map<string, Queue>>;
};
/** How far a topic's events of a key have come. */
type Place = { seq: number; publishedMs: number };
type Queue = { readonly group: Group; readonly orderId: string; readonly messages: Message[]; next: number };

/** The way from an outbox to the handlers: per topic and key in order, at least once, and with everything that goes wrong. */
export type Broker = {
  readonly subscribe: (name: GroupName, handlers: readonly Handler[]) => void;
  /** Commits events: what is told here is told for ever. */
  readonly tell: (events: readonly OutboxEvent[]) => void;
};

export function createBroker(run: Run): Broker {
  const { agenda, random, faults } = run;
  const groups: Group[] = [];
  const keys = new Map<string, Map<string, Place>>();
  const readers = new Map<string, Group[]>();
  let lastId = 0;

  function publish(message: Message): void {
    const { type, key } = message.event;
    for (const group of readers.get(type) ?? []) {
      receive(group, message);
      if (random.chance(faults.twiceInLog)) {
        note(run, 'published twice');
        agenda.after(random.int(60_000), () => receive(group, message));
      }
    }
    write(run, key, () => `log        ${type} #${message.id}`);
  }

  function receive(group: Group, message: Message): void {
    const { topic, key } = message.event;
    const ofTopic = getOr(group.queues, topic, () => new Map<string, Queue>());
    const queue = getOr(ofTopic, key, () => ({ group, orderId: key, messages: [], next: 0 }));
    queue.messages.push(message);
    if (queue.next === queue.messages.length - 1) readSoon(queue);
  }

  function delay(): number {
    if (random.chance(faults.stalled)) return random.int(200_000);
    return random.chance(faults.slow) ? random.int(10_000) : random.between(1, 20);
  }

  const readSoon = (queue: Queue): void => agenda.after(delay(), () => read(queue));

  function read(queue: Queue): void {
    const { group } = queue;
    const back = backAt(run, group.name);
    if (back > agenda.now()) {
      note(run, 'group away');
      agenda.at(back, () => read(queue));
      return;
    }
    if (random.chance(faults.crashBeforeCommit)) {
      note(run, 'crash before commit');
      agenda.after(random.int(5_000), () => read(queue));
      return;
    }
    if (random.chance(faults.dies)) {
      note(run, 'dead letter');
      group.held.set(queue.orderId, agenda.now() + random.between(10_000, 5 * 3_600_000));
    }
    const heldUntil = group.held.get(queue.orderId) ?? 0;
    if (heldUntil > agenda.now()) {
      agenda.at(heldUntil, () => read(queue));
      return;
    }
    const message = queue.messages[queue.next];
    const handler = message && group.handlers.get(message.event.type);
    if (message === undefined || handler === undefined) return;
    const { effect, call } = handler;
    const { payload } = message.event;
    if (effect !== undefined) {
      if (isDone(queue, message, () => effect(payload))) acknowledge(queue, message);
      return;
    }
    const asked: { call?: Call | undefined } = {};
    if (!attempted(queue, () => (asked.call = call?.(payload))) || asked.call === undefined) return;
    const { takesMs, ask } = asked.call;
    agenda.after(takesMs, () => {
      const answer = ask();
      // The process may also die with the answer in its hands.
      if (answer === undefined || random.chance(faults.crashBeforeCommit)) {
        note(run, answer === undefined ? 'no answer to a call' : 'crash between effect and commit');
        agenda.after(random.between(100, 5_000), () => read(queue));
      } else if (isDone(queue, message, answer)) acknowledge(queue, message);
    });
  }

  /** The transaction: inbox row and effect. */
  function isDone(queue: Queue, message: Message, effect: () => void): boolean {
    const { inbox, name } = queue.group;
    if (inbox.has(message.id)) return true;
    write(run, queue.orderId, () => `${name.padEnd(10)} < ${message.event.type} #${message.id}`);
    if (!attempted(queue, effect)) return false;
    inbox.add(message.id);
    return true;
  }

  /** Whether it went well; what passes is tried again, and until then the key waits. */
  function attempted(queue: Queue, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof WaygraphError && error.retryable)) throw asViolation(error, queue.orderId);
      note(run, 'tried again');
      agenda.after(random.between(100, 5_000), () => read(queue));
      return false;
    }
  }

  function acknowledge(queue: Queue, message: Message): void {
    const { group, messages } = queue;
    if (random.chance(faults.crashBeforeAck)) {
      note(run, 'crash before acknowledgement');
    } else if (random.chance(faults.rewind)) {
      note(run, 'rewound');
      queue.next = Math.max(0, queue.next - random.int(3));
    } else {
      queue.next += 1;
      if (random.chance(faults.duplicate)) {
        note(run, 'duplicate');
        agenda.after(random.int(120_000), () => receive(group, message));
      }
      if (random.chance(faults.afterForgetting)) {
        agenda.after(random.between(60_000, 48 * 3_600_000), () => {
          note(run, 'duplicate after its inbox row is gone');
          group.inbox.delete(message.id);
          receive(group, message);
        });
      }
    }
    if (queue.next < messages.length) readSoon(queue);
  }

  return {
    subscribe(name, handlers) {
      const group = { name, handlers: new Map(handlers.map(each => [each.type, each])), inbox: new Set<number>() };
      groups.push({ ...group, held: new Map(), queues: new Map() });
      for (const { type } of handlers)
        readers.set(
          type,
          groups.filter(({ handlers: own }) => own.has(type)),
        );
    },
    tell(events) {
      for (const event of events) {
        const { topic, key, type, seq } = event;
        const ofTopic = getOr(keys, topic, () => new Map<string, Place>());
        const known = getOr(ofTopic, key, () => ({ seq: 0, publishedMs: 0 }));
        if (seq !== known.seq + 1) throw new Violation(key, `${type} has seq ${seq} behind ${known.seq} of ${topic}`);
        known.seq = seq;
        const message = { id: ++lastId, event };
        getOr(run.told, key, () => []).push(event);
        write(run, key, () => `${topic.padEnd(15)} ${type} #${message.id} ${brief(event.payload)}`);
        if (!readers.has(type)) continue;
        if (random.chance(faults.lost)) {
          note(run, 'lost and republished');
          agenda.after(random.between(5_000, 3_600_000), () => publish(message));
          continue;
        }
        if (backAt(run, 'relay') > agenda.now()) note(run, 'committed while nobody publishes');
        known.publishedMs = Math.max(known.publishedMs, backAt(run, 'relay') + random.between(5, 30));
        agenda.at(known.publishedMs, () => publish(message));
      }
    },
  };
}

function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const asViolation = (error: unknown, orderId: string): Violation =>
  error instanceof Violation
    ? error
    : new Violation(orderId, error instanceof Error ? (error.stack ?? error.message) : String(error));

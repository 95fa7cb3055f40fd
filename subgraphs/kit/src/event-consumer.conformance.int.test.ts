import { openFake, openKafka } from './testing/brokers.ts';
import { eventConsumerConformance } from './testing/event-consumer-conformance.ts';

eventConsumerConformance('Kafka', openKafka);
eventConsumerConformance('the fake', openFake);

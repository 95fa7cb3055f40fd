import { openKafka } from './testing/brokers.ts';
import { consumerConformance } from './testing/consumer-conformance.ts';

consumerConformance('Kafka', openKafka);

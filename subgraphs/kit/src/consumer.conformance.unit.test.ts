import { openFake } from './testing/brokers.ts';
import { consumerConformance } from './testing/consumer-conformance.ts';

consumerConformance('the fake', openFake);

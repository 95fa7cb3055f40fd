import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import { configs } from 'typescript-eslint';

const root = new URL('../..', import.meta.url).pathname;

/** @param {string[]} group @param {string} message */
const forbid = (group, message) => ({ group, message });

const everywhere = [
  forbid(['**/*.test.ts'], 'Tests are not imported.'),
  forbid(['kafkajs'], 'kafkajs stays behind kit/kafka and kit/kafka-admin.'),
];
const noTransport = [
  forbid(
    ['@mikro-orm/*', 'pg', 'kafkajs', 'graphql', '@apollo/*', '@waygraph/kit/*', '!@waygraph/kit/errors'],
    'The domain is pure: commands and state in, results and events out.',
  ),
];
const services = ['orders', 'payments', 'inventory', 'routing', 'risk'];
const otherServices = own =>
  services
    .filter(name => name !== own)
    .map(name => forbid([`@waygraph/${name}/*`], 'Subgraphs do not import each other.'));

/** @param {ReturnType<typeof forbid>[]} patterns */
const imports = patterns => ({ 'no-restricted-imports': ['error', { patterns: [...everywhere, ...patterns] }] });

export default defineConfig(
  globalIgnores(['**/node_modules/**', '.data*/**', '.turbo/**', '**/*.generated.ts']),
  { files: ['**/*.js'], extends: [js.configs.recommended], languageOptions: { globals: { URL: 'readonly' } } },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      'no-console': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only env.ts reads the environment.' },
      ],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Name what is exported.' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Numbers and booleans read well in a template; objects and undefined do not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // It refuses `Promise.withResolvers<void>()`.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // It refuses what MikroORM's own `init` gives.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      ...imports([]),
    },
  },
  {
    files: ['**/env.ts', '**/settings.ts', 'subgraphs/kit/src/testing/test-env.ts', '**/*.test.ts', '**/testing/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['subgraphs/kit/src/{kafka,kafka-client,testing/producer}.ts'], rules: { 'no-restricted-imports': 'off' } },
  ...services.map(name => ({ files: [`subgraphs/${name}/src/**/*.ts`], rules: imports(otherServices(name)) })),
  {
    // The domain files of a service: named after the thing, not after a deed or an edge.
    files: [
      'subgraphs/orders/src/{order,order-request,saga,saga-state,saga-table,saga-events,saga-learn,saga-lines,saga-settle,state-diagram,timeline}.ts',
      'subgraphs/inventory/src/{stock,seller,shelf,order-stock,reservation,reservation-events,stock-answer,stock-fact,stock-return}.ts',
      'subgraphs/risk/src/{risk,parcel}.ts',
      'subgraphs/routing/src/{score,eta,split-lines,leg-times,hubs,seller-ranking,check-quote,business-day}.ts',
      'subgraphs/routing/src/{delivery,order-route,assignment,reassignment,cancellation,parting,lane,visibility}.ts',
      'subgraphs/payments/src/{ledger,coupon,books,order-payment,order-refund,step-answer,payment-fact,redeem-coupon,capture-payment,refund-payment,undo-payment,answer-again}.ts',
    ],
    rules: imports(noTransport),
  },
  {
    files: ['gateway/**/*.ts'],
    rules: imports([
      forbid(
        services.map(name => `@waygraph/${name}/*`),
        'The gateway knows no business word.',
      ),
    ]),
  },
  { files: ['schema/**/*.ts'], rules: imports([forbid(['@waygraph/*'], 'Contracts depend on nobody.')]) },
  {
    files: ['**/*.test.ts'],
    rules: { 'max-lines': ['error', { max: 300 }], '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);

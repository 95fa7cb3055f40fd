/** A service owns a schema and a role of the command database; its subgraph, where it has one, listens on `port`. */
export const services = [
  { name: 'orders', port: 4101 },
  { name: 'payments', port: 4102 },
  { name: 'inventory', port: 4103 },
  { name: 'routing', port: 4104 },
  { name: 'risk', port: 4105 },
] as const;

export type ServiceName = (typeof services)[number]['name'];

export const serviceNames: readonly ServiceName[] = services.map(service => service.name);

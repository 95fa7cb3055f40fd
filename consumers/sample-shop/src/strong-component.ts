type Directed = { source: number; target: number; oneWay: boolean };

/** The largest set of vertices each of which reaches each other (Tarjan, without recursion: a city is deeper than the stack). */
export function largestComponent(edges: readonly Directed[]): Set<number> {
  const next = new Map<number, number[]>();
  const add = (from: number, to: number): void => {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  };
  for (const { source, target, oneWay } of edges) {
    add(source, target);
    if (!oneWay) add(target, source);
  }
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  let largest: number[] = [];
  for (const root of next.keys()) {
    if (order.has(root)) continue;
    const path = [{ vertex: root, place: 0 }];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { vertex } = at;
      if (at.place === 0) {
        low.set(vertex, order.size);
        order.set(vertex, order.size);
        open.push(vertex);
        isOpen.add(vertex);
      }
      const to = next.get(vertex)?.[at.place];
      at.place += 1;
      if (to !== undefined) {
        if (!order.has(to)) path.push({ vertex: to, place: 0 });
        else if (isOpen.has(to)) low.set(vertex, Math.min(low.get(vertex) ?? 0, order.get(to) ?? 0));
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.vertex;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(vertex) ?? 0));
      if (low.get(vertex) !== order.get(vertex)) continue;
      const component = open.splice(open.lastIndexOf(vertex));
      for (const one of component) isOpen.delete(one);
      if (component.length > largest.length) largest = component;
    }
  }
  return new Set(largest);
}

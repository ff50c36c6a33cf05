/** The edges that lie on a circle: those whose ends reach each other (Tarjan's strongly connected components). */
export function circlesOf<E>(edges: readonly E[], endsOf: (edge: E) => [string, string]): E[] {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const [from, to] = endsOf(edge);
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const component = componentsOf(next);
  return edges.filter((edge) => {
    const [from, to] = endsOf(edge);
    return from !== to && component.get(from) === component.get(to);
  });
}

function componentsOf(next: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const component = new Map<string, number>();
  const visit = (node: string): number => {
    const at = order.size;
    order.set(node, at);
    let lowest = at;
    open.push(node);
    for (const to of next.get(node) ?? []) {
      if (component.has(to)) continue;
      lowest = Math.min(lowest, order.has(to) ? (low.get(to) ?? order.get(to) ?? at) : visit(to));
    }
    low.set(node, lowest);
    if (lowest === at) {
      for (const closed of open.splice(open.indexOf(node))) component.set(closed, at);
    }
    return lowest;
  };
  for (const node of next.keys()) if (!order.has(node)) visit(node);
  return component;
}

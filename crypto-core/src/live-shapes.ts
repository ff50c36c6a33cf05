const alive: object[] = [];

/**
 * Keeps one object of a shape alive. A full garbage collection that finds none discards the code that V8 optimised for
 * the shape, and operations are slow until it is made again.
 */
export function keepShapeOf(object: object): void {
  alive.push(object);
}

/** Instants `[from, to)`, epoch ms UTC. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** The instants that are kept, epoch ms: `[2006, 2100)`. A broken clock outside it is refused at the edge. */
export const instantMin = Date.UTC(2006, 0, 1);
export const instantEnd = Date.UTC(2100, 0, 1);
